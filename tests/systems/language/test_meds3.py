import pytest

from vesalius.systems.language.meds3 import BUDGETS, SYSTEM


@pytest.mark.parametrize("size", ["default", "paper"])
def test_whether_it_searches_or_samples_a_policy_evolves_in_as_many_rounds(size):
    task = SYSTEM.tasks["clinic"]("default")[0]
    arms = {**SYSTEM.learners(task, size), **SYSTEM.baselines(task, size)}
    rounds = {arms[name](0)._rounds for name in ("meds3", "meds3, best", "policy, majority", "sampled chains, majority")}
    assert rounds == {BUDGETS[size].rounds}
