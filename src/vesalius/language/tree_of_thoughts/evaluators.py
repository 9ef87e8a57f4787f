"""What judges each step: one layer for its reasoning, one for its medical correctness."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from vesalius.language.backend import Backend, Scored, Usage
from vesalius.language.evidence.uncertainty import softmax
from vesalius.language.prompts import Template, packaged_templates
from vesalius.language.tree_of_thoughts.paths import Candidate, Judged, closing


class Evaluator(Protocol):
    """Judges steps."""

    @property
    def prompts(self) -> tuple[str, ...]:
        """Labels of the prompts that are used."""
        ...

    def __call__(self, backend: Backend, candidates: Sequence[Candidate], seed: int) -> list[Judged]:
        """One a candidate, in their order."""
        ...


@cache
def tree_templates() -> Mapping[str, Template]:
    """The prompts of the evaluators, by name.

    >>> sorted(tree_templates())
    ['correctness', 'reasoning']
    """
    return packaged_templates("vesalius.language.tree_of_thoughts", "prompts.toml")


@dataclass(frozen=True, slots=True)
class LikelihoodEvaluator:
    """The model's own likelihoods, for models that cannot be asked for a judgement.

    - Reasoning: the geometric mean of the probabilities of the step's tokens behind the steps before it. A step that contradicts
      what the model knows, or what it has said, is unlikely.
    - Correctness: how sure the model is of an option behind the step, as the probability of the likeliest letter after the words
      that close an answer; of a step that names an option, the probability of that letter behind the steps before it.
    """

    @property
    def prompts(self) -> tuple[str, ...]:
        """None of its own."""
        return ()

    def __call__(self, backend: Backend, candidates: Sequence[Candidate], seed: int) -> list[Judged]:
        """Score the letters once a candidate, and its step where the backend did not say how likely it was."""
        closed = [closing(one.prompt, one.path if one.letter else one.after) for one in candidates]
        letters = [[f" {letter}" for letter in one.question.letters] for one in candidates]
        scored = backend.score(closed, letters)
        unsaid = [one for one in candidates if one.log_probability is None]
        steps = [[one.path.behind(one.step) if one.step else ""] for one in unsaid]
        rescored = iter(backend.score([one.before for one in unsaid], steps))
        return [
            _by_likelihood(one, said, next(rescored) if one.log_probability is None else None)
            for one, said in zip(candidates, scored, strict=True)
        ]


def _by_likelihood(candidate: Candidate, letters: Scored, step: Scored | None) -> Judged:
    sure = softmax([one.log_probability for one in letters.likelihoods])
    correctness = sure[candidate.question.letters.index(candidate.letter)] if candidate.letter else max(sure)
    if step is None:
        return Judged(_mean(candidate.log_probability or 0.0, candidate.tokens), correctness, letters.usage)
    said = step.likelihoods[0]
    return Judged(_mean(said.log_probability, said.tokens), correctness, letters.usage + step.usage)


def _mean(log_probability: float, tokens: int) -> float:
    """Geometric mean of the tokens' probabilities; 0 where it is not known."""
    return 0.0 if math.isnan(log_probability) else math.exp(log_probability / max(tokens, 1))


@dataclass(frozen=True, slots=True)
class AskedEvaluator:
    """The model is asked of each step whether it follows, and whether it is medically correct; the score is P(yes)."""

    @property
    def prompts(self) -> tuple[str, ...]:
        """Those of both layers."""
        return tuple(tree_templates()[name].label for name in ("reasoning", "correctness"))

    def __call__(self, backend: Backend, candidates: Sequence[Candidate], seed: int) -> list[Judged]:
        """Ask twice a candidate."""
        asked = [prompt for one in candidates for prompt in self._prompts(one)]
        said = iter(backend.score(asked, [(" yes", " no")] * len(asked)))
        return [_agreed(next(said), next(said)) for _ in candidates]

    def _prompts(self, one: Candidate) -> tuple[str, str]:
        shown = {"question": one.question.text, "options": one.question.lettered, "step": one.step or "none"}
        reasoning, correctness = tree_templates()["reasoning"], tree_templates()["correctness"]
        return reasoning.fill(**shown, steps=one.path.text or "none"), correctness.fill(**shown)


def _agreed(reasoning: Scored, correctness: Scored) -> Judged:
    yes = [softmax([one.log_probability for one in said.likelihoods])[0] for said in (reasoning, correctness)]
    return Judged(yes[0], yes[1], reasoning.usage + correctness.usage)


@dataclass(frozen=True, slots=True)
class ChanceEvaluator:
    """Scores drawn by chance from path and seed: what a tree is worth without a judge."""

    @property
    def prompts(self) -> tuple[str, ...]:
        """None."""
        return ()

    def __call__(self, backend: Backend, candidates: Sequence[Candidate], seed: int) -> list[Judged]:
        """The model is not asked."""
        return [Judged(_drawn(one, seed, 0), _drawn(one, seed, 1), Usage()) for one in candidates]


def _drawn(one: Candidate, seed: int, layer: int) -> float:
    digest = hashlib.sha256(f"{seed}\0{layer}\0{one.before}\0{one.step}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
