"""Questions of which one or several options are right: how they are asked, and which options a text chooses."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from string import ascii_uppercase
from typing import Literal, get_args

from vesalius.errors import UserError
from vesalius.language._options_named import tidy
from vesalius.language.answers import parse_choice
from vesalius.language.backend import Backend, Prompt, Reply, Scored
from vesalius.language.choices import Answered, Shots, default_sampling
from vesalius.language.prompts import Template, conversation, packaged_templates
from vesalius.language.questions import Question, permuted
from vesalius.language.thoughts import is_thinking, without_thoughts
from vesalius.tasks import Outcome

SeveralProtocol = Literal["each option", "generation", "chain of thought"]
"""How the right options are had.

- ``each option``: of each it is asked whether it is right; those where "yes" is likelier than "no", or the one nearest to it.
- ``generation``: the model names them, which is parsed.
- ``chain of thought``: the same, after written steps.
"""

SEVERAL_PROTOCOLS: tuple[SeveralProtocol, ...] = get_args(SeveralProtocol)

_CUE = re.compile(r"\b(?:answers?|options?|choices?)(?: (?:is|are)\b:?|:)", re.IGNORECASE)
_LETTERS = re.compile(
    r"[\s:(\"'\[{]*(?P<letters>[A-Z](?![a-z'])(?:[\s,;/&+.()\[\]\"']*(?:and\s)?[(\"']?[A-Z](?![a-z']))*)"
    r"[.)\]\"'}]*(?=\s*(?:\Z|[.,;:!\n]|because\b|since\b|as\b))"
)
_LABEL = re.compile(r"\(?([A-Z])[.):](?= )")


@dataclass(frozen=True, slots=True)
class SeveralAnswer:
    """What a text chooses.

    Attributes:
        letters: of the options, in alphabetical order; empty unless the outcome is ``answered``.
        outcome: as a prediction has it.
    """

    letters: str
    outcome: Outcome


def parse_choices(text: str | None, options: Sequence[str]) -> SeveralAnswer:
    """The options that a text settles on.

    They stand alone or behind "The answers are": letters, or options behind their letters, a line each. "A or C" is no list.
    What is none is read as ``parse_choice`` does, for one option.

    Raises:
        ValueError: if there are not 2 to 26 options.

    >>> parse_choices("The answers are A, C and D.", ("w", "x", "y", "z"))
    SeveralAnswer(letters='ACD', outcome='answered')
    >>> parse_choices("BD", ("w", "x", "y", "z")).letters, parse_choices("A or C", ("w", "x", "y", "z")).outcome
    ('BD', 'unparsed')
    """
    if text and is_thinking(text):
        return SeveralAnswer("", "unparsed")
    text = without_thoughts(text or "")
    plain = tidy(text)
    cues = list(_CUE.finditer(plain))
    said = plain[cues[-1].end() :] if cues else plain
    letters = _listed(said, whole=not cues)
    if not letters:
        one = parse_choice(text, options)
        if one.outcome == "unparsed" and cues:
            one = parse_choice(f"The answer is {said}", options)
        return SeveralAnswer(one.letter or "", one.outcome)
    known = ascii_uppercase[: len(options)]
    # a sentence may go on with "I"
    outside = letters - {*known, "I"}
    return SeveralAnswer("", "unparsed") if outside else SeveralAnswer("".join(sorted(letters & {*known})), "answered")


def _listed(said: str, *, whole: bool) -> set[str]:
    """The letters of a list with which a text begins, or that it is; empty where there is none of two."""
    labels = [_LABEL.match(line) for line in said.splitlines() if line.strip()]
    if len(labels) > 1 and all(labels):
        return {label[1] for label in labels if label}
    match = _LETTERS.fullmatch(said.strip()) if whole else _LETTERS.match(said)
    found = set(re.findall(r"[A-Z]", match["letters"])) if match else set()
    return found if len(found) > 1 else set()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskSeveral:
    """Ask for all right options by a protocol; a strategy of steering.

    Attributes:
        protocol: how.
        shuffle: show the options in an order that the seed decides rather than in the record's.
        chat: ask as a conversation.
    """

    protocol: SeveralProtocol = "generation"
    shuffle: bool = False
    chat: bool = False

    @property
    def prompts(self) -> tuple[str, ...]:
        """The label of the protocol's prompt."""
        return (several_templates()[self.protocol].label,)

    def __call__(self, backend: Backend, questions: Sequence[Question], shots: Sequence[Shots], seed: int) -> list[Answered]:
        """Ask all questions; examples are not shown.

        Returns:
            One a question, its ``letter`` the right ones of the record in alphabetical order with commas between them.

        Raises:
            UserError: if there are examples.
        """
        if any(shots):
            raise UserError("shots: questions with several right options are asked without examples here; leave them out.")
        shown = [permuted(question, seed) for question in questions] if self.shuffle else list(questions)
        if self.protocol == "each option":
            return _of_each(backend, shown, chat=self.chat)
        prompts = [_prompt(several_templates()[self.protocol], question, chat=self.chat) for question in shown]
        replies = backend.generate(prompts, default_sampling(self.protocol))
        return [_told(question, reply) for question, reply in zip(shown, replies, strict=True)]


@cache
def several_templates() -> Mapping[str, Template]:
    """The prompts of this module, by protocol.

    >>> sorted(several_templates())
    ['chain of thought', 'each option', 'generation']
    """
    return packaged_templates("vesalius.language", "several.toml")


def _prompt(template: Template, question: Question, *, chat: bool, **values: str) -> Prompt:
    asked = template.fill(question=question.text, options=question.lettered, **values)
    return conversation((), asked) if chat else asked


def _told(question: Question, reply: Reply) -> Answered:
    said, spent = reply.completions[0], reply.usage
    parsed = SeveralAnswer("", "failed") if said.finish == "failed" else parse_choices(said.text, question.options)
    places = [question.letters.index(letter) for letter in parsed.letters]
    return Answered(
        letter=_original(question, places), outcome=parsed.outcome, raw=said.text, tokens=spent.tokens, calls=spent.calls
    )


def _original(question: Question, places: Sequence[int]) -> str | None:
    return ",".join(sorted(question.original(place) for place in places)) or None


def _of_each(backend: Backend, questions: Sequence[Question], *, chat: bool) -> list[Answered]:
    template = several_templates()["each option"]
    prompts = [
        _prompt(template, question, chat=chat, letter=letter, option=option)
        for question in questions
        for letter, option in zip(question.letters, question.options, strict=True)
    ]
    begin = "" if chat else " "
    scored = iter(backend.score(prompts, [[f"{begin}yes", f"{begin}no"]] * len(prompts)))
    return [_liked(question, [next(scored) for _ in question.options]) for question in questions]


def _liked(question: Question, scored: Sequence[Scored]) -> Answered:
    margins = [yes.log_probability - no.log_probability for yes, no in (one.likelihoods for one in scored)]
    right = [place for place, margin in enumerate(margins) if margin > 0] or [margins.index(max(margins))]
    failed = any(math.isnan(margin) for margin in margins)
    return Answered(
        letter=None if failed else _original(question, right),
        outcome="failed" if failed else "answered",
        raw=" ".join(f"{letter} {margin:.4f}" for letter, margin in zip(question.letters, margins, strict=True)),
        tokens=sum(one.usage.tokens for one in scored),
        calls=sum(one.usage.calls for one in scored),
    )
