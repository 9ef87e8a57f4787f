"""``trial.json``: everything that a run's finding is computed from, besides its predictions."""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version

from vesalius.errors import UserError
from vesalius.metrics import METRICS, Metric
from vesalius.records import Field, Label, Mask, Survival, digest_of
from vesalius.tasks import Family, Task, Tier
from vesalius.trials.cell import split_of
from vesalius.trials.store import Store
from vesalius.trials.trial import Trial, code_digest

THREADS = 1
"""Of every cell: sums keep their order on any machine, and two cells side by side gain more than two threads in one."""

_LIBRARIES = ("numpy", "scipy", "pyarrow", "torch", "scikit-learn", "scikit-survival")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskConfig:
    """A task as it was run.

    Attributes:
        margins: margin of equivalence of each metric, by its identity; the primary one first.
        classes: names of the classes, or of the labels of a mask; none where the target has none.
        time_unit: of survival times; empty where there are none.
    """

    name: str
    family: Family
    source: str
    tier: Tier
    description: str
    note: str
    question: str
    unit: str
    records: Mapping[str, int]
    data: str
    margins: Mapping[str, float]
    learners: tuple[str, ...]
    baselines: tuple[str, ...]
    classes: tuple[str, ...] = ()
    time_unit: str = ""

    @property
    def arms(self) -> tuple[str, ...]:
        """All arms, baselines first."""
        return (*self.baselines, *self.learners)

    def metrics(self) -> list[Metric]:
        """The metrics, checked to be the versions that the run was scored with.

        Raises:
            UserError: if one of them has another version, or is not known, in this release.
        """
        return [_metric(identity) for identity in self.margins]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """A trial as it was run, and where."""

    name: str
    address: str
    claim: str
    claimed: Mapping[str, float]
    level: float
    seeds: tuple[int, ...]
    settings: Mapping[str, str]
    code: str
    threads: int
    environment: Mapping[str, str]
    tasks: tuple[TaskConfig, ...]

    def __post_init__(self) -> None:
        if not self.seeds or not self.tasks or not all(task.margins and task.learners and task.baselines for task in self.tasks):
            raise ValueError("a run has seeds, tasks, metrics, learners and baselines")

    def task(self, name: str) -> TaskConfig:
        """The task of that name."""
        return next(task for task in self.tasks if task.name == name)

    def true_address(self) -> str:
        """The hash of all that the finding depends on, which is not the environment."""
        content = asdict(self)
        identity = {name: content[name] for name in ("name", "level", "seeds", "settings", "code", "tasks")}
        return sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:12]

    def to_json(self) -> str:
        """As the text of ``trial.json``."""
        return json.dumps(asdict(self), indent=1) + "\n"


def describe(trial: Trial) -> RunConfig:
    """The trial's configuration."""
    tasks = tuple(_describe_task(trial, task) for task in trial.tasks)
    draft = RunConfig(
        name=trial.name,
        address="",
        claim=trial.claim,
        claimed=dict(trial.claimed),
        level=trial.level,
        seeds=trial.seeds,
        settings=dict(trial.settings),
        code=code_digest(),
        threads=THREADS,
        environment=_environment(),
        tasks=tasks,
    )
    return replace(draft, address=draft.true_address())


def load_config(store: Store) -> RunConfig:
    """The configuration of a run on disk.

    Raises:
        UserError: if it is missing or not as this release writes it.
    """
    from pydantic import TypeAdapter, ValidationError

    path = store.folder / "trial.json"
    try:
        config = TypeAdapter(RunConfig).validate_python(store.json("trial.json"))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise UserError(f"{path}, field {field}: {first['msg']}; restore the file or run again.") from None
    if config.address != config.true_address():
        raise UserError(f"{path}: changed since the run, it has another address; restore the file or run again.")
    return config


def _describe_task(trial: Trial, task: Task) -> TaskConfig:
    split, arms = split_of(task), trial.arms(task)
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    if not split.test:
        raise UserError(f"Task {task.name!r}: no test records; check the source {task.source.name!r} or the split.")
    return TaskConfig(
        name=task.name,
        family=task.family,
        source=task.source.name,
        tier=task.source.tier,
        description=task.source.description,
        note=task.note,
        question=task.question,
        unit=task.unit,
        records={name: len(records) for name, records in parts.items()},
        data=sha256("".join(digest_of(records) for records in parts.values()).encode()).hexdigest(),
        margins={measure.metric.identity: measure.margin for measure in task.measures},
        learners=tuple(arms.learners),
        baselines=tuple(arms.baselines),
        classes=_classes(split.test[0].fields[task.target]),
        time_unit=_time_unit(split.test[0].fields[task.target]),
    )


def _classes(target: Field) -> tuple[str, ...]:
    match target:
        case Mask():
            return target.names
        case Label():
            return target.classes
        case _:
            return ()


def _time_unit(target: Field) -> str:
    return target.unit if isinstance(target, Survival) else ""


def _metric(identity: str) -> Metric:
    name = identity.partition("@")[0]
    if name not in METRICS:
        raise UserError(f"Metric {identity}: not known to this release; install the release that made the run.")
    if METRICS[name].identity != identity:
        raise UserError(f"Metric {identity}: this release has {METRICS[name].identity}; score the run again to compare with it.")
    return METRICS[name]


def _environment() -> dict[str, str]:
    found = {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine()}
    for library in ("vesalius", *_LIBRARIES):
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
