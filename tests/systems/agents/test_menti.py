import pytest

from vesalius.systems.agents.menti import SYSTEM
from vesalius.systems.language.calculation_tasks import PLANTED
from vesalius.trials.scoring import record_scores


@pytest.fixture(scope="module")
def accuracy():
    (task,) = SYSTEM.tasks["simulated"]("default")
    split = task.split(task.source.records())
    truths = [task.truth(record) for record in split.test]
    blind = [task.blind(record) for record in split.test]
    found = {}
    for name, build in {**SYSTEM.learners(task, "default"), **SYSTEM.baselines(task, "default")}.items():
        learner = build(0)
        learner.fit(split.train, split.validation)
        found[name] = record_scores(task.measures[0].metric, learner.predict(blind), truths).mean()
    return found


def test_every_arm_over_a_mock_says_so(accuracy):
    assert all(name.startswith("mock, ") for name in accuracy)


def test_the_gain_over_direct_arithmetic_is_the_planted_one(accuracy):
    kept = (1 - PLANTED.extraction) * (1 - PLANTED.selection)
    # what a wrong choice leaves right by chance is small
    assert accuracy["mock, menti"] == pytest.approx(kept, abs=0.04)
    calculated = kept * (1 - PLANTED.formula) * (1 - PLANTED.arithmetic)
    assert calculated * (1 - PLANTED.conversion) < accuracy["mock, steps"] < calculated + 0.04
    assert accuracy["mock, direct"] < accuracy["mock, steps"] < accuracy["mock, no nested calls"] < accuracy["mock, menti"]
