"""The task that a folder of one's own puts to a system."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vesalius.errors import UserError
from vesalius.fitted.description import Images
from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size, Tier
from vesalius.records import Field, Geometry, Image, Label, Mask, Record, Volume
from vesalius.records.places import place
from vesalius.sources.folders import FolderSource
from vesalius.systems.system import System
from vesalius.systems.trial import available
from vesalius.tasks import Family, Measure, Source, Split, Task

VALIDATION = 0.2
FAMILIES: dict[str, Family] = {"mask": "segmentation", "label": "classification"}
METRIC_NAMES = {"mask": ("dice", "iou", "hd95"), "label": ("accuracy",)}
"""The first is reported; those of one case each."""
MARGIN = 0.01


def question(source: Source, target: str, *, split: Split) -> Task:
    """The task; its split is the one given."""
    return Task(
        name=source.name,
        family=FAMILIES[target],
        source=source,
        inputs=("image",),
        target=target,
        split=lambda _: split,
        measures=tuple(Measure(METRICS[name], MARGIN) for name in METRIC_NAMES[target]),
        note="A user's own data.",
    )


def split_of(source: FolderSource, records: Sequence[Record]) -> Split:
    """The user's own split where there is one; else a fifth of the subjects of each class for validation, by their hash.

    Raises:
        UserError: if nothing is left to train on or to validate with, or a subject is in two parts.
    """
    parts = source.parts()
    if any(parts.values()):
        return _given(source, records)
    held: set[str] = set()
    strata: dict[str, dict[str, None]] = {}
    for record in records:
        strata.setdefault(_class(record), {}).setdefault(record.subject_id)
    for subjects in strata.values():
        fresh = [subject for subject in subjects if subject not in held]
        count = math.ceil(VALIDATION * len(fresh)) if len(fresh) > 1 else 0
        held |= set(sorted(fresh, key=lambda subject: place(f"own{subject}"))[:count])
    train = [record for record in records if record.subject_id not in held]
    validation = [record for record in records if record.subject_id in held]
    if not train or not validation:
        raise UserError(f"{source.folder}: {len(records)} usable cases of one subject; give at least two subjects.")
    return Split(train, validation, [])


def _given(source: FolderSource, records: Sequence[Record]) -> Split:
    parts = source.parts()
    split = Split(
        *([record for record in records if (parts[record.id] or "train") == part] for part in ("train", "validation", "test"))
    )
    if not split.train or not split.validation:
        missing = "train" if not split.train else "validation"
        raise UserError(f"{source.folder}, column 'split': no usable case is in {missing}; put some there.")
    part_of: dict[str, str] = {}
    for record in records:
        part = parts[record.id] or "train"
        if part_of.setdefault(record.subject_id, part) != part:
            raise UserError(f"{source.folder}: subject {record.subject_id} is in two parts of the split; keep it in one.")
    return split


def _class(record: Record) -> str:
    return record.get("label", Label).value if "label" in record.fields else ""


def require_family(system: System, target: str, size: Size) -> None:
    """Refuse a system whose own tasks are of another kind, or come with more than an image, such as prompts.

    Raises:
        UserError: if none of its tasks at hand asks for such an answer about an image alone.
    """
    own = [task for _, tasks in available(system, size) for task in tasks]
    if own and not any(task.family == FAMILIES[target] and tuple(task.inputs) == ("image",) for task in own):
        kinds = ", ".join(sorted({f"{task.family} of {' and '.join(task.inputs)}" for task in own}))
        wanted = f"{FAMILIES[target]} of images alone"
        raise UserError(f"{system.id}: made for {kinds}; the data asks for {wanted}, choose such a system.")


def build(system: System, arm: str | None, task: Task, size: Size, seed: int) -> tuple[str, Learner]:
    """The untrained learner of an arm, by default the first that the system proposes, and the arm's name.

    Raises:
        UserError: if there is no such arm, or the system cannot take such records.
    """
    try:
        proposed = system.learners(task, size)
        arms = {**system.baselines(task, size), **proposed}
        if arm is not None and arm not in arms:
            raise UserError(f"--arm {arm}: {system.id} has {', '.join(arms)}.")
        chosen = arm or next(iter(proposed))
        return chosen, arms[chosen](seed)
    except (KeyError, TypeError) as error:  # a field that is missing or of another kind
        kind = "volumes" if isinstance(task.source.records()[0].fields["image"], Volume) else "images"
        raise UserError(f"{system.id}: not made for such {kind} ({str(error).rstrip('.')}); choose another system.") from error


@dataclass(frozen=True, slots=True)
class Template:
    """One empty record like the first that a system was fitted on, for it to configure its learner by."""

    images: Images
    name: str = "own"
    tier: Tier = "own"
    description: str = "An empty record."

    def records(self) -> Sequence[Record]:
        """That record."""
        size = self.images.first_size
        values = np.zeros((*size, self.images.channels) if self.images.channels > 1 else size, np.dtype(self.images.dtype))
        spacing = self.images.spacing
        image: Field
        if self.images.axes == 3:
            image = Volume(values, Geometry(np.diag([*(spacing or (1.0, 1.0, 1.0)), 1.0])))
        else:
            image = Image(values, None if spacing is None else (spacing[0], spacing[1]))
        names = self.images.names
        answer: Field
        if self.images.target == "mask":
            answer = Mask(np.zeros(size, np.min_scalar_type(len(names))), names)
        else:
            answer = Label(names[0], names)
        return [Record(id="template", subject_id="template", fields={"image": image, self.images.target: answer})]


def template_task(images: Images) -> Task:
    """The task of a fit, with an empty record in place of its data."""
    source = Template(images)
    records = source.records()
    return question(source, images.target, split=Split(records, records, []))
