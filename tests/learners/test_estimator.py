"""Third-party estimators as learners."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sksurv.linear_model import CoxPHSurvivalAnalysis

from vesalius.errors import UserError
from vesalius.learners.estimator import Estimator, covariate_matrix, outcomes
from vesalius.learners.learner import Learner
from vesalius.metrics import auroc, c_index
from vesalius.records import Label, Record, Text, Vector
from vesalius.sources.packaged.cohorts import cohort_task
from vesalius.sources.simulators.noisy_labels import NoisyLabels
from vesalius.tasks import Task

MODELS = [("heart-attack-year", LogisticRegression), ("light-chain", lambda: CoxPHSurvivalAnalysis(alpha=1.0))]


def values(learner: Learner, records: list[Record]) -> np.ndarray:
    return np.array([prediction.value for prediction in learner.predict(records)], dtype=float)


def fitted(name: str, estimator: Any) -> tuple[Task, Estimator, list[Record]]:
    task = cohort_task(name)
    split = task.split(task.source.records())
    learner = Estimator(estimator, target=task.target)
    learner.fit(split.train, [])
    return task, learner, list(split.test)


@pytest.mark.parametrize(("name", "build"), MODELS)
def test_a_model_ranks_unseen_patients_better_than_chance_and_needs_no_target_to(name: str, build: Any) -> None:
    task, learner, test = fitted(name, build())
    assert isinstance(learner, Learner) and learner.trained_parameters >= 14
    truths = np.array([task.truth(record) for record in test])
    score = auroc if task.family == "classification" else c_index
    assert score(values(learner, [task.blind(record) for record in test]), truths) > 0.7


@pytest.mark.parametrize(("name", "build"), MODELS)
def test_a_loaded_model_answers_as_the_saved_one_and_two_fits_agree(name: str, build: Any, tmp_path: Path) -> None:
    task, learner, test = fitted(name, build())
    learner.save(tmp_path)
    loaded = Estimator(build(), target="not yet known")
    loaded.load(tmp_path)
    assert np.array_equal(values(loaded, test), values(learner, test))
    assert np.array_equal(values(fitted(name, build())[1], test), values(learner, test))
    assert loaded.target == task.target


def test_types_outside_the_trusted_are_written_but_never_built_from_a_file(tmp_path: Path) -> None:
    _, learner, _ = fitted("heart-attack-year", RandomForestClassifier(3, random_state=0))
    learner.save(tmp_path)
    with pytest.raises(UserError, match=r"sklearn\.tree\._tree\.Tree.*not loaded from a file"):
        learner.load(tmp_path)


def test_a_missing_value_takes_the_median_of_the_training_records() -> None:
    records = NoisyLabels("label").records()
    learner = Estimator(LogisticRegression(), target="label")
    learner.fit(records, [])
    vector = records[0].get("covariates", Vector)
    median = np.median(covariate_matrix(records)[:, 0])
    without, with_median = (
        Record(id="x", subject_id="x", fields={"covariates": Vector(np.array([first, *vector.values[1:]]), vector.names)})
        for first in (np.nan, median)
    )
    assert np.array_equal(values(learner, [without]), values(learner, [with_median]))


def test_other_targets_and_other_covariates_are_told() -> None:
    three = Label("a", ("a", "b", "c"))
    for target in (three, Text("a")):
        with pytest.raises(UserError, match="label of two classes"):
            outcomes([Record(id="1", subject_id="1", fields={"label": target})], "label")
    with pytest.raises(UserError, match="No records"):
        covariate_matrix([])
    records = [Record(id=name, subject_id=name, fields={"covariates": Vector(np.zeros(1), (name,))}) for name in "ab"]
    with pytest.raises(UserError, match="record b, field 'covariates'"):
        covariate_matrix(records)
