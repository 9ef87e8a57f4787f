import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from sksurv.linear_model import CoxPHSurvivalAnalysis

from tests.trials.toys import Guesser, question_task
from vesalius.checks import check_learner
from vesalius.learners.estimator import Estimator
from vesalius.sources.packaged.cohorts import cohort_task
from vesalius.trials import Arms, Trial, run_trial, verify

# Those that the systems build are checked with them, in test_systems.py.
LEARNERS = {
    "a mock": (lambda seed: Guesser(seed, 0.7) if seed == 0 else Guesser(0, 0.7), question_task()),
    "logistic regression": (lambda seed: Estimator(LogisticRegression(), target="label"), cohort_task("breast-cancer")),
    "margin without probability": (lambda seed: Estimator(LinearSVC(), target="label"), cohort_task("breast-cancer")),
    "Cox regression": (lambda seed: Estimator(CoxPHSurvivalAnalysis(alpha=1), target="survival"), cohort_task("veterans")),
}


@pytest.mark.parametrize("name", LEARNERS)
def test_learner_keeps_its_contract(name):
    check_learner(*LEARNERS[name])


def test_any_estimator_of_the_usual_form_can_be_an_arm(tmp_path):
    arms = Arms(
        {"forest": lambda seed: Estimator(RandomForestClassifier(20, random_state=seed), target="label")},
        {"logistic": lambda seed: Estimator(LogisticRegression(), target="label")},
    )
    trial = Trial(name="forest", tasks=(cohort_task("breast-cancer"),), arms=lambda task: arms, seeds=(0, 1))
    run = run_trial(trial, out=tmp_path)
    assert {score.arm for score in run.finding.scores} == {"forest", "logistic"}
    assert verify(run.folder) == []


def test_a_learner_that_forgets_its_seed_is_caught():
    class Forgetful(Guesser):
        count = 0

        def __post_init__(self):
            super().__post_init__()
            Forgetful.count += 1
            self.seed = Forgetful.count

    with pytest.raises(AssertionError, match="same seed"):
        check_learner(lambda seed: Forgetful(seed, 0.5), question_task())
