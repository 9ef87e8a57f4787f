"""What a page shows of one task."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import methodcaller

import numpy as np
from markupsafe import Markup

from vesalius.report.examples import Example, examples
from vesalius.report.figures.forest import Limits, forest
from vesalius.report.figures.front import Point, front
from vesalius.report.figures.roc import Scored, calibration, roc
from vesalius.report.figures.seeds import seeds
from vesalius.report.figures.survival import survival
from vesalius.report.figures.training import losses, noted_values, validation_scores
from vesalius.report.format import metric_name
from vesalius.report.histories import noted, phases_of, trained
from vesalius.report.reading import FinishedRun
from vesalius.report.sampled import GENERATED, SHARES, generated, shares
from vesalius.statistics import Verdict
from vesalius.statistics.verdicts import VERDICTS
from vesalius.tasks import OUTCOMES
from vesalius.trials.config import TaskConfig
from vesalius.trials.finding import Comparison, Cost, Score
from vesalius.trials.trial import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmRow:
    """One arm of a task: its scores by each metric, how its answers came out, and what they cost."""

    arm: str
    proposed: bool
    scores: Sequence[Score]
    outcomes: Mapping[str, int]
    cost: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Figures of a family, with what has to be said of them."""

    title: str
    caption: str
    figures: Sequence[Markup]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One task on the page."""

    anchor: str
    task: TaskConfig
    verdicts: Mapping[Verdict, int]
    forest: Markup
    forest_narrow: Markup
    comparisons: Sequence[Comparison]
    arms: Sequence[ArmRow]
    per_seed: Sequence[Markup]
    curves: Sequence[Curves]
    examples: Sequence[Example]

    @property
    def all_answered(self) -> bool:
        """Whether every prediction of every arm is an answer."""
        return all(set(arm.outcomes) <= {"answered"} for arm in self.arms)

    @property
    def outcomes(self) -> Sequence[str]:
        """The outcomes that a prediction can have, for the heads of a table."""
        return OUTCOMES


def section(run: FinishedRun, task: TaskConfig, *, place: int, limits: Limits, wide: bool) -> Section:
    """Everything that a run shows of one task.

    Args:
        run: the run.
        task: one of its tasks.
        place: of the task in the run, for links within the page.
        limits: of the forest plot.
        wide: whether the forest plot carries its numbers.
    """
    comparisons = run.comparisons(task)
    primary = [comparison for comparison in comparisons if comparison.primary]
    counted = Counter(comparison.verdict for comparison in primary)
    return Section(
        anchor=f"task-{place + 1}",
        task=task,
        verdicts={verdict: counted[verdict] for verdict in VERDICTS},
        forest=forest(primary, limits=limits, wide=wide) if primary else Markup(""),
        forest_narrow=forest(primary, limits=limits, wide=False) if primary and wide else Markup(""),
        comparisons=comparisons,
        arms=_arms(run, task),
        per_seed=[seeds(run.scores(task, metric), learners=task.learners) for metric in task.margins],
        curves=_curves(run, task),
        examples=examples(run, task),
    )


def _arms(run: FinishedRun, task: TaskConfig) -> list[ArmRow]:
    by_metric = [run.scores(task, metric) for metric in task.margins]
    return [
        ArmRow(
            arm=arm,
            proposed=arm in task.learners,
            scores=[scores[place] for scores in by_metric],
            outcomes=by_metric[0][place].outcomes,
            cost=cost,
        )
        for place, (arm, cost) in enumerate(zip(task.arms, run.costs_of(task), strict=True))
    ]


def _curves(run: FinishedRun, task: TaskConfig) -> list[Curves]:
    return [*_of_family(run, task), *_training(run, task)]


def _training(run: FinishedRun, task: TaskConfig) -> list[Curves]:
    shown = []
    phases = phases_of(run, task)
    for phase, arms in phases.items():
        figures = []
        if by_loss := trained(arms, task, lambda history: history.loss_trace):
            figures.append(losses(by_loss, task=task.name, phase=phase))
        if by_score := trained(arms, task, lambda history: history.score_trace):
            figures.append(validation_scores(by_score, task=task.name, phase=phase))
        for name in noted(arms):
            if by_curve := trained(arms, task, methodcaller("curve_trace", name)):
                figures.append(noted_values(by_curve, task=task.name, phase=phase, quantity=name))
        if figures:
            title = phase.capitalize() if len(phases) > 1 else "Training"
            shown.append(Curves(title=title, caption=_TRAINING, figures=figures))
    return shown


_TRAINING = (
    "Faint: each seed. Strong: their mean, baselines dashed. The loss is smoothed over a fortieth of the steps; losses of arms "
    "that minimise different things are not comparable. The kept state is that of the highest validation score."
)


def _of_family(run: FinishedRun, task: TaskConfig) -> list[Curves]:
    match task.family:
        case "choices":
            return _fronts(run, task)
        case "classification":
            return _classification(run, task)
        case "survival":
            return _survival(run, task)
        case "generation":
            return _sampled("Real and generated images", GENERATED, generated(run, task))
        case "ambiguous_segmentation":
            return _sampled("Annotators and samples", SHARES, shares(run, task))
        case _:
            return []


def _sampled(title: str, caption: str, figures: Sequence[Markup]) -> list[Curves]:
    return [Curves(title=title, caption=caption, figures=figures)] if figures else []


def _fronts(run: FinishedRun, task: TaskConfig) -> list[Curves]:
    metric = next(iter(task.margins))
    drawn = []
    for field, words in (("tokens", "tokens a question"), ("recorded_seconds", "seconds a question")):
        spent = {cost.arm: getattr(cost, field) for cost in run.costs_of(task)}
        points = [
            Point(score.arm, spent[score.arm], score.estimate, score.arm in task.learners)
            for score in run.scores(task, metric)
            if spent[score.arm] and np.isfinite(score.estimate.value)
        ]
        if len(points) > 1:
            drawn.append(front(points, task=task.name, metric=metric_name(metric), cost=words))
    caption = (
        "Filled marks and bold names are on the front: no other arm is at least as cheap and as often right, and better in one. "
        "Diamonds are learners, circles baselines; arms whose cost was not recorded are left out."
    )
    return [Curves(title="Accuracy and cost", caption=caption, figures=drawn)] if drawn else []


def _classification(run: FinishedRun, task: TaskConfig) -> list[Curves]:
    """Curves of the first seed, where there are two classes and an arm gave every record a number."""
    truths = _numbers(run.store.truth(task.name)[2])
    if truths is None or truths.ndim != 1 or set(truths.tolist()) != {0.0, 1.0}:
        return []
    scored = []
    for arm in task.arms:
        values = _said(run, task, arm)
        if values is not None:
            scored.append(Scored(arm, arm in task.baselines, values))
    if not scored:
        return []
    figures = [roc(scored, truths, task=task.name)]
    probable = [arm for arm in scored if arm.values.min() >= 0 and arm.values.max() <= 1]
    if probable:
        figures.append(calibration(probable, truths, task=task.name))
    caption = (
        f"Test records, seed {run.config.seeds[0]}. First the ROC curves; then the observed share of positives where an "
        "arm gave about that probability, in groups of equal size, with 95 % Wilson intervals. Baselines are dashed."
    )
    return [Curves(title="Discrimination and calibration", caption=caption, figures=figures)]


def _survival(run: FinishedRun, task: TaskConfig) -> list[Curves]:
    truths = _numbers(run.store.truth(task.name)[2])
    if truths is None or truths.ndim != 2:
        return []
    figures = []
    for arm in task.arms:
        risks = _said(run, task, arm)
        if risks is not None:
            times, events = truths[:, 0], truths[:, 1] > 0
            figures.append(survival(risks, times, events, arm=arm, task=task.name, unit=task.time_unit))
    caption = (
        f"Kaplan–Meier estimate over the test records, seed {run.config.seeds[0]}: records above the median of the risk that the "
        "arm predicts, and the others. Ticks are censored records; below, those still at risk. Time in the unit of the source."
    )
    return [Curves(title="Survival by predicted risk", caption=caption, figures=figures)] if figures else []


def _numbers(values: Sequence[object]) -> np.ndarray | None:
    """The truths as numbers, or None where they are something else."""
    if all(isinstance(value, float) for value in values) or all(isinstance(v, np.ndarray) and v.shape == (2,) for v in values):
        return np.array(values, dtype=float)
    return None


def _said(run: FinishedRun, task: TaskConfig, arm: str) -> np.ndarray | None:
    """An arm's numbers of the first seed, or None where it left a record without one."""
    predictions = run.store.predictions(Cell(task.name, arm, run.config.seeds[0]))
    numbers = [prediction.value for prediction in predictions if isinstance(prediction.value, float)]
    return np.array(numbers) if len(numbers) == len(predictions) and np.isfinite(numbers).all() else None
