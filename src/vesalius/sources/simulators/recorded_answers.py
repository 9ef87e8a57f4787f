"""Simulated recorded answers: methods whose accuracy, gain, unanswered share and cost are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from vesalius.names import Tier
from vesalius.records import Choices, Record, Text
from vesalius.sources.recorded import RecordedAnswer

LETTERS = "ABCD"
SPREAD = 0.3
"""Standard deviation of the logarithm of tokens and seconds."""

ANSWERED = ("{letter}", "The answer is {letter}.", '{{"answer_choice": "{letter}"}}', "**{letter}. {text}**")
UNANSWERED = ("I cannot help with that.", "It is {letter} or {other}.", "", "None of the above")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """What is true of a simulated method.

    Attributes:
        accuracy: chance of a right answer to a question drawn at random, unanswered ones counted as wrong.
        unanswered: chance that no answer can be read.
        tokens, seconds: expected cost of a question.
        calls: calls of a model, the same for every question.
    """

    accuracy: float
    unanswered: float = 0.02
    tokens: float = 400.0
    seconds: float = 4.0
    calls: int = 1

    def __post_init__(self) -> None:
        if not (
            0 < self.accuracy < 1 and 0 <= self.unanswered <= 1 - self.accuracy and min(self.tokens, self.seconds, self.calls) > 0
        ):
            raise ValueError("accuracy lies between 0 and 1, unanswered within what is not right, and costs are positive.")


METHODS: Mapping[str, Planted] = {
    "zero_shot": Planted(accuracy=0.50),
    "gains": Planted(accuracy=0.65, tokens=2000, seconds=20, calls=5),
    "no_gain": Planted(accuracy=0.50, tokens=800, seconds=8, calls=2),
    "loses": Planted(accuracy=0.35, unanswered=0.20, tokens=6000, seconds=60, calls=9),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedAnswers:
    """Questions that mean nothing, answered by methods of planted accuracy.

    A method is right where ``shared * ease + sqrt(1 - shared ** 2) * noise`` exceeds a threshold (a Gaussian copula), so that
    all find the same questions hard and each keeps its accuracy.

    Attributes:
        questions: how many.
        methods: what is planted, by name.
        shared: correlation of a method's luck with a question's ease.
        seed: of everything drawn.
    """

    questions: int = 400
    methods: tuple[tuple[str, Planted], ...] = tuple(METHODS.items())
    shared: float = 0.8
    seed: int = 0

    @property
    def name(self) -> str:
        """Short name, as ``--data`` takes it."""
        return "simulated-answers"

    @property
    def tier(self) -> Tier:
        """A simulator."""
        return "simulator"

    @property
    def description(self) -> str:
        """One sentence: what the records are."""
        return f"{self.questions} simulated questions with recorded answers of methods whose accuracy and cost are planted."

    def records(self) -> Sequence[Record]:
        """One record a question: ``question``, ``options`` and ``answer``, the right letter."""
        return [
            Record(
                id=f"q{index}",
                subject_id=f"q{index}",
                fields={
                    "question": Text(f"Which finding goes with condition {index}?"),
                    "options": Choices(tuple(f"finding {index}-{letter.lower()}" for letter in LETTERS)),
                    "answer": Text(LETTERS[right]),
                },
                licence="CC0-1.0",
                tags={"dataset": "simulated", "split": "test"},
            )
            for index, right in enumerate(self._truths())
        ]

    def answers(self) -> Mapping[str, Mapping[str, RecordedAnswer]]:
        """The recorded answers by method and record id.

        >>> sorted(SimulatedAnswers(questions=2).answers())
        ['gains', 'loses', 'no_gain', 'zero_shot']
        """
        ease_I = np.random.default_rng((self.seed, 1)).standard_normal(self.questions)
        return {
            name: self._answers(planted, ease_I, np.random.default_rng((self.seed, 2, place)))
            for place, (name, planted) in enumerate(self.methods)
        }

    def _truths(self) -> NDArray[np.int64]:
        return np.random.default_rng((self.seed, 0)).integers(len(LETTERS), size=self.questions)

    def _answers(self, planted: Planted, ease_I: NDArray[np.float64], rng: np.random.Generator) -> dict[str, RecordedAnswer]:
        luck_I = self.shared * ease_I + np.sqrt(1 - self.shared**2) * rng.standard_normal(self.questions)
        right_I = luck_I > norm.isf(planted.accuracy)
        silent_I = ~right_I & (rng.random(self.questions) < planted.unanswered / (1 - planted.accuracy))
        error_I = rng.integers(1, len(LETTERS), size=self.questions)
        template_I = rng.integers(len(ANSWERED), size=self.questions)
        # exp(N(-s²/2, s²)) has mean 1.
        cost_IC = np.exp(SPREAD * rng.standard_normal((self.questions, 2)) - SPREAD**2 / 2)
        answers = {}
        for index, truth in enumerate(self._truths()):
            said = truth if right_I[index] else (truth + error_I[index]) % len(LETTERS)
            template = (UNANSWERED if silent_I[index] else ANSWERED)[template_I[index]]
            answers[f"q{index}"] = RecordedAnswer(
                text=template.format(
                    letter=LETTERS[said],
                    other=LETTERS[(said + 1) % len(LETTERS)],
                    text=f"finding {index}-{LETTERS[said].lower()}",
                ),
                tokens=max(1, round(planted.tokens * cost_IC[index, 0])),
                calls=planted.calls,
                seconds=float(planted.seconds * cost_IC[index, 1]),
            )
        return answers
