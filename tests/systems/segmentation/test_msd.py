from dataclasses import replace

import numpy as np
import pytest

import vesalius
from tests.sources.folders import made
from vesalius.errors import UserError
from vesalius.learners.otsu import Otsu, otsu_threshold
from vesalius.learners.planned import PlannedSegmenter
from vesalius.metrics import dice
from vesalius.nets.unet import UNet
from vesalius.records import Image, Mask, Record
from vesalius.systems.segmentation.msd import BUDGETS, SYSTEM, TARGETS, ranking
from vesalius.systems.trial import available, trial_of
from vesalius.trials import Arms, run_trial


def test_without_data_the_simulated_tasks_are_run(monkeypatch, tmp_path):
    monkeypatch.setenv("VESALIUS_DATA", str(tmp_path))
    ((name, tasks),) = available(SYSTEM, "smoke")
    assert name == "simulated" and [task.name for task in tasks] == list(TARGETS)


def test_the_released_tasks_at_hand_are_run(monkeypatch, tmp_path):
    folder = tmp_path / "msd" / "Task09_Spleen"
    folder.mkdir(parents=True)
    made.decathlon(folder)
    monkeypatch.setenv("VESALIUS_DATA", str(tmp_path))
    (task,) = SYSTEM.tasks["released"]("smoke")
    assert (task.name, task.tags["tolerance"]) == ("msd-spleen", "3.0")


def test_one_configuration_runs_on_every_task_and_only_the_network_differs():
    tasks = SYSTEM.tasks["simulated"]("smoke")
    arms = [{**SYSTEM.baselines(task, "smoke"), **SYSTEM.learners(task, "smoke")} for task in tasks]
    assert list(arms[0]) == list(arms[1]) == ["u-net", "otsu", "planned", "swin-unetr"]
    unet, swin = arms[0]["u-net"](0), arms[0]["swin-unetr"](0)
    assert isinstance(unet.network, UNet) and isinstance(arms[0]["planned"](0), PlannedSegmenter)
    assert type(swin.network.network).__name__ == "SwinUNETR"
    settings = [
        {name: value for name, value in vars(one).items() if name not in ("network", "_make_network")} for one in (unet, swin)
    ]
    assert settings[0] == settings[1]
    assert BUDGETS["paper"].swin == {"width": 48}


def test_a_run_is_ranked_region_by_region_in_millimetres(tmp_path):
    trial = trial_of(SYSTEM, size="smoke", data=["simulated"], seeds=[0])
    # Two arms that need no training tell as much of the ranking as four that do.
    quick = replace(
        trial, arms=lambda task: Arms({"otsu-again": lambda seed: Otsu(image="image")}, {"otsu": lambda seed: Otsu()})
    )
    run = run_trial(quick, out=tmp_path)
    found = ranking(run.folder)
    assert set(found.names) == {"otsu-again", "otsu"}
    regions = {f"{task}, {region}, {metric}" for task, names in TARGETS.items() for region in names for metric in ("dice", "nsd")}
    assert set(found.points) == regions
    assert sorted(found.mean_ranks) == list(found.mean_ranks)
    with pytest.raises(UserError, match="not a run of msd"):
        ranking(_other_run(tmp_path))


def _other_run(tmp_path):
    from tests.trials.toys import question_trial

    return run_trial(question_trial(), out=tmp_path / "other").folder


def test_it_is_fitted_on_ones_own_volumes(tmp_path):
    run = vesalius.fit("msd", made.volumes(tmp_path / "own", size=(12, 13, 14)), tmp_path / "run", size="smoke").folder
    assert (run / "model" / "plan.json").exists()
    (answer,) = vesalius.predict(run, tmp_path / "own" / "images" / "case0.nii.gz", out=tmp_path)
    assert not answer.error
    with pytest.raises(UserError, match="swin-unetr: made for volumes"):
        vesalius.fit("msd", made.pictures(tmp_path / "flat"), tmp_path / "no", size="smoke", arm="swin-unetr")


def bright_squares(count, label=2):
    records = []
    for number in range(count):
        labels = made.blob(number, (16, 20)).astype(int) * label
        pixels = made.noise(number, (16, 20), np.uint8) // 2 + (labels > 0).astype(np.uint8) * 150
        fields = {"image": Image(pixels), "mask": Mask(labels, ("a", "b"))}
        records.append(Record(id=str(number), subject_id=str(number), fields=fields))
    return records


def test_otsu_finds_the_threshold_of_its_paper():
    filters = pytest.importorskip("skimage.filters")
    for seed in range(5):
        random = np.random.default_rng(seed)
        values = np.concatenate([random.normal(50, 10, 400), random.normal(120, 20, 200)])
        assert otsu_threshold(values) == pytest.approx(filters.threshold_otsu(values), abs=1.0)


@pytest.mark.parametrize("dark", [False, True])
def test_otsu_learns_which_side_and_which_label(tmp_path, dark):
    records = bright_squares(4)
    if dark:
        records = [
            Record(id=r.id, subject_id=r.id, fields={"image": Image(255 - r.fields["image"].pixels), "mask": r.fields["mask"]})
            for r in records
        ]
    learner = Otsu()
    learner.fit(records[:2], [])
    for record, prediction in zip(records[2:], learner.predict(records[2:]), strict=True):
        assert dice(prediction.value, record.fields["mask"].labels) > 0.95
    learner.save(tmp_path)
    other = Otsu()
    other.load(tmp_path)
    np.testing.assert_array_equal(other.predict(records[:1])[0].value, learner.predict(records[:1])[0].value)
    (tmp_path / "otsu.json").write_text('{"side": "left", "label": 1}')
    with pytest.raises(UserError, match="no side and label"):
        other.load(tmp_path)
