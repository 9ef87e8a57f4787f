"""Verification of choice: reasons are written for every option, and that whose reasons stand up to a check is the answer."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vesalius.language.backend import Backend, Reply, Sampling, Usage
from vesalius.language.choices import Answered, Shots, default_sampling
from vesalius.language.questions import Question, permuted
from vesalius.language.steering.strategy import steering_templates, steps_of
from vesalius.tasks import Outcome

Verdict = Literal["scored", "written"]
"""How a check comes out: log-odds of the words yes and no, or the word that the model writes."""

_YES, _NO = " yes", " no"
_WRITTEN = Sampling(max_tokens=16, stop=("\n",))


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationOfChoice:
    """Argue for each option, then check each argument (Li et al. 2023: AntGLM-Med).

    First the model is told to assume one option after the other and to write the reasons for it. Then it is shown each option
    with its reasons and asked whether it is right. The answer is the option whose check comes out best; of equal ones, the first
    in an order that seed and question decide, so that no place is favoured. Nothing is answered where no check said yes or no, or
    where reasons could not be had.

    Attributes:
        verdict: how a check comes out; ``scored`` needs a backend that tells log-probabilities.
        sampling: of the reasons; greedy where not given.
    """

    verdict: Verdict = "scored"
    sampling: Sampling | None = None

    @property
    def prompts(self) -> tuple[str, ...]:
        """Labels of the two prompts."""
        return steering_templates()["assume"].label, steering_templates()["verify"].label

    def __call__(self, backend: Backend, questions: Sequence[Question], shots: Sequence[Shots], seed: int) -> list[Answered]:
        """Ask all questions; no examples are shown."""
        pairs = [(question, place) for question in questions for place in range(len(question.options))]
        sampling = replace(self.sampling or default_sampling("chain of thought"), seed=seed)
        argued = backend.generate([_filled("assume", *pair) for pair in pairs], sampling)
        checks = self._checked(backend, [_to_verify(*pair, reply) for pair, reply in zip(pairs, argued, strict=True)])
        rows, complete = zip(argued, checks, strict=True), self.verdict == "scored"
        return [_best(question, [next(rows) for _ in question.options], seed, complete=complete) for question in questions]

    def _checked(self, backend: Backend, prompts: Sequence[str]) -> Iterator[tuple[float, Usage]]:
        """How well each check came out, the higher the better; NaN where there is none."""
        if self.verdict == "scored":
            for scored in backend.score(prompts, [(_YES, _NO)] * len(prompts)):
                yes, no = scored.likelihoods
                yield yes.log_probability - no.log_probability, scored.usage
            return
        for reply in backend.generate(prompts, _WRITTEN):
            yield _said(reply), reply.usage


def _said(reply: Reply) -> float:
    """1 for a yes, 0 for a no; NaN for anything else."""
    first = reply.completions[0]
    word = re.match(r"\W*(yes|no)\b", first.text, re.IGNORECASE)
    return math.nan if word is None or first.finish == "failed" else float(word[1].lower() == "yes")


def _filled(name: str, question: Question, place: int, **more: str) -> str:
    letter, option = question.letters[place], question.options[place]
    return steering_templates()[name].fill(
        question=question.text, options=question.lettered, letter=letter, option=option, **more
    )


def _to_verify(question: Question, place: int, reply: Reply) -> str:
    return _filled("verify", question, place, reasons=steps_of(reply.text) or "none")


def _best(question: Question, rows: Sequence[tuple[Reply, tuple[float, Usage]]], seed: int, *, complete: bool) -> Answered:
    """The option whose check came out best; ``complete`` wants a result of every check."""
    spent = sum((reply.usage + usage for reply, (_, usage) in rows), Usage())
    holds = [held for _, (held, _) in rows]
    raw = "\n\n".join(f"[{held:.4f}] {reply.text.strip()}" for reply, (held, _) in rows)
    unordered = replace(question, order=tuple(range(len(rows))))
    known = [place for place in permuted(unordered, seed).order if not math.isnan(holds[place])]
    failed = any(reply.completions[0].finish == "failed" for reply, _ in rows) or (complete and len(known) < len(rows))
    outcome: Outcome = "failed" if failed else "answered" if known else "unparsed"
    letter = question.original(max(known, key=lambda place: holds[place])) if outcome == "answered" else None
    return Answered(letter=letter, outcome=outcome, raw=raw, tokens=spent.tokens, calls=spent.calls)
