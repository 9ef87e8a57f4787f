"""Paths through a tree of thoughts."""

from dataclasses import dataclass, replace
from statistics import fmean

from vesalius.language.backend import Begun, Usage
from vesalius.language.questions import Question
from vesalius.language.steering.strategy import CLOSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One line of reasoning, from the question down.

    Attributes:
        steps: sentences.
        scores: of each, 0 to 1.
        letter: of the option as shown, where the last step names one.
        done: whether it goes no further.
        between: white space between steps.
    """

    steps: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    letter: str | None = None
    done: bool = False
    between: str = " "

    @property
    def text(self) -> str:
        """All steps."""
        return self.between.join(self.steps)

    @property
    def begun(self) -> str:
        r"""All steps as they stand behind the prompt when the next is to be written, which begins with its own space.

        >>> Path(steps=("a.", "b.")).begun, Path(steps=("a", "b"), between="\n").begun
        (' a. b.', ' a\nb\n')
        """
        return f" {self.text}{self.between.lstrip(' ')}" if self.steps else ""

    def behind(self, step: str) -> str:
        """A step as it stands behind these."""
        return f"{self.between if self.steps else ' '}{step}"

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
    def before(self) -> Begun:
        """Prompt and steps, up to this one."""
        return shown(self.prompt, self.path)

    @property
    def after(self) -> Path:
        """The path with the step, where there is one."""
        return replace(self.path, steps=(*self.path.steps, self.step)) if self.step else self.path


def shown(prompt: str, path: Path) -> Begun:
    """Prompt and steps."""
    return Begun(prompt, f" {path.text}" if path.steps else "")


def closing(prompt: str, path: Path) -> Begun:
    """Prompt, steps and the words that close them, behind which the letter stands."""
    return Begun(prompt, f"{shown('', path)}{path.behind(CLOSING)}")


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
