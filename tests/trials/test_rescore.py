import pytest

from tests.trials.test_evaluate import auroc_data, trial_of
from vesalius.errors import UserError
from vesalius.trials import run_trial, verify
from vesalius.trials.rescore import rescore


def test_a_run_is_scored_by_another_metric_without_its_learners(tmp_path):
    truth, arms = auroc_data()
    run = run_trial(trial_of(truth, arms), out=tmp_path)
    again = rescore(run.folder, out=tmp_path, metrics={"auprc": 0.01})
    assert {score.metric for score in again.finding.scores} == {"auprc@1"}
    assert verify(again.folder) == [] == verify(run.folder)
    assert rescore(again.folder, out=tmp_path / "back", metrics={"auroc": 0.02}).finding.digest() == run.finding.digest()


def test_what_cannot_be_rescored_is_said(tmp_path):
    run = run_trial(trial_of(*auroc_data(60)), out=tmp_path)
    with pytest.raises(UserError, match="scored with these metrics already"):
        rescore(run.folder, out=tmp_path)
    with pytest.raises(UserError, match="'smoothness': not known"):
        rescore(run.folder, out=tmp_path, metrics={"smoothness": 0.1})
    (run.folder / "gates.json").write_text("[]")
    with pytest.raises(UserError, match=r"gates\.json: changed"):
        rescore(run.folder, out=tmp_path / "new")
