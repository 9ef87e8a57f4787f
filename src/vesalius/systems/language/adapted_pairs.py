"""Adapted models of the catalogue against the base that each was made of: what the studies of adaptation share.

A pair is an arm of a system and the model that the system started from. The arm is trained as its system trains it, on the
system's own records; then both models answer the same exams, each by the prompt that its own answers to validation questions
choose.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from vesalius import catalogue
from vesalius.language.backend import Backend
from vesalius.language.models import TAG, model_of, opened
from vesalius.learners.learner import Learner
from vesalius.learners.prompt_chosen import Candidate, PromptChosen
from vesalius.names import Size
from vesalius.records import Record
from vesalius.remembered import Remembered
from vesalius.tasks import Prediction, Task
from vesalius.trials.finding import Comparison

MODELS: Mapping[str, str] = {
    "me-llama": "me-llama",
    "biomistral": "domain model",
    "medcare": "medcare",
    "alphamed": "alphamed",
    "med-rlvr": "med-rlvr",
}
"""Systems that give an adapted model, and which of their arms it is."""

SHARED = "by the base's prompt"
"""Ends the name of an arm whose prompt was chosen for the base, which is what the studies warn of."""

_adapted: Remembered[Learner] = Remembered(16)


def trained(system: str, size: Size, model: str, seed: int) -> Learner:
    """The adapted model of a system, trained once a process.

    Args:
        system: id of one in ``MODELS``.
        size: of its training.
        model: what it starts from.
        seed: of the training.
    """
    return _adapted.get((system, size, model, seed), partial(_train, system, size, model, seed))


def _train(system: str, size: Size, model: str, seed: int) -> Learner:
    learner, task = untrained(system, size, model, seed)
    split = task.split(task.source.records())
    learner.fit(split.train, split.validation)
    return learner


def untrained(system: str, size: Size, model: str, seed: int) -> tuple[Learner, Task]:
    """The arm of a system that gives its adapted model, before training, and the task whose records it trains on."""
    found = catalogue.system(system)
    task = found.tasks["clinic"](size)[0]
    task = replace(task, tags={**task.tags, TAG: model})
    return found.learners(task, size)[MODELS[system]](seed), task


class AdaptedPair:
    """The adapted model of a system, asked by the prompt that suits it, or by the one that suits its base.

    Args:
        system: id of one in ``MODELS``.
        size: of its training.
        model: what it starts from.
        candidates: prompts.
        shared: choose the prompt for the base.
        seed: of training and examples.
    """

    def __init__(self, system: str, size: Size, model: str, candidates: Sequence[Candidate], *, shared: bool, seed: int) -> None:
        self._system, self._size, self._model, self._seed = system, size, model, seed
        self._adapted: Learner | None = None
        judge = partial(opened, model) if shared else None
        self._asked = PromptChosen(self._backend, candidates, judge=judge, seed=seed)

    def _backend(self) -> Backend:
        backend: Backend = self._adapted.backend()  # type: ignore[union-attr]  # every one in MODELS is an Adapted
        return backend

    @property
    def trained_parameters(self) -> int:
        """As the system says."""
        return 0 if self._adapted is None else self._adapted.trained_parameters

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Train the model on its system's records, then choose its prompt on these."""
        self._adapted = trained(self._system, self._size, self._model, self._seed)
        self._asked.fit(train, validation)

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Ask the adapted model by the chosen prompt."""
        return self._asked.predict(records)

    def save(self, folder: Path) -> None:
        """Write the adapted model and the prompt."""
        assert self._adapted is not None
        for name, learner in (("adapted", self._adapted), ("prompt", self._asked)):
            (folder / name).mkdir()
            learner.save(folder / name)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote."""
        self._adapted, _ = untrained(self._system, self._size, self._model, self._seed)
        self._adapted.load(folder / "adapted")
        self._asked.load(folder / "prompt")


def adapted_arm(
    task: Task, system: str, size: Size, candidates: Sequence[Candidate], *, shared: bool = False
) -> Callable[[int], Learner]:
    """Builds the adapted model's arm of a seed."""
    return lambda seed: AdaptedPair(system, size, model_of(task), candidates, shared=shared, seed=seed)


def base_arm(task: Task, candidates: Sequence[Candidate]) -> Callable[[int], Learner]:
    """Builds the base's arm of a seed."""
    return lambda seed: PromptChosen(partial(opened, model_of(task)), candidates, seed=seed)


@dataclass(frozen=True, slots=True)
class WinTieLoss:
    """How many comparisons came out how; a tie is where the interval holds zero, as the studies count."""

    wins: int
    ties: int
    losses: int


def win_tie_loss(comparisons: Iterable[Comparison]) -> dict[tuple[str, bool], WinTieLoss]:
    """The studies' table: by question (regime), and whether the base's prompt was shared.

    Each pair is judged by its own interval, as in the studies, where a finding corrects its verdicts for how many are compared.

    >>> win_tie_loss([])
    {}
    """
    counted: dict[tuple[str, bool], list[int]] = {}
    for one in comparisons:
        if one.primary:
            row = counted.setdefault((one.question, one.learner.endswith(SHARED)), [0, 0, 0])
            row[0 if one.difference.low > 0 else 2 if one.difference.high < 0 else 1] += 1
    return {key: WinTieLoss(*row) for key, row in counted.items()}
