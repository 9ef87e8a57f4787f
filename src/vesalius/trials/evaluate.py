"""From stored predictions, and their scores, to a finding. Reads a run's folder only: no source, no model."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from vesalius import statistics
from vesalius.metrics import Metric
from vesalius.statistics.estimate import Difference, Estimate
from vesalius.trials.config import RunConfig, TaskConfig
from vesalius.trials.finding import Comparison, Finding, Gate, Score
from vesalius.trials.measured import Measured, detectable, difference_of, estimate_of, measure_records, measure_sets
from vesalius.trials.sentence import ONE_TRAINING, verdict_sentence
from vesalius.trials.store import Store
from vesalius.trials.trial import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A proposed learner and a baseline on one task by one metric, before they are judged."""

    task: TaskConfig
    metric: Metric
    primary: bool
    learner: str
    baseline: str
    measured: tuple[Measured, Measured]
    difference: Difference


def make_finding(store: Store, config: RunConfig) -> Finding:
    """The finding of a run, computed from what is stored: scores of records, and predictions where a metric is of sets.

    That the scores are those of the predictions is for ``verify`` to say.

    Raises:
        UserError: if a file of the run is missing, or a metric has changed since.
    """
    scores: list[Score] = []
    pairs: list[Pair] = []
    for task in config.tasks:
        task_scores, task_pairs = _evaluate_task(store, config, task)
        scores += task_scores
        pairs += task_pairs
    comparisons = tuple(_compared(pairs, alpha=1 - config.level))
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


def _evaluate_task(store: Store, config: RunConfig, task: TaskConfig) -> tuple[list[Score], list[Pair]]:
    _, units, truths = store.truth(task.name)
    cells = {arm: [Cell(task.name, arm, seed) for seed in config.seeds] for arm in task.arms}
    stored = {arm: [store.scores(cell) for cell in own] for arm, own in cells.items()}
    outcomes = {arm: dict(Counter(outcome for one in seeds for outcome in one.outcomes)) for arm, seeds in stored.items()}
    of_sets = any(metric.unit == "set" for metric in task.metrics())
    said = {arm: [store.predictions(cell) for cell in own] for arm, own in cells.items()} if of_sets else {}
    found: list[Score] = []
    pairs: list[Pair] = []
    for place, metric in enumerate(task.metrics()):
        if metric.unit == "set":
            measured = measure_sets(metric, said, truths, units)
        else:
            scores = {arm: np.stack([one.by(metric) for one in seeds]) for arm, seeds in stored.items()}
            measured = measure_records(metric, scores, units)
        for arm, values in measured.items():
            estimate = _within(estimate_of(values, config.level), *metric.range)
            identity, per_seed = metric.identity, values.per_seed
            found.append(
                Score(task=task.name, arm=arm, metric=identity, estimate=estimate, per_seed=per_seed, outcomes=outcomes[arm])
            )
        pairs += [
            _pair(task, metric, place == 0, learner, baseline, (measured[learner], measured[baseline]), config.level)
            for learner in task.learners
            for baseline in task.baselines
        ]
    return found, pairs


def _pair(
    task: TaskConfig,
    metric: Metric,
    primary: bool,
    learner: str,
    baseline: str,
    measured: tuple[Measured, Measured],
    level: float,
) -> Pair:
    difference = difference_of(*measured, margin=task.margins[metric.identity], level=level)
    reach = metric.range[1] - metric.range[0]
    return Pair(
        task=task,
        metric=metric,
        primary=primary,
        learner=learner,
        baseline=baseline,
        measured=measured,
        difference=_within(difference, -reach, reach),
    )


T = TypeVar("T", Estimate, Difference)


def _within(found: T, low: float, high: float) -> T:
    """The interval without what the metric can never be; few seeds give wide ones."""
    return replace(found, low=max(found.low, low), high=min(found.high, high))


def _compared(pairs: Sequence[Pair], *, alpha: float) -> list[Comparison]:
    """Holm over the comparisons of each question by each metric, of both tests alike; then the verdicts, in the pairs' order."""
    judged: dict[int, Comparison] = {}
    for family in dict.fromkeys((pair.task.question, pair.metric.identity) for pair in pairs):
        places = [place for place, pair in enumerate(pairs) if (pair.task.question, pair.metric.identity) == family]
        p = statistics.holm(np.array([pairs[place].difference.p for place in places]))
        p_equivalence = statistics.holm(np.array([pairs[place].difference.p_equivalence for place in places]))
        for place, p_one, p_equivalence_one in zip(places, p, p_equivalence, strict=True):
            judged[place] = _judged(pairs[place], float(p_one), float(p_equivalence_one), alpha, len(places))
    return [judged[place] for place in range(len(pairs))]


def _judged(pair: Pair, p: float, p_equivalence: float, alpha: float, family: int) -> Comparison:
    difference = pair.difference
    smallest = detectable(*pair.measured, difference, alpha / family)  # it would have to pass the same correction
    if smallest > pair.metric.range[1] - pair.metric.range[0]:
        smallest = float("nan")  # nothing that the metric can reach could have been shown
    one_training = difference.seeds == 1 and pair.task.records["train"] > 0
    undefined = not np.isfinite(difference.value)
    gain = difference.value if pair.metric.higher_is_better else -difference.value
    held_back = undefined or one_training  # one training says nothing of the next one
    return Comparison(
        task=pair.task.name,
        question=pair.task.question,
        metric=pair.metric.identity,
        primary=pair.primary,
        learner=pair.learner,
        baseline=pair.baseline,
        difference=replace(
            difference,
            smallest_detectable=smallest,
            method=f"{difference.method}; {ONE_TRAINING}" if one_training else difference.method,
        ),
        p_adjusted=p,
        p_equivalence_adjusted=p_equivalence,
        verdict="undecided" if held_back else statistics.decide(gain, p=p, p_equivalence=p_equivalence, alpha=alpha),
    )
