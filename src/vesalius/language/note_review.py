"""Asking a language model for the one error of a note, and reading what it says (Ben Abacha et al. 2025)."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache

from vesalius.language.backend import Prompt
from vesalius.language.prompts import Template, conversation, few_shot, packaged_templates
from vesalius.metrics import NO_ERROR, Correction, read_correction
from vesalius.tasks import Outcome

FILE = "note_review.toml"
CORRECT = "CORRECT"

_RIGHT = re.compile(r"[\W_]*(?:the (?:note|text) is )?correct[\W_]*", re.IGNORECASE)
_WRONG = re.compile(r"(?:sentence )?(?P<number>\d+)[.:)|]?\s+(?P<sentence>\S.*)", re.IGNORECASE | re.DOTALL)
_RUN = re.compile(r"0\s+-1\s+NA|\d+\s+-?\d+\s+\".*\"")
"""The benchmark's own form; without quotation marks ``1 5 mg are given.`` is what sentence 1 should say."""

_QUOTED = re.compile(r"^\"(.*)\"$", re.DOTALL)
_DECLINED = re.compile(r"\b(?:i'm sorry|i am sorry|i cannot|i can't|i am unable|i'm unable|as an ai)\b", re.IGNORECASE)


@cache
def review_templates() -> Mapping[str, Template]:
    """The prompts, by name.

    >>> sorted(review_templates()["review"].fields)
    ['sentences']
    """
    return packaged_templates("vesalius.language", FILE)


def review_prompt(sentences: str, shots: Sequence[tuple[str, Correction]] = (), *, chat: bool = False) -> Prompt:
    """What is asked of a note: its numbered sentences, behind those of solved examples."""
    template = review_templates()["review"]
    examples = [(template.fill(sentences=own.strip()), told(said)) for own, said in shots]
    asked = template.fill(sentences=sentences.strip())
    return conversation(examples, asked) if chat else few_shot(examples, asked)


def told(said: Correction) -> str:
    """A review as the prompt asks for it.

    >>> told(NO_ERROR), told(Correction("1", "5", "Given heparin."))
    ('CORRECT', '5 Given heparin.')
    """
    return CORRECT if said.flag == "0" else f"{said.sentence} {said.correction}"


def parse_review(text: str, numbers: Collection[str]) -> tuple[Correction | None, Outcome]:
    """What a model's text says of a note.

    ``CORRECT`` alone, or the number of a sentence with its correction behind it; a line of the benchmark's own run format will do
    too. Only the first line that is not blank counts.

    Args:
        text: what was said.
        numbers: of the note's sentences.

    Returns:
        The review, and ``answered``; or None, and ``empty``, ``refused`` or ``unparsed``.

    >>> parse_review("5 Given heparin.", {"4", "5"})[0]
    Correction(flag='1', sentence='5', correction='Given heparin.')
    >>> parse_review("9 Given heparin.", {"4", "5"})[1], parse_review("All is well, I think.", {"4"})[1]
    ('unparsed', 'unparsed')
    """
    line = next((one.strip() for one in text.splitlines() if one.strip()), "")
    if not re.search(r"[^\W_]", line):
        return None, "empty"
    if _RIGHT.fullmatch(line):
        return NO_ERROR, "answered"
    if _RUN.fullmatch(line):
        run = read_correction(line)
        known = run is not None and (run == NO_ERROR or (run.flag == "1" and run.sentence in numbers))
        return (run, "answered") if known else (None, "unparsed")
    found = _WRONG.fullmatch(line)
    if found and found["number"] in numbers:
        return Correction("1", found["number"], _QUOTED.sub(r"\1", found["sentence"])), "answered"
    return None, "refused" if _DECLINED.search(line) else "unparsed"
