import pytest
import torch

from vesalius.sources.structures import HELD_OUT
from vesalius.systems.segmentation.scribbleprompt import SYSTEM
from vesalius.tasks.prompts import PROMPTS

torch.set_num_threads(1)


def arms(task, size="smoke"):
    return {**SYSTEM.learners(task, size), **SYSTEM.baselines(task, size)}


@pytest.fixture(scope="module")
def task():
    return SYSTEM.tasks["simulated-structures"]("smoke")[0]


@pytest.mark.parametrize("size", ["smoke", "default"])
def test_trained_arms_differ_in_the_kinds_of_prompts_only(task, size):
    ours, clicks = (arms(task, size)[name](0) for name in ("scribbleprompt", "clicks-and-boxes"))
    assert ours.trained_parameters == clicks.trained_parameters
    assert ours._regime == clicks._regime and ours._batch == clicks._batch and ours._size == clicks._size
    assert ours._practice.user.kinds == PROMPTS and "scribbles" not in clicks._practice.user.kinds
    assert ours._practice.rounds == clicks._practice.rounds > 1 and ours._practice.synthetic == clicks._practice.synthetic > 0


def test_no_set_of_the_test_is_trained_on(task):
    split = task.split(task.source.records())
    assert not {record.tags["set"] for record in split.test} & {
        record.tags["set"] for record in (*split.train, *split.validation)
    }
    assert all("scribbles" in task.blind(record).fields for record in split.test)


def test_no_set_of_the_public_test_is_trained_on_and_all_scribbles_are_peoples(public_data):
    public_data("medscribble"), public_data("dsb2018"), public_data("totalsegmentator")
    task = SYSTEM.tasks["medscribble"]("smoke")[0]
    split = task.split(task.source.records())
    assert {record.tags["set"] for record in split.test} == set(HELD_OUT)
    assert not set(HELD_OUT) & {record.tags["set"] for record in (*split.train, *split.validation)}
    assert not {record.subject_id for record in split.validation} & {record.subject_id for record in split.train}
    slices = {record.subject_id for record in split.test}
    assert len(split.test) == 3 * len(slices)
    assert not any("scribbles" in record.fields for record in split.train)
