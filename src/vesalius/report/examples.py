"""Example records as people look at them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.report.figures.overlays import panel
from vesalius.report.format import metric_name, number
from vesalius.report.pictured import Cut, Pictured, is_pictured, pictured_of
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
class Panels:
    """One slice of a record, or its image: what lies where, and a panel for the truth and for each arm."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One test record, with the answer of every arm of the first seed."""

    record_id: str
    texts: Mapping[str, str]
    options: Mapping[str, str]
    images: Sequence[Panel]
    truth: str
    answers: Sequence[Answer]
    views: Sequence[Panels]
    window: str


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
    pictured = {name: pictured_of(field) for name, field in fields.items() if isinstance(field, Mapping) and is_pictured(field)}
    options = [field for name, field in fields.items() if isinstance(field, Mapping) and name not in pictured]
    first = next(iter(pictured.values()), None)
    answers = [_answer(task, arm, prediction, truth) for arm, prediction in answered.items()]
    name = f"image-{slug(task.name)}-{slug(record_id)}"
    masked = first is not None and first.holds(truth)
    return Example(
        record_id=record_id,
        texts={name: field for name, field in fields.items() if isinstance(field, str)},
        options={letter: text for field in options for letter, text in field.items()},
        images=() if masked else _images(name, record_id, pictured),
        truth=_plain(truth),
        answers=answers,
        views=_views(name, record_id, first, truth, answered, answers) if masked and first is not None else (),
        window=", ".join(dict.fromkeys(shown.window for shown in pictured.values() if shown.window)),
    )


def _images(name: str, record_id: str, pictured: Mapping[str, Pictured]) -> list[Panel]:
    """The inputs as they are, without outlines."""
    made = []
    for field, shown in pictured.items():
        for place, cut in enumerate(shown.cuts):
            title = f"{field}, {cut.title}" if cut.title else field if len(pictured) > 1 else ""
            picture = panel(
                cut.plane,
                name=f"{name}-{slug(field)}-{place}",
                define=True,
                label=f"{title or field} of record {record_id}",
                marks=cut.marks,
            )
            made.append(Panel(title=title, caption="", picture=picture, aspect=cut.plane.aspect))
    return made


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


def _views(
    name: str, record_id: str, shown: Pictured, truth: Value, answered: Mapping[str, Prediction], answers: Sequence[Answer]
) -> list[Panels]:
    """Of the image or each slice the truth, then every arm; scores are of the whole record and stand at the first."""
    views = []
    for place, cut in enumerate(shown.cuts):
        of = f"{record_id}, {cut.title}" if cut.title else record_id
        true_HW = shown.labels(cut, truth)
        picture = _outlined(cut, f"{name}-{place}", f"{of}, true outline", true_HW, None)
        panels = [Panel(title="Truth", caption="", picture=picture, aspect=cut.plane.aspect)]
        for answer in answers:
            said = answered[answer.arm].value
            label = f"{of}, outline by {answer.arm}: {answer.score}; the truth dashed"
            said_HW = shown.labels(cut, said) if shown.holds(said) else None
            made = None if said_HW is None else _outlined(cut, f"{name}-{place}", label, true_HW, said_HW)
            notes = ([answer.outcome] if said is None else []) + ([answer.score] if place == 0 else [])
            panels.append(Panel(title=answer.arm, caption="; ".join(notes), picture=made, aspect=cut.plane.aspect))
        views.append(Panels(title=cut.title, panels=panels))
    return views


def _outlined(cut: Cut, name: str, label: str, truth: NDArray[Any], said: NDArray[Any] | None) -> Markup:
    """A picture with outlines or a heat map; that of the truth, which comes first, holds the image for those after it."""
    shown = {} if said is None else {"heat" if said.dtype.kind == "f" else "mask": said}
    return panel(cut.plane, name=name, define=said is None, label=label, truth=truth, marks=cut.marks, **shown)
