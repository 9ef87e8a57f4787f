import json

import pytest

from tests.trials.toys import question_trial
from vesalius.statistics.verdicts import VERDICTS
from vesalius.tasks import OUTCOMES
from vesalius.trials import run_trial
from vesalius.trials.finding import Finding

TRIALS = {"better": question_trial(0.95, 0.3), "worse": question_trial(0.3, 0.95), "undecided": question_trial(0.6, 0.65)}


@pytest.mark.parametrize("verdict", TRIALS)
def test_finding_keeps_its_contract(tmp_path, verdict):
    trial = TRIALS[verdict]
    finding = run_trial(trial, out=tmp_path).finding
    assert Finding.from_json(json.loads(json.dumps(finding.to_json()))) == finding
    assert {comparison.verdict for comparison in finding.comparisons} == {verdict} <= set(VERDICTS)
    for score in finding.scores:
        assert score.estimate.low <= score.estimate.value <= score.estimate.high
        assert len(score.per_seed) == len(trial.seeds)
        assert set(score.outcomes) <= set(OUTCOMES)
        assert sum(score.outcomes.values()) == 60 * len(trial.seeds)
    for comparison in finding.comparisons:
        assert comparison.difference.low <= comparison.difference.value <= comparison.difference.high
        assert comparison.p_adjusted >= comparison.difference.p
        assert comparison.difference.smallest_detectable > 0
    assert finding.verdict.count("could have been shown") == (verdict == "undecided")
