"""One catalogue row that runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vesalius.names import Area, Kind, ModelUse, Size
from vesalius.tasks import Task
from vesalius.trials.trial import Build

Arms = Mapping[str, Build]

Tasks = Callable[[Size], Sequence[Task]]

OwnTasks = Callable[[Path, Size], Sequence[Task]]


@dataclass(frozen=True, slots=True)
class Claim:
    """What the paper says of itself: in words, and the gain over each baseline where the abstract gives a figure."""

    text: str
    metric: str = ""
    gains: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A published system: the learners that it proposes, the baselines that it claims to beat, its tasks and its claim.

    Attributes:
        id, number: its row in the catalogue.
        area, kind: as the catalogue has them.
        claim: of the paper.
        learners: from a task and a size, what the paper proposes.
        baselines: from a task and a size, what it is compared with, on the same records and budget.
        tasks: by the name that ``--data`` takes; each raises a UserError where its records are not at hand. Without ``--data``,
            the first that does not is run.
        seeds: how many the default size runs; 1 only where nothing is random, as where answers were recorded once, or where all
            are had greedily.
        takes_model: what the arms do with the language model that ``vesalius.language.models.model_of`` gives for a task, so that
            the user can name another one: some train it, or it is only ever asked, which servers allow too. Blank where there is
            none.
        own: tasks from a folder of the user's own that ``--data`` names, at a size; None where the system takes none so.
        stand_in: what answers where the user names no model, such as a mock; blank where it is the shipped base model.
    """

    id: str
    number: int
    area: Area
    kind: Kind
    claim: Claim
    learners: Callable[[Task, Size], Arms]
    baselines: Callable[[Task, Size], Arms]
    tasks: Mapping[str, Tasks]
    seeds: int = 5
    takes_model: ModelUse = ""
    own: OwnTasks | None = None
    stand_in: str = ""
