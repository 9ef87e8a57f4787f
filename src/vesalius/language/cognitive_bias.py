"""Questions that push towards a wrong option, with what is said against it, as BiasMedQA has them (Schmidgall et al. 2024).

The seven kinds of bias are the paper's; the words are the package's own.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from string import ascii_uppercase
from typing import Literal, get_args

from vesalius.errors import UserError
from vesalius.language.prompts import Template, packaged_templates
from vesalius.language.questions import Question, question_of
from vesalius.records import Record, Text

Bias = Literal["self-diagnosis", "recency", "confirmation", "frequency", "cultural", "status quo", "false consensus"]
BIASES: tuple[Bias, ...] = get_args(Bias)

FILE = "cognitive_biases.toml"
TAG = "bias"
KEY = "key"
UNBIASED = "unbiased"


@cache
def bias_templates() -> Mapping[str, Template]:
    """Suggestions, educations and demonstrations, by name.

    >>> bias_templates()["suggestion: frequency"].fill(option="gout")
    'In your experience it nearly always turns out to be gout.'
    """
    return packaged_templates("vesalius.language", FILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CognitiveBias:
    """Adds to each multiple-choice question a remark that suggests one of its wrong options.

    A record that is made has the question with the remark behind it as ``question``, the question as it was as ``unbiased``, and
    as ``key`` the right and the suggested letter (``B/D``); its tag ``bias`` says which kind it is. Which option is suggested
    follows from seed and id, so that all kinds suggest the same one for a question.

    Attributes:
        kinds: of bias.
        every: make a record of each kind from every question; otherwise one, whose kind its id decides.
        suggested: whether the remark is made at all; without it the questions stay as they were, for comparison.

    >>> from vesalius.records import Choices
    >>> fields = {"question": Text("Swollen toe?"), "options": Choices(("gout", "flu")), "answer": Text("A")}
    >>> made = CognitiveBias(kinds=("frequency",)).build([Record(id="1", subject_id="1", fields=fields)], 0)[0]
    >>> made.get("question", Text).value, made.get("key", Text).value
    ('Swollen toe? In your experience it nearly always turns out to be flu.', 'A/B')
    """

    kinds: tuple[Bias, ...] = BIASES
    every: bool = False
    suggested: bool = True

    def build(self, records: Sequence[Record], seed: int) -> list[Record]:
        """New records, in the order of the old ones.

        Raises:
            UserError: if a record has not exactly one right option.
        """
        return [self._made(record, kind, seed) for record in records for kind in self._kinds(record)]

    def _kinds(self, record: Record) -> Sequence[Bias]:
        return self.kinds if self.every else (self.kinds[_number(record.id) % len(self.kinds)],)

    def _made(self, record: Record, kind: Bias, seed: int) -> Record:
        question = question_of(record)
        if question.answer is None:
            raise UserError(f"record {record.id}, field 'answer': missing; give questions with their answers.")
        wrong = [place for place in range(len(question.options)) if place != question.answer]
        suggested = wrong[_number(f"{seed}\0{record.id}") % len(wrong)]
        remark = bias_templates()[f"suggestion: {kind}"].fill(option=question.options[suggested])
        asked = record.get("question", Text).value.strip()
        fields = {
            **record.fields,
            "question": Text(f"{asked} {remark}" if self.suggested else asked),
            UNBIASED: Text(asked),
            KEY: Text(f"{ascii_uppercase[question.answer]}/{ascii_uppercase[suggested]}"),
        }
        return replace(record, id=f"{record.id}-{kind.replace(' ', '-')}", fields=fields, tags={**record.tags, TAG: kind})


def _number(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big")


def unbiased(record: Record) -> Record:
    """The record with its question as it was before the remark."""
    return replace(record, fields={**record.fields, "question": record.get(UNBIASED, Text)})


def suggestion_in(question: str) -> str | None:
    """The option that a question suggests by one of the package's remarks, wherever it stands last; None where there is none.

    >>> suggestion_in("Swollen toe? Most of your colleagues believe that it is flu.")
    'flu'
    """
    found = [match for pattern in _remarks() for match in pattern.finditer(question)]
    return max(found, key=lambda match: match.start())["option"] if found else None


@cache
def _remarks() -> tuple[re.Pattern[str], ...]:
    texts = [bias_templates()[f"suggestion: {kind}"].text for kind in BIASES]
    return tuple(re.compile(re.escape(text).replace(r"\{option\}", r"(?P<option>[^\n]+)")) for text in texts)


def education(kind: Bias) -> str:
    """What is said of a bias before the question."""
    return bias_templates()[f"education: {kind}"].text.strip()


def demonstration(asked: str, answer: str, *, misled: bool) -> str:
    """An example of being misled by a remark, or of not being misled.

    Args:
        asked: a question with its remark and its options, as it is asked.
        answer: what was answered.
        misled: whether the answer is the suggested one.
    """
    name = "demonstration: misled" if misled else "demonstration: not misled"
    return bias_templates()[name].fill(asked=asked, answer=answer).strip()


def demonstrated(demonstrations: Sequence[str]) -> str:
    """Demonstrations as they stand before a question."""
    return bias_templates()["demonstrated"].fill(demonstrations="\n\n".join(demonstrations)).strip()


def suggested_place(question: Question, key: str) -> int:
    """Where the suggested option of a key stands among a question's options as shown."""
    return question.order.index(ascii_uppercase.index(key[-1]))
