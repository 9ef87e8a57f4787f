"""A real pair of base and adapted model, whose answers were recorded: Qwen2.5-VL and its fine-tuned form, on medical images.

The base was asked under five wordings, the adapted model under the one that it was tuned with. So the base has its own prompt,
chosen on validation requests, and beside it the prompt of the other, which is what the studies of adaptation warn of.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import get_args

import numpy as np

from vesalius.language.objects import Kind, named_objects
from vesalius.learners.learner import Learner
from vesalius.learners.recorded import BestRecorded, Recorded
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Record
from vesalius.sources.public import root
from vesalius.sources.public.point_detect_count import FOLDER, TUNED, WORDINGS, PointDetectCount, recorded_answers, wording
from vesalius.sources.splits import split_by_hash, thinned
from vesalius.systems.system import Arms
from vesalius.tasks import Measure, Outcome, Prediction, Split, Task, Value
from vesalius.tasks.texts import CHOICE_MARGIN

OWN_PROMPT = "base, by its own prompt"
SHARED_PROMPT = "base, by the prompt of the other"
KIND = "kind"
"""Tag: what is asked for."""

VALIDATION = 0.4
"""Share of the images whose requests choose the base's prompt."""

_METRICS: Mapping[Kind, str] = {"count": "count_exact", "points": "point_f1", "boxes": "box_average_precision"}
_MOST: Mapping[Size, int | None] = {"smoke": 8, "default": None, "paper": None}


def recorded(size: Size) -> list[Task]:
    """A task a kind of request.

    Raises:
        UserError: if the recorded answers are not at hand.
    """
    root.path(*FOLDER)
    note = (
        "Recorded answers, one to each request, so that seeds do not differ. Boxes have no scores and all count alike; points "
        "match within 5 pixels. Requests are made from templates, so that their texts repeat; no image is in two parts. The "
        "images were not at hand to see whether the model was tuned on them; of its answers with coordinates two in five equal "
        "the right ones in every number, which a person who drew the boxes again would not."
    )
    return [
        Task(
            name=f"recorded {kind}",
            family="detection",
            source=PointDetectCount(kind),
            inputs=("request",),
            target=kind,
            split=partial(_split, _MOST[size]),
            measures=(Measure(METRICS[_METRICS[kind]], CHOICE_MARGIN),),
            note=note,
            question="Recorded answers of a real pair",
            tags={KIND: kind},
        )
        for kind in get_args(Kind)
    ]


def is_recorded(task: Task) -> bool:
    """Whether a task is one of these."""
    return KIND in task.tags


def learners(task: Task) -> Arms:
    """The adapted model."""
    return {TUNED: lambda seed: _said(task, TUNED)}


def baselines(task: Task) -> Arms:
    """The base, by either prompt."""
    return {OWN_PROMPT: lambda seed: _own(task), SHARED_PROMPT: lambda seed: _said(task, wording(WORDINGS))}


def _split(most: int | None, records: Sequence[Record]) -> Split:
    split = split_by_hash(records, validation=VALIDATION, test=1 - VALIDATION)
    return thinned(split, most)


def _said(task: Task, name: str) -> Learner:
    return Recorded(recorded_answers()[name], read=_reader(task))


def _own(task: Task) -> Learner:
    recordings = [answers for name, answers in recorded_answers().items() if name != TUNED]
    return BestRecorded(recordings, partial(_score, task), read=_reader(task))


def _reader(task: Task) -> Callable[[str | None, Record], tuple[Value | None, Outcome]]:
    kind: Kind = task.target  # type: ignore[assignment]  # one of them, as the tasks above have it
    return partial(_read, kind)


def _read(kind: Kind, text: str | None, record: Record) -> tuple[Value | None, Outcome]:
    if not text:
        return None, "empty"
    found = named_objects(text, kind)
    if found is None:
        return None, "unparsed"
    # metrics want a score behind each predicted box
    return (np.column_stack([found, np.ones(len(found))]) if kind == "boxes" else found), "answered"


def _score(task: Task, predictions: Sequence[Prediction], records: Sequence[Record]) -> float:
    """The task's first metric."""
    metric = task.measures[0].metric
    truths = [task.truth(record) for record in records]
    if metric.unit == "set":
        return metric.function([one.value for one in predictions], truths)
    scores = [
        metric.unanswered if one.value is None else metric.function(one.value, truth)
        for one, truth in zip(predictions, truths, strict=True)
    ]
    return float(np.mean(scores))  # type: ignore[arg-type]  # these have a score of what is not answered
