"""Does a learner, task, metric, source or system keep its contract? Each check raises AssertionError that says what is broken.

For tests, here and in other projects: one call for each new thing.
"""

import copy
import inspect
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from vesalius import catalogue
from vesalius.learners.learner import Learner
from vesalius.metrics import Metric
from vesalius.metrics.metric import Property
from vesalius.names import Tier
from vesalius.records import Record, digest_of
from vesalius.systems.system import System
from vesalius.systems.trial import available, trial_of
from vesalius.tasks import Prediction, Source, Task, Value
from vesalius.trials import run_trial, verify
from vesalius.trials.cell import prepared, split_of
from vesalius.trials.scoring import gathered, record_scores
from vesalius.trials.store import Store
from vesalius.trials.trial import Cell, Trial

Pair = tuple[Any, Any]
"""A prediction and its truth, or the predictions and truths of a set."""

_FEW = 3
_TWIN = "the same seed gives other predictions"
_SOURCE = re.compile(r"\b(?:1[89]|20)\d\d\b|[Σ∏√|·/²]|, else 0|``\w+`` at \d")
"""A year, as of a paper, or what a formula is made of."""


def check_learner(build: Callable[[int], Learner], task: Task) -> Learner:
    """A learner of a seed answers every record once, in order, and the same each time: alone, in a batch, after save and load.

    Returns:
        It, fitted.
    """
    learner, said = _checked(build, task)
    twin = _fitted(build, task)
    assert _same(said, twin.predict(_blind(task))), _TWIN
    return learner


def _checked(build: Callable[[int], Learner], task: Task) -> tuple[Learner, list[Prediction]]:
    """A learner of seed 0, fitted and found to keep all of its contract that one fit can show; and what it says."""
    split, blind = split_of(task), _blind(task)
    before = digest_of([*split.train, *split.validation, *blind])
    learner = _fitted(build, task)
    said = list(learner.predict(blind))
    assert [prediction.record_id for prediction in said] == [record.id for record in blind], "one prediction a record, in order"
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
    return learner, said


def _fitted(build: Callable[[int], Learner], task: Task) -> Learner:
    learner = build(0)
    assert isinstance(learner, Learner), f"{type(learner).__name__} lacks a method of Learner"
    learner.fit(*prepared(task, split_of(task), seed=0))
    return learner


def _blind(task: Task) -> list[Record]:
    return [task.blind(record) for record in split_of(task).test]


def check_source(source: Source) -> None:
    """A source names itself and gives the same records, with unique ids and a licence, in every call."""
    records = source.records()
    assert source.name and source.description and source.tier in get_args(Tier)
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
    assert not {task.target, *task.readings} & set(task.inputs), "the target is an input"
    for record in first.test:
        assert not {task.target, *task.readings} & task.blind(record).fields.keys()
        assert task.truth(record) is not None
        assert record.group(task.unit)
    assert all(measure.margin > 0 for measure in task.measures), "a margin of equivalence is declared beforehand"
    _check_builder(task, first.train)


def _check_builder(task: Task, train: Sequence[Record]) -> None:
    if task.builder is None:
        return
    assert digest_of(task.builder.build(train, 0)) == digest_of(task.builder.build(train, 0)), "a builder is not reproducible"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricCase:
    """Inputs of a metric, and what the properties that it declares mean for them.

    Attributes:
        draw: a valid prediction and truth, or all of a set, from a generator.
        options: keyword options of the metric.
        perfect: the prediction that says a truth; the truth itself by default.
        best: the best value that a truth allows, where that is not the end of the range.
        relabelled: both with their labels renamed, for "label order".
        moved: both at two places of one frame, for "translation".
        axes: how many numbers a spacing has beside a truth, for "scales with spacing".
    """

    draw: Callable[[np.random.Generator], Pair]
    options: Mapping[str, Any] = field(default_factory=dict)
    perfect: Callable[[Any], Any] = lambda truth: truth
    best: Callable[[Any], float] | None = None
    relabelled: Callable[[Any, Any, np.random.Generator], Pair] | None = None
    moved: Callable[[Any, Any, np.random.Generator], tuple[Pair, Pair]] | None = None
    axes: Callable[[Any], int] = np.ndim


def check_metric(metric: Metric, case: MetricCase, rng: np.random.Generator) -> None:
    """A metric stays in its range, is repeatable, leaves its inputs alone, gives no credit to silence, and has what it declares.

    One pair is drawn; call it with several generators.

    Args:
        metric: of the list, or of another project.
        case: how to draw its inputs.
        rng: decides what is drawn, and how labels, records and places are changed.

    Raises:
        AssertionError: with what is broken.

    >>> from vesalius.metrics import METRICS
    >>> case = MetricCase(draw=lambda rng: tuple(rng.choice(["A", "B"], 2).tolist()), relabelled=lambda *pair: pair[1::-1])
    >>> check_metric(METRICS["accuracy"], case, np.random.default_rng(0))
    """
    _check_declaration(metric)
    metric = replace(metric, function=partial(metric.function, **case.options))
    pair = case.draw(rng)
    kept = copy.deepcopy(pair)
    first, again = _score(metric, pair), _score(metric, pair)
    assert first == again or np.isnan([first, again]).all(), f"{metric.identity}: two calls differ: {first}, then {again}"
    for name in sorted(metric.properties):
        _PROPERTIES[name](metric, case, pair, rng)
    _check_silence(metric, pair)
    assert _identical(pair, kept), f"{metric.identity} changes its inputs"


def _check_declaration(metric: Metric) -> None:
    document = inspect.getdoc(metric.function) or ""
    assert metric.name == metric.function.__name__, f"{metric.identity} is not named as its function"
    assert ">>>" in document, f"{metric.identity} has no example in its docstring"
    assert _SOURCE.search(document), f"{metric.identity} has neither formula nor source in its docstring"
    low, high = metric.range
    assert low < high, f"{metric.identity} has an empty range"
    assert metric.unanswered is None or low <= metric.unanswered <= high, f"{metric.identity}: silence is out of range"
    assert metric.unanswered != _best(metric), f"{metric.identity}: silence scores best"
    assert metric.unanswered is None or metric.unit == "record", f"{metric.identity}: a set has no score for silence"


def _best(metric: Metric) -> float:
    return metric.range[metric.higher_is_better]


def _score(metric: Metric, pair: Pair, **options: Any) -> float:
    value = metric.function(*pair, **options)
    low, high = metric.range
    assert isinstance(value, float), f"{metric.identity} gives {type(value).__name__}, not a float"
    assert np.isnan(value) or low <= value <= high, f"{metric.identity}: {value} is out of range"
    assert not np.isnan(value) or metric.undefined != "never", f"{metric.identity} is NaN, which it says it never is"
    return value


def _check_equal(metric: Metric, first: float, second: float, broken: str) -> None:
    same = np.isclose(first, second, rtol=1e-9, atol=1e-9, equal_nan=True)
    assert same, f"{metric.identity}: {broken}: {first}, then {second}"


def _check_symmetric(metric: Metric, case: MetricCase, pair: Pair, rng: np.random.Generator) -> None:
    _check_equal(metric, _score(metric, pair), _score(metric, pair[::-1]), "prediction and truth may not change places")


def _check_identity(metric: Metric, case: MetricCase, pair: Pair, rng: np.random.Generator) -> None:
    best = _best(metric) if case.best is None else case.best(pair[1])
    value = _score(metric, (case.perfect(pair[1]), pair[1]))
    assert np.isnan(value) or np.isclose(value, best, rtol=1e-9, atol=1e-9), (
        f"{metric.identity}: the truth itself scores {value}, not the best, {best}"
    )
    drawn = _score(metric, pair)
    assert np.isnan(drawn) or np.isclose(drawn, best, rtol=1e-9, atol=1e-9) or (drawn < best) == metric.higher_is_better, (
        f"{metric.identity}: {drawn} is better than the truth itself, {best}"
    )


def _check_label_order(metric: Metric, case: MetricCase, pair: Pair, rng: np.random.Generator) -> None:
    assert case.relabelled is not None, f"{metric.identity}: the case does not say how labels are renamed"
    renamed = case.relabelled(*pair, rng)
    _check_equal(metric, _score(metric, pair), _score(metric, renamed), "the order of labels matters")


def _check_record_order(metric: Metric, case: MetricCase, pair: Pair, rng: np.random.Generator) -> None:
    assert metric.unit == "set", f"{metric.identity} is of one record, which has no order"
    order = rng.permutation(len(pair[1]))
    theirs = order if len(pair[0]) == len(order) else rng.permutation(len(pair[0]))
    said, true = _taken(pair[0], theirs), _taken(pair[1], order)
    _check_equal(metric, _score(metric, pair), _score(metric, (said, true)), "the order of records matters")


def _check_spacing(metric: Metric, case: MetricCase, pair: Pair, rng: np.random.Generator) -> None:
    spacing = rng.uniform(0.3, 3.0, case.axes(pair[1]))
    value, doubled = (_score(metric, pair, spacing=tuple(factor * spacing)) for factor in (1, 2))
    _check_equal(metric, 2 * value, doubled, "twice the spacing does not give twice the value")


def _check_translation(metric: Metric, case: MetricCase, pair: Pair, rng: np.random.Generator) -> None:
    assert case.moved is not None, f"{metric.identity}: the case does not say how to move its inputs"
    here, there = case.moved(*pair, rng)
    _check_equal(metric, _score(metric, here), _score(metric, there), "the place in the frame matters")


_PROPERTIES: dict[Property, Callable[[Metric, MetricCase, Pair, np.random.Generator], None]] = {
    "symmetric": _check_symmetric,
    "identity": _check_identity,
    "label order": _check_label_order,
    "record order": _check_record_order,
    "scales with spacing": _check_spacing,
    "translation": _check_translation,
}


def _check_silence(metric: Metric, pair: Pair) -> None:
    """Silence gets its declared score, not the best; a set of it alone isn't best, and one with a number missing is NaN."""
    if metric.unit == "record":
        refused = Prediction(record_id="", value=None, outcome="refused")
        said = [Prediction(record_id="", value=pair[0]), refused]
        answered, silent = record_scores(metric, said, [pair[1], pair[1]])
        _check_equal(metric, _score(metric, pair), answered, "a record beside others has another value")
        assert silent != _best(metric), f"{metric.identity}: silence scores best"
        return
    records = pair[0].tolist() if isinstance(pair[0], np.ndarray) and pair[0].ndim == 1 else list(pair[0])
    nobody, all_but_one = gathered([None] * len(records)), gathered([None, *records[1:]])
    assert _score_or_refusal(metric, nobody, pair[1]) != _best(metric), f"{metric.identity}: silence scores best"
    value = _score_or_refusal(metric, all_but_one, pair[1])
    if isinstance(all_but_one, np.ndarray):
        assert np.isnan(value), f"{metric.identity}: {value} although a record has no number"


def _score_or_refusal(metric: Metric, predictions: Any, truths: Any) -> float:
    try:
        return _score(metric, (predictions, truths))
    except (ValueError, TypeError):
        return float("nan")


def _taken(values: Any, order: NDArray[np.intp]) -> Any:
    return values[order] if isinstance(values, np.ndarray) else [values[place] for place in order]


def _identical(one: Any, two: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.dtype == two.dtype and np.array_equal(one, two, equal_nan=one.dtype.kind == "f")
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(map(_identical, one, two))
    return bool(one == two)


def check_system(system: System, out: Path) -> None:
    """A system agrees with its catalogue row, is documented, its arms are learners, and its smoke trial runs and verifies."""
    row = catalogue.row(system.id)
    assert (row.number, row.area, row.kind) == (system.number, system.area, system.kind), "not as the catalogue has it"
    document = inspect.getdoc(inspect.getmodule(system.learners)) or ""
    assert len(document) > 200, "the module docstring says what it is, its mechanism and its citation"
    at_hand = dict(available(system, "smoke"))
    assert at_hand, "no data at hand; one of a system's tasks needs none"
    names = [task.name for tasks in at_hand.values() for task in tasks]
    assert len(names) == len(set(names)), "two tasks have the same name, so that a trial of all data cannot be made"
    for tasks in at_hand.values():
        for task in tasks:
            assert system.learners(task, "smoke") and system.baselines(task, "smoke"), f"{task.name}: nobody to compare"
            check_task(task)
    trial = trial_of(system, size="smoke", seeds=1)
    run = run_trial(trial, out=out)
    assert run.finding.comparisons, "nothing was compared"
    assert verify(run.folder) == []
    _check_arms(trial, Store(run.folder))


def _check_arms(trial: Trial, store: Store) -> None:
    task = trial.tasks[0]
    arms = trial.arms(task)
    # of learners that train nothing, such as prompts of one model, one stands for all of its class
    checked: set[type[Learner]] = set()
    for name in arms.names:
        build = arms.build(name)
        if type(build(0)) in checked:
            continue
        fitted, said = _checked(build, task)
        assert _same(said, store.predictions(Cell(task.name, name, 0))), f"{name}: {_TWIN}"
        if not fitted.trained_parameters:
            checked.add(type(fitted))


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
