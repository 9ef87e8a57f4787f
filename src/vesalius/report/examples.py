"""Example records as people look at them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from vesalius.errors import UserError
from vesalius.report.figures.overlays import Plane, panel, plane
from vesalius.report.format import metric_name, number
from vesalius.report.reading import FinishedRun
from vesalius.tasks import Prediction, Value
from vesalius.trials.config import TaskConfig
from vesalius.trials.examples import SHOWN
from vesalius.trials.scoring import record_scores
from vesalius.trials.store import slug
from vesalius.trials.trial import Cell

LONG = 280
"""Characters from which a raw answer is folded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one arm said of a record."""

    arm: str
    outcome: str
    value: str
    raw: str
    score: str
    right: bool | None

    @property
    def long(self) -> bool:
        """Whether the raw text is folded."""
        return len(self.raw) > LONG


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture of a record: an arm's mask, or the truth."""

    title: str
    caption: str
    picture: Markup | None
    aspect: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One test record, with the answer of every arm of the first seed."""

    record_id: str
    texts: Mapping[str, str]
    options: Mapping[str, str]
    images: Mapping[str, str]
    truth: str
    answers: Sequence[Answer]
    panels: Sequence[Panel]


def examples(run: FinishedRun, task: TaskConfig) -> list[Example]:
    """The records that the run kept to be shown, those where the arms fare worst first; none for what is judged as a set.

    Raises:
        UserError: if the file of examples is damaged.
    """
    name = f"examples/{slug(task.name)}.json"
    if not (run.store.folder / name).exists():
        return []
    ids, _, truths = run.store.truth(task.name)
    places = {id: place for place, id in enumerate(ids)}
    said = {arm: run.store.predictions(Cell(task.name, arm, run.config.seeds[0])) for arm in task.arms}
    shown = []
    try:
        for item in run.store.json(name)[:SHOWN]:
            place = places[item["record_id"]]
            answered = {arm: predictions[place] for arm, predictions in said.items()}
            shown.append(_example(task, item["record_id"], item["fields"], truths[place], answered))
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise UserError(
            f"{run.store.folder / name}: not the examples of this run ({type(error).__name__}); restore the file or run again."
        ) from None
    return shown


def _example(
    task: TaskConfig, record_id: str, fields: Mapping[str, Any], truth: Value, answered: Mapping[str, Prediction]
) -> Example:
    pictures = {name: field for name, field in fields.items() if isinstance(field, Mapping) and "png" in field}
    options = {name: field for name, field in fields.items() if isinstance(field, Mapping) and "png" not in field}
    planes = {name: plane(field) for name, field in pictures.items()}
    first = next(iter(planes.values()), None)
    masked = isinstance(truth, np.ndarray) and first is not None and truth.shape[-2:] == first.shape and truth.ndim in (2, 3)
    answers = [_answer(task, arm, prediction, truth) for arm, prediction in answered.items()]
    return Example(
        record_id=record_id,
        texts={name: field for name, field in fields.items() if isinstance(field, str)},
        options={letter: text for field in options.values() for letter, text in field.items()},
        images={} if masked else {name: made.uri for name, made in planes.items()},
        truth=_plain(truth),
        answers=answers,
        panels=_panels(task, record_id, first, truth, answered, answers) if masked and first is not None else (),
    )


def _answer(task: TaskConfig, arm: str, prediction: Prediction, truth: Value) -> Answer:
    scores = {m: float(record_scores(m, [prediction], [truth])[0]) for m in task.metrics() if m.unit == "record"}
    shown = ", ".join(f"{metric_name(metric.identity)} {number(value)}" for metric, value in scores.items())
    first = next(iter(scores.values()), None)
    return Answer(
        arm=arm,
        outcome=prediction.outcome,
        value="" if prediction.value is None else _plain(prediction.value),
        raw=prediction.raw or "",
        score=shown,
        right=bool(first) if first in (0.0, 1.0) else None,
    )


def _plain(value: Value) -> str:
    if isinstance(value, np.ndarray):
        return f"array of {'×'.join(str(length) for length in value.shape)}"
    return value if isinstance(value, str) else f"{value:.4g}"


def _panels(
    task: TaskConfig,
    record_id: str,
    image: Plane,
    truth: Value,
    answered: Mapping[str, Prediction],
    answers: Sequence[Answer],
) -> list[Panel]:
    """The truth, then every arm."""
    name = f"image-{slug(task.name)}-{slug(record_id)}"
    true_HW = _slice(truth)
    picture = panel(image, name=name, define=True, truth=true_HW, mask=None, label=f"{record_id} with its true outline")
    panels = [Panel(title="Truth", caption="", picture=picture, aspect=image.aspect)]
    for answer in answers:
        said = answered[answer.arm].value
        label = f"{record_id}, outline by {answer.arm}: {answer.score}; the truth dashed"
        mask = None if said is None else _slice(said)
        made = None if mask is None else panel(image, name=name, define=False, truth=true_HW, mask=mask, label=label)
        caption = answer.score if said is not None else f"{answer.outcome}; {answer.score}"
        panels.append(Panel(title=answer.arm, caption=caption, picture=made, aspect=image.aspect))
    return panels


def _slice(mask: Value) -> np.ndarray:
    """The mask of the plane that is shown: itself, or the middle plane of a volume."""
    labels = np.asarray(mask)
    return labels if labels.ndim == 2 else labels[labels.shape[0] // 2]
