import numpy as np
import pytest
import torch

from vesalius.nets.universeg import CrossBlock, PooledBlock
from vesalius.records import Image
from vesalius.sources.structures import HELD_OUT
from vesalius.sources.supported import SUPPORT
from vesalius.systems.segmentation.universeg import SYSTEM

torch.set_num_threads(1)


def arms(task, size="smoke"):
    return {**SYSTEM.learners(task, size), **SYSTEM.baselines(task, size)}


@pytest.fixture(scope="module")
def task():
    return SYSTEM.tasks["simulated-tasks"]("smoke")[0]


def assert_honest(task):
    """No set of the test is trained on, and no query is among its examples."""
    split = task.split(task.source.records())
    trained = {record.tags["set"] for record in (*split.train, *split.validation)}
    assert not {record.tags["set"] for record in split.test} & trained
    assert not {record.subject_id for record in split.validation} & {record.subject_id for record in split.train}
    for record in split.test:
        seen = task.blind(record)
        assert set(SUPPORT) <= seen.fields.keys() and "mask" not in seen.fields
        image, support = seen.get("image", Image).pixels, seen.get(SUPPORT[0], Image).pixels
        assert not any(np.array_equal(image, support[..., index]) for index in range(support.shape[-1]))
    return split


def test_queries_come_with_others_of_unseen_sets(task):
    assert_honest(task)


def test_public_queries_come_with_others_of_unseen_sets(public_data):
    for name in ("medscribble", "dsb2018", "drive", "totalsegmentator"):
        public_data(name)
    split = assert_honest(SYSTEM.tasks["unseen-sets"]("smoke")[0])
    tested = {record.tags["set"] for record in split.test}
    assert tested <= {*HELD_OUT, "nuclei", "retina"} and len(tested) > 5


@pytest.mark.parametrize("size", ["smoke", "default"])
def test_networks_over_tasks_differ_in_their_blocks_only(task, size):
    cross, pooled = (arms(task, size)[name](0) for name in ("universeg", "pooled-support"))
    assert cross.trained_parameters == pooled.trained_parameters
    varied = ("network", "_make")
    settings = [{key: value for key, value in vars(each).items() if key not in varied} for each in (cross, pooled)]
    assert settings[0] == settings[1]
    kinds = [{type(module) for module in each.network.modules()} for each in (cross, pooled)]
    assert CrossBlock in kinds[0] and PooledBlock not in kinds[0] and PooledBlock in kinds[1] and CrossBlock not in kinds[1]
