import numpy as np
import pytest

from vesalius.checks import check_source
from vesalius.records import Image, Mask
from vesalius.sources.prompted_structures import PromptedStructures
from vesalius.sources.structures import LEAST, Structures
from vesalius.sources.supported import SUPPORT, Supported
from vesalius.tasks.prompts import PROMPTS, Prompting

SIMULATED = ("chest-xray", "fundus", "ultrasound", "brain-mr", "ct-phantom")
STRUCTURES = Structures(SIMULATED, 5, 32, "simulated", "simulator")


@pytest.mark.parametrize(
    "source",
    [
        STRUCTURES,
        PromptedStructures(STRUCTURES, ("ultrasound",), Prompting(kinds=("scribbles",))),
        Supported(STRUCTURES, ("ultrasound",), 16, 3, 4),
    ],
    ids=["structures", "prompted", "supported"],
)
def test_source_keeps_its_contract(source):
    check_source(source)


def test_every_record_is_one_structure_in_a_grey_image():
    records = STRUCTURES.records()
    assert {record.tags["set"] for record in records} == set(SIMULATED)
    for record in records:
        labels = record.get("mask", Mask).labels
        assert record.get("image", Image).pixels.shape == labels.shape
        assert set(np.unique(labels)) <= {0, 1} and labels.mean() >= LEAST
        assert record.tags["task"].startswith(record.tags["set"])


def test_records_to_train_carry_no_prompt_and_others_one():
    source = PromptedStructures(STRUCTURES, ("ultrasound", "fundus"), Prompting(kinds=("clicks",)))
    split = source.split(source.records())
    assert not any(record.fields.keys() & set(PROMPTS) for record in split.train)
    assert all("clicks" in record.fields for record in (*split.validation, *split.test))
    subjects = [{record.subject_id for record in part} for part in (split.train, split.validation, split.test)]
    assert not subjects[0] & subjects[1] and not subjects[0] & subjects[2]


def test_support_sets_are_of_the_task_and_of_other_subjects():
    source = Supported(STRUCTURES, ("ultrasound",), 16, 3, 4)
    records = {record.id: record for record in source.records()}
    queries = source.split(list(records.values())).test
    for query in queries:
        images, masks = query.get(SUPPORT[0], Image).pixels, query.get(SUPPORT[1], Mask).labels
        assert images.shape == masks.shape == (16, 16, 3)
        own = [record for record in queries if record.subject_id == query.subject_id]
        assert not any(
            np.array_equal(images[..., index], record.get("image", Image).pixels) for index in range(3) for record in own
        )
        assert query.get(SUPPORT[1], Mask).names == query.get("mask", Mask).names
