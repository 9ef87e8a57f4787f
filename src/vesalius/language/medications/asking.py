"""Prompts for a medication string, and what is read in the answers (Matos et al. 2024)."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache

from vesalius.language.backend import Prompt
from vesalius.language.prompts import Template, conversation, few_shot, packaged_templates
from vesalius.sources.medication_labels import Target, label_of
from vesalius.sources.packaged.drugs import ROUTES
from vesalius.tasks import Outcome

MEANINGS: Mapping[Target, str] = {
    "antibiotic": "an antibiotic, in any form",
    "anticoagulant": "an anticoagulant, that is a drug that keeps blood from clotting; drugs against platelets do not count",
    "electrolyte": "a supplement of electrolytes",
    "iv fluid": "an intravenous fluid",
    "opioid": "an opioid analgesic",
    "ulcer prophylaxis": "a drug for the prophylaxis of stress ulcers, that is one that suppresses gastric acid",
}
"""What a class stands for in its prompt."""

MOST_WORDS = 6
"""Of a generic name; more is prose."""

_DECLINED = re.compile(
    r"\b(?:i'm sorry|i am sorry|i cannot|i can't|i am unable|i'm unable|as an ai|unsure|not sure|unknown|cannot tell)\b", re.I
)
_LEAD = re.compile(r"^(?:(?:the )?(?:generic name|route|answer)(?: is)?\s*:?\s+|\W+)", re.IGNORECASE)


@cache
def medication_templates() -> Mapping[str, Template]:
    """The prompts, by name.

    >>> sorted(medication_templates())
    ['class', 'generic name', 'route']
    """
    return packaged_templates("vesalius.language.medications", "prompts.toml")


def template_of(target: Target) -> Template:
    """The prompt for a question; the six classes share one."""
    return medication_templates()["class" if target in MEANINGS else target]


def medication_prompt(target: Target, medication: str, shots: Sequence[tuple[str, str]] = (), *, chat: bool = False) -> Prompt:
    r"""What is asked of a string, behind solved examples.

    Args:
        target: what is asked.
        medication: the string.
        shots: strings and their answers.
        chat: ask as a conversation.

    >>> print(*medication_prompt("opioid", "ULTRAM 50", [("msir 15 po", "yes")]).splitlines()[-3:], sep="\n")
    Medication: ULTRAM 50
    Is it an opioid analgesic? Answer yes or no.
    Answer:
    """
    examples = [(_asked(target, text), answer) for text, answer in shots]
    asked = _asked(target, medication)
    return conversation(examples, asked) if chat else few_shot(examples, asked)


def _asked(target: Target, medication: str) -> str:
    if target in MEANINGS:
        return template_of(target).fill(medication=medication, meaning=MEANINGS[target])
    if target == "route":
        return template_of(target).fill(medication=medication, routes=", ".join(ROUTES))
    return template_of(target).fill(medication=medication)


def parse_label(target: Target, text: str) -> tuple[str | None, Outcome]:
    """The label that a model's text gives.

    The text is the answer itself on its first line, or a JSON object with one value, or with one under ``answer`` or the name of
    what is asked. Anything else, such as prose or a word outside the vocabulary, is no answer.

    Args:
        target: what was asked.
        text: what was said.

    Returns:
        The label in its one spelling, and ``answered``; or None, and ``empty``, ``refused`` or ``unparsed``.

    >>> parse_label("route", "PO."), parse_label("route", '{"route": "by mouth"}'), parse_label("route", "by pigeon")
    (('oral', 'answered'), ('oral', 'answered'), (None, 'unparsed'))
    >>> parse_label("generic name", "Answer: Amoxicillin/Clavulanate"), parse_label("generic name", "I am not sure.")
    (('amoxicillin / clavulanate', 'answered'), (None, 'refused'))
    """
    said = text.strip().removeprefix("```json").strip("`\n ")
    value = _json_value(target, said) if said.startswith("{") else next(iter(said.splitlines()), "")
    if value is None:
        return None, "unparsed"
    if not re.search(r"[^\W_]", value):
        return None, "empty"
    if _DECLINED.search(value):
        return None, "refused"
    answer = _LEAD.sub("", value).strip(" .\"'*")
    label = None if _is_prose(target, answer) else label_of(target, answer)
    return label, "unparsed" if label is None else "answered"


def _json_value(target: Target, text: str) -> str | None:
    try:
        found, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    values = {str(name).casefold().replace("_", " "): value for name, value in found.items()}
    only = next(iter(values.values())) if len(values) == 1 else None
    value = values.get(target, values.get("answer", only))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str | int) else None


def _is_prose(target: Target, text: str) -> bool:
    """A name has few words, and no stop within."""
    return target == "generic name" and (
        len(text.replace("/", " ").split()) > MOST_WORDS or re.search(r"[.:?!] ", text) is not None
    )
