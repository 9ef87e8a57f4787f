"""The ReCoV system."""

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from vesalius.records import Record, digest_of
from vesalius.sources.noise import planted
from vesalius.systems.trust.recov import RATES, SYSTEM, cohort_tasks
from vesalius.tasks import Task


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """The products are small: threads of the numeric library would only wait for each other."""
    with threadpool_limits(1):
        yield


def prepared(task: Task, seed: int = 0) -> tuple[list[Record], list[Record]]:
    split = task.split(task.source.records())
    assert task.builder is not None
    return list(task.builder.build(split.train, seed)), list(split.test)


def smoke_tasks() -> list[Task]:
    return [task for tasks in SYSTEM.tasks.values() for task in tasks("smoke")]


def test_reading_the_system_loads_no_engine() -> None:
    program = "import sys, vesalius.systems.trust.recov; print({'sklearn', 'sksurv', 'cleanlab', 'torch'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_every_cohort_is_there_as_it_is_and_with_each_rate_of_noise() -> None:
    names = [task.name for task in cohort_tasks("default")]
    assert len(set(names)) == len(names) == 6 * len(RATES)
    assert {"gbsg2", "gbsg2-noise-10", "gbsg2-noise-20", "gbsg2-noise-30"} <= set(names)
    assert [task.builder is None for task in cohort_tasks("default")] == [not name.count("noise") for name in names]


@pytest.mark.parametrize("task", smoke_tasks(), ids=lambda task: task.name)
def test_every_arm_answers_every_test_record_and_a_seed_answers_the_same(task: Task) -> None:
    train, test = prepared(task)
    for name, build in {**SYSTEM.learners(task, "smoke"), **SYSTEM.baselines(task, "smoke")}.items():
        answers = []
        for _ in range(2):
            learner = build(0)
            learner.fit(train, [])
            answers.append([prediction.value for prediction in learner.predict([task.blind(record) for record in test])])
        assert answers[0] == answers[1], name
        assert np.isfinite(np.array(answers[0], dtype=float)).all() and len(answers[0]) == len(test)


@pytest.mark.parametrize("task", smoke_tasks(), ids=lambda task: task.name)
def test_the_arms_differ_in_what_they_drop_alone(task: Task) -> None:
    """With nothing dropped, every arm is the model without cleaning."""
    train, test = prepared(task)
    blind = [task.blind(record) for record in test]
    plain = SYSTEM.baselines(task, "smoke")["no-cleaning"](0)
    plain.fit(train, [])
    expected = [prediction.value for prediction in plain.predict(blind)]
    for build in {**SYSTEM.learners(task, "smoke"), **SYSTEM.baselines(task, "smoke")}.values():
        learner = build(0)
        if hasattr(learner, "find"):
            learner.find = lambda records: np.zeros(len(records), dtype=bool)
        learner.fit(train, [])
        assert [prediction.value for prediction in learner.predict(blind)] == expected


def test_cleanlab_is_a_baseline_for_labels_and_random_removal_for_survival() -> None:
    arms = {task.family: set(SYSTEM.baselines(task, "default")) for task in cohort_tasks("default")}
    assert arms == {"classification": {"no-cleaning", "cleanlab"}, "survival": {"no-cleaning", "random-removal"}}


def test_noise_is_planted_in_the_training_records_of_a_seed_and_never_in_the_test() -> None:
    task = next(task for task in cohort_tasks("default") if task.name == "heart-attack-year-noise-20")
    train, test = prepared(task)
    assert planted(train).sum() == round(0.2 * len(train))
    assert not any("label_noise" in record.tags for record in test)
    assert digest_of(train) != digest_of(prepared(task, seed=1)[0])


def test_recov_drops_planted_errors_rather_than_right_labels_of_a_real_cohort() -> None:
    task = next(task for task in cohort_tasks("default") if task.name == "breast-cancer-noise-20")
    train, _ = prepared(task)
    truth = {record.id: noisy for record, noisy in zip(train, planted(train))}
    for name, build in SYSTEM.learners(task, "default").items():
        learner = build(0)
        learner.fit(train, [])
        dropped = [truth[identifier] for identifier in learner.removed]
        assert len(dropped) > 20 and np.mean(dropped) > 0.6, name
