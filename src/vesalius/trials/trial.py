"""What is to be run: arms on tasks over seeds."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from vesalius.errors import UserError
from vesalius.learners.learner import Learner
from vesalius.tasks import Task

Build = Callable[[int], Learner]
"""Makes an untrained learner of a seed."""


@dataclass(frozen=True, slots=True)
class Arms:
    """Who is compared on a task: every learner with every baseline."""

    learners: Mapping[str, Build]
    baselines: Mapping[str, Build]

    def build(self, name: str) -> Build:
        """The builder of the arm of that name."""
        return {**self.baselines, **self.learners}[name]

    @property
    def names(self) -> tuple[str, ...]:
        """All arms, baselines first."""
        return (*self.baselines, *self.learners)


@dataclass(frozen=True, slots=True)
class Cell:
    """The smallest piece of work that is kept: one arm on one task with one seed."""

    task: str
    arm: str
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """Arms × tasks × seeds.

    Attributes:
        name: of the system, or what the caller calls it.
        tasks: with unique names.
        arms: from a task, who is compared on it.
        seeds: one learner of each arm is trained per seed.
        claim: what the finding is held against.
        claimed: the gain over each baseline that the claim gives a figure for, by the primary metric.
        settings: what the arms depend on besides the code, such as size or the digest of a file; part of the address.
        level: of intervals; 1 - level is the rate of false findings.

    Raises:
        UserError: if two tasks share a name, or nothing would be run.
    """

    name: str
    tasks: tuple[Task, ...]
    arms: Callable[[Task], Arms]
    seeds: tuple[int, ...]
    claim: str = ""
    claimed: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    level: float = 0.95

    def __post_init__(self) -> None:
        if not self.tasks or not self.seeds:
            raise UserError(f"{self.name}: nothing to run; give at least one task and one seed.")
        if len({task.name for task in self.tasks}) < len(self.tasks) or len(set(self.seeds)) < len(self.seeds):
            raise UserError(f"{self.name}: two tasks or two seeds are the same; give each its own.")

    def task(self, name: str) -> Task:
        """The task of that name."""
        return next(task for task in self.tasks if task.name == name)

    def cells(self) -> tuple[Cell, ...]:
        """All cells, seeds outermost, so that an interrupted run has whole seeds."""
        return tuple(Cell(task.name, arm, seed) for seed in self.seeds for task in self.tasks for arm in self.arms(task).names)


@cache
def code_digest() -> str:
    """SHA-256 of every source file of this package: a run made by other code has another address."""
    root = Path(__file__).parents[1]
    hasher = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        hasher.update(str(file.relative_to(root)).encode() + file.read_bytes())
    return hasher.hexdigest()
