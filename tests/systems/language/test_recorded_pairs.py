import numpy as np
import pytest

from vesalius.systems.language import med_dapt_progress, medical_adaptation_limits
from vesalius.systems.language.recorded_pairs import OWN_PROMPT, SHARED_PROMPT, TUNED, _score


@pytest.fixture
def tasks(public_data):
    public_data("llm-outputs")
    return medical_adaptation_limits.SYSTEM.tasks["recorded"]("default")


def answered(task, name):
    split = task.split(task.source.records())
    arms = {
        **medical_adaptation_limits.SYSTEM.learners(task, "default"),
        **medical_adaptation_limits.SYSTEM.baselines(task, "default"),
    }
    learner = arms[name](0)
    learner.fit(split.train, split.validation)
    return learner.predict([task.blind(record) for record in split.test]), split


def test_both_studies_ask_the_real_pair(tasks):
    assert [task.target for task in med_dapt_progress.SYSTEM.tasks["recorded"]("default")] == [task.target for task in tasks]
    assert set(med_dapt_progress.SYSTEM.baselines(tasks[0], "default")) == {OWN_PROMPT, SHARED_PROMPT}


def test_images_of_the_test_chose_no_prompt(tasks):
    for task in tasks:
        split = task.split(task.source.records())
        assert not {record.subject_id for record in split.validation} & {record.subject_id for record in split.test}
        assert not split.train and len(split.test) > 100


def test_the_base_is_asked_by_the_wording_that_does_best_on_validation(tasks):
    task = next(task for task in tasks if task.target == "points")
    (own, split), (shared, _), (tuned, _) = (answered(task, name) for name in (OWN_PROMPT, SHARED_PROMPT, TUNED))
    assert _score(task, tuned, split.test) > 0.8 > 0.2 > _score(task, shared, split.test)
    learner = medical_adaptation_limits.SYSTEM.baselines(task, "default")[OWN_PROMPT](0)
    scores = []
    for recording in learner._recordings:
        learner._answers = dict(recording)
        scores.append(_score(task, learner.predict(split.validation), split.validation))
    learner.fit((), split.validation)
    assert learner._answers == dict(learner._recordings[int(np.argmax(scores))])
    assert len(own) == len(split.test)
