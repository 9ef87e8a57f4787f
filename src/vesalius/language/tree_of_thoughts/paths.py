"""Paths through a tree of thoughts."""

from dataclasses import dataclass
from statistics import fmean

from vesalius.language.backend import Usage
from vesalius.language.questions import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One line of reasoning, from the question down.

    Attributes:
        steps: sentences.
        scores: of each, 0 to 1.
        letter: of the option as shown, where the last step names one.
        done: whether it goes no further.
    """

    steps: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    letter: str | None = None
    done: bool = False

    @property
    def text(self) -> str:
        """All steps."""
        return " ".join(self.steps)

    @property
    def value(self) -> float:
        """Mean score of its steps; 0 before the first.

        >>> Path(steps=("a.", "b."), scores=(0.5, 1.0)).value
        0.75
        """
        return fmean(self.scores) if self.scores else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A step that a path could take.

    Attributes:
        question: as shown.
        prompt: behind which steps are written.
        path: so far.
        step: what would be added; empty where the model says nothing more.
        letter: that it names, where it closes the path.
        log_probability, tokens: of the step, as the model wrote it; the former is None where the backend does not say.
    """

    question: Question
    prompt: str
    path: Path
    step: str
    letter: str | None
    log_probability: float | None
    tokens: int

    @property
    def before(self) -> str:
        """Prompt and steps, up to this one."""
        return f"{self.prompt} {self.path.text}" if self.path.steps else self.prompt


@dataclass(frozen=True, slots=True)
class Judged:
    """What the two layers make of a candidate, 0 to 1 each, and what judging cost."""

    reasoning: float
    correctness: float
    usage: Usage

    @property
    def score(self) -> float:
        """The mean of both."""
        return (self.reasoning + self.correctness) / 2
