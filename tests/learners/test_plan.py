import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.errors import UserError
from vesalius.learners.fingerprint import Fingerprint, fingerprint
from vesalius.learners.plan import make_plan, read_plan, write_plan
from vesalius.learners.planned import PLAN, PlannedSegmenter
from vesalius.metrics import dice
from vesalius.nets.unet import UNet
from vesalius.records import Geometry, Image, Mask, Record, Volume

CT = Fingerprint(
    records=20,
    channels=1,
    labels=("liver", "tumour"),
    size=(512, 512, 400),
    spacing=(0.8, 0.8, 1.0),
    fine_spacing=(0.7, 0.7, 0.8),
    lowest=-1024,
    highest=3000,
    labelled=0.03,
)


@given(
    size=st.lists(st.integers(1, 600), min_size=2, max_size=3),
    coarse=st.floats(1, 8),
    voxels=st.integers(2**12, 2**20),
)
def test_every_plan_can_be_followed(size, coarse, voxels):
    spacing = (1.0,) * (len(size) - 1) + (coarse,)
    plan = make_plan(replace(CT, size=tuple(size), spacing=spacing, fine_spacing=spacing), steps=10, voxels=voxels)
    assert len(plan.patch) == plan.dimensions <= len(size)
    assert all(side % 2 ** (len(plan.widths) - 1) == 0 for side in plan.patch)
    # Half a multiple at most is added to a side by rounding, never a whole image.
    assert np.prod(plan.patch) * plan.batch <= 4 * voxels + 64 * plan.batch


def test_planes_far_apart_are_segmented_one_by_one():
    apart = replace(CT, size=(320, 320, 20), spacing=(0.6, 0.6, 3.6), fine_spacing=(0.6, 0.6, 3.0))
    assert make_plan(apart, steps=10).dimensions == 2
    assert make_plan(CT, steps=10).dimensions == 3


def test_coarse_axis_gets_a_fine_spacing():
    apart = replace(CT, spacing=(0.6, 0.6, 3.6), fine_spacing=(0.5, 0.5, 3.0))
    assert make_plan(apart, steps=10).spacing == (0.6, 0.6, 3.0)


def test_hounsfield_units_keep_their_meaning_and_others_do_not():
    assert make_plan(CT, steps=10).standardise == "ct"
    assert make_plan(replace(CT, lowest=0), steps=10).standardise == "image"


def test_plan_comes_back_from_its_file_and_edits_are_followed(tmp_path):
    plan = make_plan(CT, steps=10)
    write_plan(plan, tmp_path / PLAN)
    assert read_plan(tmp_path / PLAN) == plan
    edited = json.loads((tmp_path / PLAN).read_text()) | {"batch": 7, "flips": False}
    (tmp_path / PLAN).write_text(json.dumps(edited))
    assert read_plan(tmp_path / PLAN) == replace(plan, batch=7, flips=False)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"patch": [33, 32, 32]}, "multiples"),
        ({"patch": [32, 32]}, "2 sides where dimensions says 3"),
        ({"batch": 0}, "field batch"),
        ({"standardise": "zscore"}, "field standardise"),
        ({"pach": 3}, "field pach"),
        ({"spacing": [0, 1, 1]}, "millimetres are above 0"),
        ({"steps": "many"}, "field steps"),
    ],
)
def test_wrong_edit_names_its_field(tmp_path, change, named):
    write_plan(make_plan(CT, steps=10), tmp_path / PLAN)
    edited = json.loads((tmp_path / PLAN).read_text()) | change
    (tmp_path / PLAN).write_text(json.dumps(edited))
    with pytest.raises(UserError, match=named):
        read_plan(tmp_path / PLAN)


def box(number):
    random = np.random.default_rng(number)
    mask = np.zeros((24, 24, 20), dtype=np.uint8)
    start = random.integers(2, 10, size=3)
    mask[tuple(slice(at, at + 9) for at in start)] = 1
    voxels = (1000.0 * mask - 1000 + random.normal(0, 100, size=mask.shape)).astype(np.int16)
    geometry = Geometry(np.diag([1.0, 1.0, 1.2, 1.0]))
    return Record(
        id=str(number), subject_id=str(number), fields={"image": Volume(voxels, geometry), "mask": Mask(mask, ("box",))}
    )


def test_fingerprint_is_what_the_records_have():
    found = fingerprint([box(0), box(1)])
    assert (found.size, found.spacing, found.hounsfield) == ((24, 24, 20), (1.0, 1.0, 1.2), True)
    assert found.labelled == pytest.approx(9**3 / (24 * 24 * 20))


def test_images_of_another_kind_are_named():
    flat = Record(
        id="flat", subject_id="f", fields={"image": Image(np.zeros((4, 4))), "mask": Mask(np.zeros((4, 4), int), ("box",))}
    )
    with pytest.raises(UserError, match="Record flat: 2 axes"):
        fingerprint([box(0), flat])


def test_planned_segmenter_follows_its_plan_and_comes_back_from_its_folder(tmp_path):
    learner = PlannedSegmenter(steps=40, seed=0, voxels=2**14, width=8)
    learner.fit([box(number) for number in range(4)], [box(4)])
    plan = learner.plan
    expected = sum(p.numel() for p in UNet(1, 2, plan.widths, 3).parameters())
    assert learner.trained_parameters == expected
    test = [box(5)]
    found = learner.predict(test)[0].value
    assert dice(found, test[0].fields["mask"].labels) > 0.8
    learner.save(tmp_path)
    again = PlannedSegmenter(steps=1, seed=3)
    again.load(tmp_path)
    assert again.plan == plan
    assert (again.predict(test)[0].value == found).all()


def test_plan_for_other_labels_is_refused():
    learner = PlannedSegmenter(steps=1, seed=0, plan=make_plan(CT, steps=1))
    with pytest.raises(UserError, match="liver, tumour"):
        learner.fit([box(0)], [])
