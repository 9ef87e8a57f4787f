"""Small sources and learners whose truth is known."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vesalius.metrics import METRICS
from vesalius.records import Choices, Record, Text
from vesalius.tasks import Measure, Prediction, Split, Task, Tier
from vesalius.trials import Arms, Trial

OPTIONS = ("rest", "aspirin", "heparin", "surgery")


@dataclass(frozen=True)
class Questions:
    """Exam questions whose right letter is stated in the record; three a subject."""

    n: int = 60
    name: str = "toy-questions"
    tier: Tier = "simulator"
    description: str = "made-up questions"

    def records(self) -> Sequence[Record]:
        letters = np.random.default_rng(0).choice(list("ABCD"), self.n)
        return [
            Record(
                id=f"q{place}",
                subject_id=f"s{place // 3}",
                fields={
                    "question": Text(f"Question {place}: which treatment for case number {place * 7919}?"),
                    "options": Choices(OPTIONS),
                    "answer": Text(str(letter)),
                },
                licence="CC0-1.0",
            )
            for place, letter in enumerate(letters)
        ]


@dataclass
class Guesser:
    """Right with a known chance; learns nothing, but keeps the truth of its source as an oracle would."""

    seed: int
    chance: float
    silent: float = 0.0
    answers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.answers = {record.id: record.get("answer", Text).value for record in Questions(1000).records()}

    @property
    def trained_parameters(self) -> int:
        return 0

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Learn nothing."""

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        assert all("answer" not in record.fields for record in records)
        return [self._answer(record.id) for record in records]

    def _answer(self, id: str) -> Prediction:
        draw, silence = np.random.default_rng([self.seed, int(id[1:])]).random(2)
        if silence < self.silent:
            return Prediction(record_id=id, value=None, outcome="refused", raw="I cannot help.")
        right = self.answers[id]
        letter = right if draw < self.chance else "ABCD"["ABCD".index(right) - 1]
        return Prediction(record_id=id, value=letter, raw=f"The answer is {letter}.", tokens=5, calls=1)

    def save(self, folder: Path) -> None:
        (folder / "guesser.json").write_text(json.dumps([self.seed, self.chance]))

    def load(self, folder: Path) -> None:
        self.seed, self.chance = json.loads((folder / "guesser.json").read_text())


def everything_tested(records: Sequence[Record]) -> Split:
    return Split([], [], records)


def question_task(n: int = 60, name: str = "toy") -> Task:
    return Task(
        name=name,
        family="choices",
        source=Questions(n),
        inputs=("question", "options"),
        target="answer",
        split=everything_tested,
        measures=(Measure(METRICS["accuracy"], margin=0.05),),
    )


def question_trial(learner: float = 0.9, baseline: float = 0.5, seeds: tuple[int, ...] = (0, 1, 2), n: int = 60) -> Trial:
    arms = Arms({"good": lambda seed: Guesser(seed, learner)}, {"poor": lambda seed: Guesser(seed, baseline, silent=0.1)})
    settings = {"learner": str(learner), "baseline": str(baseline)}
    return Trial(name="toy", tasks=(question_task(n),), arms=lambda task: arms, seeds=seeds, settings=settings)
