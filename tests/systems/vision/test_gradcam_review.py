import numpy as np
import pytest

from vesalius.records import Image, Label, Mask, Record
from vesalius.systems.vision.gradcam_review import BASELINES, SYSTEM
from vesalius.tasks import Split, Task


def simulated():
    return {task.tags["test"]: task for task in SYSTEM.tasks["simulated-chest-xray"]("smoke")}


def test_only_findings_are_pointed_at_and_their_place_is_hidden():
    task = simulated()["pointing"]
    records = task.split(task.source.records()).test
    assert records and all(record.get("mask", Mask).labels.any() for record in records)
    assert set(task.blind(records[0]).fields) == {"image", "label"}


def test_every_test_has_the_two_methods_and_maps_that_explain_nothing():
    for test, task in simulated().items():
        assert list(SYSTEM.learners(task, "smoke")) == ["grad-cam", "grad-cam++"]
        assert "edges" in SYSTEM.baselines(task, "smoke")
        assert set(SYSTEM.baselines(task, "smoke")) == set(BASELINES[test])


def test_every_arm_of_a_seed_explains_the_same_network():
    task = simulated()["faithfulness"]
    split = task.split(task.source.records())
    starts = []
    for arms in (SYSTEM.learners(task, "smoke"), SYSTEM.baselines(task, "smoke")):
        for build in arms.values():
            learner = build(3)
            learner.fit(split.train, split.validation)
            curves = learner.predict([task.blind(split.test[0])])[0].value
            starts.append((curves[0, 0], curves[0, -1]))
    assert len(set(starts)) == 1  # the whole image, and none of it


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_and_classes_are_those_of_the_task(channels):
    class Own:
        name, tier, description = "own", "own", "Toy images."

        def records(self):
            random, classes = np.random.default_rng(0), ("a", "b")
            size = (16, 16, 3) if channels == 3 else (16, 16)
            return [
                Record(
                    id=str(number),
                    subject_id=str(number),
                    fields={"image": Image(random.normal(size=size)), "label": Label(classes[number % 2], classes)},
                )
                for number in range(4)
            ]

    own = Own()
    task = Task(
        name="own",
        family="attribution",
        source=own,
        inputs=("image",),
        target="label",
        split=lambda records: Split(records, [], records),
        measures=simulated()["faithfulness"].measures,
        tags={"test": "faithfulness"},
    )
    learner = SYSTEM.learners(task, "smoke")["grad-cam"](0)
    learner.fit(own.records(), [])
    assert learner.predict([task.blind(own.records()[0])])[0].value.shape[0] == 2


def test_real_radiographs_are_explained(public_data):
    public_data("covid-xray")
    tasks = SYSTEM.tasks["covid-xray"]("smoke")
    assert [task.tags["test"] for task in tasks] == ["faithfulness", "randomisation"]
    assert len(tasks[0].split(tasks[0].source.records()).test) == 4
