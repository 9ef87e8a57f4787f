"""From stored predictions to a finding. Reads a run's folder only: no source, no model."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from vesalius import statistics
from vesalius.metrics import METRICS, Metric
from vesalius.statistics.estimate import Difference, Estimate
from vesalius.tasks import Prediction, Value
from vesalius.trials.config import RunConfig, TaskConfig
from vesalius.trials.finding import Comparison, Finding, Gate, Score
from vesalius.trials.scoring import Gathered, gathered, record_scores, subset
from vesalius.trials.sentence import verdict_sentence
from vesalius.trials.store import Store
from vesalius.trials.trial import Cell

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One arm by one metric: ``values_SN`` (seeds × records) whose row means are the seeds' values.

    For a set metric they are jackknife pseudo-values, which average to the statistic and vary as it does; then there is one
    column a unit of analysis instead of a record.
    """

    values_SN: Matrix
    units: Sequence[str] | None
    binary: bool

    @property
    def per_seed(self) -> tuple[float, ...]:
        """The metric's value for each seed."""
        return tuple(float(value) for value in self.values_SN.mean(axis=1))


def make_finding(store: Store, config: RunConfig) -> Finding:
    """The finding of a run, computed from its stored predictions.

    Raises:
        UserError: if a file of the run is missing, or a metric has changed since.
    """
    scores: list[Score] = []
    drafts: list[Comparison] = []
    for task in config.tasks:
        task_scores, task_drafts = _evaluate_task(store, config, task)
        scores += task_scores
        drafts += task_drafts
    comparisons = tuple(_corrected(drafts, alpha=1 - config.level))
    return Finding(
        name=config.name,
        address=config.address,
        claim=config.claim,
        verdict=verdict_sentence(comparisons),
        level=config.level,
        scores=tuple(scores),
        comparisons=comparisons,
        gates=tuple(Gate(**gate) for gate in store.json("gates.json")),
    )


def _evaluate_task(store: Store, config: RunConfig, task: TaskConfig) -> tuple[list[Score], list[Comparison]]:
    _, units, truths = store.truth(task.name)
    said = {arm: [store.predictions(Cell(task.name, arm, seed)) for seed in config.seeds] for arm in task.arms}
    outcomes = {arm: dict(Counter[str](p.outcome for seed in seeds for p in seed)) for arm, seeds in said.items()}
    scores: list[Score] = []
    drafts: list[Comparison] = []
    for place, metric in enumerate(task.metrics()):
        measured = {arm: measure(metric, seeds, truths, units) for arm, seeds in said.items()}
        for arm, arm_measured in measured.items():
            estimate = _within(estimate_of(arm_measured, config.level), *metric.range)
            scores.append(
                Score(
                    task=task.name,
                    arm=arm,
                    metric=metric.identity,
                    estimate=estimate,
                    per_seed=arm_measured.per_seed,
                    outcomes=outcomes[arm],
                )
            )
        for learner in task.learners:
            for baseline in task.baselines:
                difference = difference_of(
                    measured[learner], measured[baseline], margin=task.margins[metric.identity], level=config.level
                )
                drafts.append(_draft(task, metric, place == 0, learner, baseline, difference))
    return scores, drafts


def measure(metric: Metric, seeds: Sequence[Sequence[Prediction]], truths: Sequence[Value], units: Sequence[str]) -> Measured:
    """An arm's predictions of every seed, by one metric."""
    clustered = len(set(units)) < len(units)
    if metric.unit == "record":
        values = np.stack([record_scores(metric, predictions, truths) for predictions in seeds])
        return Measured(values, units if clustered else None, binary=bool(np.isin(values, (0, 1)).all()))
    truth = gathered(truths)
    said = [gathered([prediction.value for prediction in predictions]) for predictions in seeds]
    return Measured(np.stack([_pseudo_values(metric, one, truth, units) for one in said]), None, False)


def _pseudo_values(metric: Metric, predictions: Gathered, truths: Gathered, units: Sequence[str]) -> Matrix:
    """Leave-one-unit-out jackknife pseudo-values, centred on the statistic (Efron and Stein 1981)."""
    value = metric.function(predictions, truths)
    _, members = np.unique(np.array(units), return_inverse=True)
    count = int(members.max()) + 1
    left_out = np.array(
        [metric.function(subset(predictions, members != unit), subset(truths, members != unit)) for unit in range(count)]
    )
    pseudo: Matrix = value - (count - 1) * (left_out - left_out.mean())
    return pseudo


def estimate_of(measured: Measured, level: float) -> Estimate:
    """The arm's score with its interval: Wilson for one seed of right and wrong answers, else over seeds and units."""
    values = measured.values_SN
    if not np.isfinite(values).all():
        nan = float("nan")
        return Estimate(nan, nan, nan, level, values.shape[1], values.shape[1], "undefined")
    if measured.binary and len(values) == 1 and measured.units is None:
        return statistics.wilson(int(values.sum()), values.size, level=level)
    return statistics.mean_over_seeds(values, clusters=_labels(measured.units), level=level)


def difference_of(learner: Measured, baseline: Measured, *, margin: float, level: float) -> Difference:
    """The paired difference: McNemar and Tango for one seed of right and wrong answers, else over seeds and units."""
    a, b = learner.values_SN, baseline.values_SN
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        nan = float("nan")
        return Difference(nan, nan, nan, level, nan, nan, nan, nan, nan, margin, a.shape[1], a.shape[1], len(a), "undefined")
    if learner.binary and baseline.binary and len(a) == 1 and learner.units is None:
        return statistics.compare_binary(a[0], b[0], margin=margin, level=level)
    return statistics.compare_means(a, b, clusters=_labels(learner.units), margin=margin, level=level)


T = TypeVar("T", Estimate, Difference)


def _within(found: T, low: float, high: float) -> T:
    """The interval without what the metric can never be; few seeds give wide ones."""
    return replace(found, low=max(found.low, low), high=min(found.high, high))


def _labels(units: Sequence[str] | None) -> NDArray[np.str_] | None:
    return None if units is None else np.array(units)


def _draft(task: TaskConfig, metric: Metric, primary: bool, learner: str, baseline: str, difference: Difference) -> Comparison:
    return Comparison(
        task=task.name,
        question=task.question,
        metric=metric.identity,
        primary=primary,
        learner=learner,
        baseline=baseline,
        difference=difference,
        p_adjusted=difference.p,
        p_equivalence_adjusted=difference.p_equivalence,
        verdict="undecided",
    )


def _corrected(drafts: Sequence[Comparison], *, alpha: float) -> list[Comparison]:
    """Holm over the comparisons of each question by each metric, of both tests alike; then the verdicts."""
    corrected = list(drafts)
    for family in dict.fromkeys((draft.question, draft.metric) for draft in drafts):
        places = [place for place, draft in enumerate(drafts) if (draft.question, draft.metric) == family]
        p = statistics.holm(np.array([drafts[place].difference.p for place in places]))
        p_equivalence = statistics.holm(np.array([drafts[place].difference.p_equivalence for place in places]))
        for place, p_one, p_equivalence_one in zip(places, p, p_equivalence, strict=True):
            corrected[place] = _judged(drafts[place], float(p_one), float(p_equivalence_one), alpha, len(places))
    return corrected


def _judged(draft: Comparison, p: float, p_equivalence: float, alpha: float, family: int) -> Comparison:
    metric = METRICS[draft.metric.partition("@")[0]]
    reach = metric.range[1] - metric.range[0]
    difference = _within(draft.difference, -reach, reach)
    if not np.isfinite(difference.value):
        return draft
    gain = difference.value if metric.higher_is_better else -difference.value
    detectable = difference.smallest_detectable
    if difference.standard_error > 0:  # what this n could have shown has to pass the same correction
        detectable = statistics.smallest_detectable(
            difference.standard_error, difference.degrees_of_freedom, alpha=alpha / family
        )
    if detectable > reach:
        detectable = float("nan")  # nothing that the metric can reach could have been shown
    return replace(
        draft,
        difference=replace(difference, smallest_detectable=detectable),
        p_adjusted=p,
        p_equivalence_adjusted=p_equivalence,
        verdict=statistics.decide(gain, p=p, p_equivalence=p_equivalence, alpha=alpha),
    )
