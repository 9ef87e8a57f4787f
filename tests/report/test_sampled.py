"""What a page shows of samples: generated images, and several masks of one image."""

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as Pillow

from tests.report.toys import Made, Scripted
from vesalius.metrics import METRICS
from vesalius.records import Image, Label, Mask, Record
from vesalius.report import write_report
from vesalius.report.figures.samples import sheet
from vesalius.report.reading import read_run
from vesalius.report.sampled import generated, shares
from vesalius.tasks import Measure, Prediction, Split, Task
from vesalius.trials import Arms, Trial, run_trial, verify

READINGS = ("mask_1", "mask_2")


def records():
    return tuple(record(number) for number in range(14))


def record(number):
    random = np.random.default_rng(number)
    masks = {name: Mask((random.random((16, 16)) < 0.4).astype(np.uint8), ("lesion",)) for name in READINGS}
    image = Image(random.random((16, 16)))
    fields = {"image": image, "label": Label("ab"[number % 2], ("a", "b")), **masks}
    return Record(id=f"r{number}", subject_id=f"s{number}", fields=fields, licence="CC0-1.0")


def trial(family):
    def answer(spread):
        def said(seed, one):
            random = np.random.default_rng([seed, int(one.id[1:])])
            made = random.random((16, 16)) * spread if family == "generation" else random.random((3, 16, 16)) < spread
            return Prediction(record_id=one.id, value=made if family == "generation" else made.astype(np.uint8))

        return said

    made = family == "generation"
    task = Task(
        name=f"toy {family}",
        family=family,
        source=Made(f"toy-{family}", records),
        inputs=("label",) if made else ("image",),
        target="image" if made else "mask_1",
        readings=() if made else READINGS,
        split=lambda all_of: Split(all_of[:4], [], all_of[4:]),
        measures=(Measure(METRICS["radiomic_mmd" if made else "collective_insight"], margin=0.1),),
    )
    arms = Arms(
        {"good": lambda seed: Scripted(seed, answer(0.9 if made else 0.4))}, {"<poor>": lambda seed: Scripted(seed, answer(0.1))}
    )
    settings = {"title": "Samples", "number": "0", "size": "smoke", "data": "toy"}
    return Trial(name=f"toy-{family}", tasks=(task,), arms=lambda _: arms, seeds=(0, 1), settings=settings)


def pictures(svg):
    found = re.findall(r'href="data:image/png;base64,([^"]+)"', svg)
    return [np.asarray(Pillow.open(io.BytesIO(base64.b64decode(each)))) for each in found]


def test_a_sheet_shows_each_row_in_one_window_and_escapes_its_names():
    svg = sheet(
        {"<real>": [np.zeros((4, 4)), np.ones((4, 4))], "made": [np.full((4, 4), 0.5)] * 2}, window=(0, 1), label="two & two"
    )
    first, second = pictures(svg)
    assert first[0, 0].tolist() == [0, 0, 0] and first[0, -1].tolist() == [255, 255, 255]
    assert second[0, 0].tolist() == [127, 127, 127]
    assert "&lt;real&gt;" in svg and "<real>" not in svg and "two &amp; two" in svg


def test_colours_stay_colours():
    red = np.zeros((4, 4, 3))
    red[..., 0] = 1
    (made,) = pictures(sheet({"red": [red]}, window=(0, 1), label="red"))
    assert made[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize(
    ("family", "title"), [("generation", "Real and generated"), ("ambiguous_segmentation", "Annotators and")]
)
def test_a_page_shows_samples_and_the_run_verifies(tmp_path, family, title):
    run = run_trial(trial(family), out=tmp_path)
    assert verify(run.folder) == []
    page = write_report(run.folder).read_text(encoding="utf-8")
    assert title in page and "&lt;poor&gt;" in page


def test_truth_and_every_arm_are_a_row(tmp_path):
    run = read_run(run_trial(trial("generation"), out=tmp_path).folder)
    (svg,) = generated(run, run.config.tasks[0])
    assert len(pictures(svg)) == 3 and ">real</text>" in svg and ">good</text>" in svg


def test_the_share_of_annotators_is_grey_where_they_differ(tmp_path):
    run = read_run(run_trial(trial("ambiguous_segmentation"), out=tmp_path).folder)
    (svg,) = shares(run, run.config.tasks[0])
    annotators = pictures(svg)[0]
    assert {0, 127, 255} <= set(np.unique(annotators[:, : 4 * 16]).tolist())


def test_images_of_several_sizes_are_not_shown(tmp_path):
    odd = trial("generation")
    task = replace(odd.tasks[0], measures=(Measure(METRICS["image_mae"], margin=0.1),), source=Made("odd", uneven))
    learner = {"same": lambda seed: Scripted(seed, lambda _, one: Prediction(record_id=one.id, value=sized(one)))}
    arms = Arms(learner, {"too": learner["same"]})
    run = read_run(run_trial(replace(odd, tasks=(task,), arms=lambda _: arms), out=tmp_path).folder)
    assert generated(run, run.config.tasks[0]) == []


def sized(one):
    return np.zeros((16, 16 + int(one.id[1:])))


def uneven():
    return tuple(replace(one, fields={**one.fields, "image": Image(sized(one))}) for one in records())
