"""Asking a language model what becomes of a patient, in the ways of ClinicalBench (Chen et al. 2024), and reading its answer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from vesalius.language.backend import Prompt, Sampling
from vesalius.language.prompts import Template, conversation, few_shot, packaged_templates
from vesalius.tasks import Outcome

FILE = "clinical_prediction.toml"

Way = Literal["direct", "role play", "chain of thought", "self-reflection"]
"""How a model is asked: for the number alone, as a doctor, after steps, or twice with a reflection between."""

WAYS: tuple[Way, ...] = get_args(Way)
ROOM: Mapping[Way, int] = {"direct": 8, "role play": 8, "chain of thought": 256, "self-reflection": 256}
"""Tokens that an answer may take."""

_STATED = re.compile(r"answer(?:\s+is|\s*:|\s+would\s+be)?[\s:*\"'({\[]*(\d+(?![\d.,]*\d)|yes\b|no\b)", re.IGNORECASE)
_ALONE = re.compile(r"[\W_]*(\d+)[\W_]*")
_LEADING = re.compile(r"[\W_]*(\d+)(?![\d.,]*\d)(?!\w)(?!\s*(?:%|percent|days?|weeks?|months?|hours?|years?))", re.IGNORECASE)
_WORD = re.compile(r"[\W_]*(yes|no)\b(?!\s+\w)", re.IGNORECASE)
_DECLINED = re.compile(r"\b(?:i'm sorry|i am sorry|i cannot|i can't|i am unable|i'm unable|as an ai)\b", re.IGNORECASE)


@cache
def prediction_templates() -> Mapping[str, Template]:
    """The prompts and questions, by name.

    >>> sorted(prediction_templates()["direct"].fields)
    ['classes', 'patient', 'question']
    """
    return packaged_templates("vesalius.language", FILE)


@dataclass(frozen=True, slots=True)
class Predicted:
    """What is asked of a patient.

    Attributes:
        question: name of its template.
        classes: of the answer, which are numbered from 0 if there are two, no and yes, and from 1 if there are more.

    >>> Predicted("mortality", ("no", "yes")).numbers
    ('0', '1')
    """

    question: str
    classes: tuple[str, ...]

    @property
    def numbers(self) -> tuple[str, ...]:
        """One a class."""
        first = 0 if len(self.classes) == 2 else 1
        return tuple(str(place) for place in range(first, first + len(self.classes)))

    @property
    def listed(self) -> str:
        """The classes behind their numbers, a line each."""
        return "\n".join(f"{number}: {name}" for number, name in zip(self.numbers, self.classes, strict=True))

    def number(self, name: str) -> str:
        """Of a class."""
        return self.numbers[self.classes.index(name)]


def prediction_prompt(
    patient: str, asked: Predicted, way: Way, shots: Sequence[tuple[str, str]] = (), *, chat: bool = False
) -> Prompt:
    """What is asked of one patient, behind solved examples.

    Args:
        patient: in words.
        asked: what.
        way: how.
        shots: patients in words, with the names of their classes.
        chat: as a conversation.

    >>> print(prediction_prompt("Age: 71", Predicted("mortality", ("no", "yes")), "direct"))
    Patient:
    Age: 71
    Question: Will this patient die during the stay in the hospital?
    0: no
    1: yes
    Write the number of your answer and nothing else.
    Answer:
    """
    found = prediction_templates()
    question = found[asked.question].text

    def filled(words: str) -> str:
        return found[way].fill(patient=words, question=question, classes=asked.listed).strip()

    solved = "The answer is {}." if way in ("chain of thought", "self-reflection") else "{}"
    examples = [(filled(words), solved.format(asked.number(name))) for words, name in shots]
    return conversation(examples, filled(patient)) if chat else few_shot(examples, filled(patient))


def default_sampling(way: Way, seed: int = 0) -> Sampling:
    """Greedy, up to where a model goes on with a patient of its own."""
    return Sampling(max_tokens=ROOM[way], stop=("\n\nPatient:", "\nPatient:"), seed=seed)


def parse_prediction(text: str, asked: Predicted) -> tuple[str | None, Outcome]:
    """The class that a text settles on.

    The first that applies decides: the last number, yes or no behind the word "answer"; a number that has the last line to
    itself; a number that the text begins with, unless a unit of time or a percent sign follows; yes or no that the text begins
    with, with nothing to qualify it. A number that no class has is never an answer, and numbers within prose (ages, days) are not
    looked at, which the authors' search for the last digit anywhere would take.

    Args:
        text: what was said.
        asked: what.

    Returns:
        The name of the class, and ``answered``; or None, and ``empty``, ``refused`` or ``unparsed``.

    >>> asked = Predicted("mortality", ("no", "yes"))
    >>> parse_prediction("1", asked), parse_prediction("Septic at 90. The answer is 0.", asked)[0]
    (('yes', 'answered'), 'no')
    >>> parse_prediction("The patient is 71 years old", asked), parse_prediction("7", asked)[1]
    ((None, 'unparsed'), 'unparsed')
    """
    if not re.search(r"[^\W_]", text):
        return None, "empty"
    said = _said(text.strip())
    if said in asked.numbers:
        return asked.classes[asked.numbers.index(said)], "answered"
    if said in asked.classes:
        return said, "answered"
    return None, "refused" if said is None and _DECLINED.search(text) else "unparsed"


def _said(text: str) -> str | None:
    """A number, yes or no."""
    if stated := _STATED.findall(text):
        return str(stated[-1]).lower()
    if alone := _ALONE.fullmatch(text.splitlines()[-1]):
        return alone[1]
    first = _LEADING.match(text) or _WORD.match(text)
    return first[1].lower() if first else None
