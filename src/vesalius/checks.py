"""Does a learner, task, metric, source or system keep its contract? Each check raises AssertionError that says what is broken.

For tests, here and in other projects: one call for each new thing.
"""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from vesalius import catalogue
from vesalius.learners.learner import Learner
from vesalius.metrics import Metric
from vesalius.records import Record, digest_of
from vesalius.systems.system import System
from vesalius.systems.trial import available, trial_of
from vesalius.tasks import Prediction, Source, Task, Value
from vesalius.trials import run_trial, verify
from vesalius.trials.scoring import record_scores

_FEW = 3


def check_learner(build: Callable[[int], Learner], task: Task) -> None:
    """A learner of a seed answers every record once, in order, and the same each time: alone, in a batch, after save and load."""
    split = task.split(task.source.records())
    blind = [task.blind(record) for record in split.test]
    before = digest_of([*split.train, *split.validation, *blind])
    learner, twin = build(0), build(0)
    assert isinstance(learner, Learner), f"{type(learner).__name__} lacks a method of Learner"
    for one in (learner, twin):
        one.fit(split.train, split.validation)
    said = learner.predict(blind)
    assert [prediction.record_id for prediction in said] == [record.id for record in blind], "one prediction a record, in order"
    assert _same(said, twin.predict(blind)), "the same seed gives other predictions"
    assert _same(said[:_FEW], [learner.predict([record])[0] for record in blind[:_FEW]]), (
        "a record alone gives another prediction"
    )
    assert digest_of([*split.train, *split.validation, *blind]) == before, "the learner changed records"
    assert learner.trained_parameters >= 0
    with tempfile.TemporaryDirectory() as folder:
        learner.save(Path(folder))
        restored = build(1)
        restored.load(Path(folder))
        assert _same(said, restored.predict(blind)), "load does not give back what was saved"


def check_source(source: Source) -> None:
    """A source names itself and gives the same records, with unique ids and a licence, in every call."""
    records = source.records()
    assert source.name and source.description and source.tier in ("packaged", "public", "simulator")
    assert digest_of(records) == digest_of(source.records()), "two calls give different records"
    assert len({record.id for record in records}) == len(records), "two records have the same id"
    assert all(record.licence for record in records), "a record has no licence"


def check_task(task: Task) -> None:
    """A task splits its records without overlap, the same way each time, hides its target, and has one that metrics can take."""
    records = task.source.records()
    first, second = task.split(records), task.split(records)
    parts = [first.train, first.validation, first.test]
    assert [digest_of(part) for part in parts] == [digest_of(part) for part in (second.train, second.validation, second.test)]
    ids = [record.id for part in parts for record in part]
    assert len(ids) == len(set(ids)), "a record is in two parts of the split"
    assert first.test and task.measures, "nothing to test, or nothing to measure"
    assert task.target not in task.inputs, "the target is an input"
    for record in first.test:
        assert task.target not in task.blind(record).fields
        assert task.truth(record) is not None
        assert record.group(task.unit)
    assert all(measure.margin > 0 for measure in task.measures), "a margin of equivalence is declared beforehand"
    _check_builder(task, first.train)


def _check_builder(task: Task, train: Sequence[Record]) -> None:
    if task.builder is None:
        return
    assert digest_of(task.builder.build(train, 0)) == digest_of(task.builder.build(train, 0)), "a builder is not reproducible"


def check_metric(metric: Metric, predictions: Sequence[Value], truths: Sequence[Value]) -> None:
    """A metric stays in its range, is best for the truth itself, gives no credit to silence, and ignores the order of records."""
    low, high = metric.range
    best = high if metric.higher_is_better else low
    order = np.random.default_rng(0).permutation(len(truths))
    if metric.unit == "set":
        said, true = np.array(predictions, dtype=float), np.array(truths, dtype=float)
        value = metric.function(said, true)
        assert low <= value <= high
        assert np.isclose(metric.function(said[order], true[order]), value), "the order of records matters"
        assert np.isnan(metric.function(np.full_like(said, np.nan), true)), "missing scores are credited"
        return
    scores = [metric.function(prediction, truth) for prediction, truth in zip(predictions, truths, strict=True)]
    assert all(low <= score <= high for score in scores)
    assert all(metric.function(truth, truth) == best for truth in truths), "the truth itself does not score best"
    silent = [Prediction(record_id="", value=None, outcome="refused")] * len(truths)
    assert not (record_scores(metric, silent, truths) == best).any(), "silence is credited"


def check_system(system: System, out: Path) -> None:
    """A system agrees with its catalogue row, is documented, its arms are learners, and its smoke trial runs and verifies."""
    import inspect

    row = catalogue.row(system.id)
    assert (row.number, row.area, row.kind) == (system.number, system.area, system.kind), "not as the catalogue has it"
    document = inspect.getdoc(inspect.getmodule(system.learners)) or ""
    assert len(document) > 200, "the module docstring says what it is, its mechanism and its citation"
    at_hand = dict(available(system, "smoke"))
    assert at_hand, "no data at hand; one of a system's tasks needs none"
    for tasks in at_hand.values():
        for task in tasks:
            assert system.learners(task, "smoke") and system.baselines(task, "smoke"), f"{task.name}: nobody to compare"
            check_task(task)
    trial = trial_of(system, size="smoke")
    arms = trial.arms(trial.tasks[0])
    for name in arms.names:
        check_learner(arms.build(name), trial.tasks[0])
    run = run_trial(trial, out=out)
    assert run.finding.comparisons, "nothing was compared"
    assert verify(run.folder) == []


def _same(first: Sequence[Prediction], second: Sequence[Prediction]) -> bool:
    """Equal but for the last bits of a float, which the order of a batch may change."""
    return len(first) == len(second) and all(
        one.outcome == two.outcome and _close(one.value, two.value) for one, two in zip(first, second, strict=True)
    )


def _close(one: Value | None, two: Value | None) -> bool:
    if isinstance(one, np.ndarray) and isinstance(two, np.ndarray):
        return bool(np.allclose(one, two, rtol=1e-4, atol=1e-6)) if one.dtype.kind == "f" else bool((one == two).mean() > 0.999)
    if isinstance(one, float) and isinstance(two, float):
        return bool(np.isclose(one, two, rtol=1e-4, atol=1e-6))
    return one == two
