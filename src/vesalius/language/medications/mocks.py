"""A model of known skill at medication strings, to prove what the pipeline around it measures; it knows no pharmacology."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from vesalius.language.backend import Prompt, Sampling
from vesalius.language.scripted import Scripted, text_of

_MEDICATION = re.compile(r"^Medication: (.*)$", re.MULTILINE)
IDENTITY = "mock of planted skill, which is given the answers"
PROSE = "That depends. Could you show me the whole chart of the patient first, please?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """What is planted.

    Attributes:
        known: share of the strings whose answer it knows, by the number of examples in its prompt; between two, the lower.
        slips: share of single samples in which it errs at a string that it knows.
        prose: share of single samples that are prose rather than an answer, by the number of examples.
        stubborn: share of the unknown strings at which it always gives the same wrong answer; at others each sample is a guess.
    """

    known: Mapping[int, float]
    slips: float
    prose: Mapping[int, float]
    stubborn: float


SKILL = Skill(known={0: 0.70, 5: 0.82, 10: 0.90}, slips=0.08, prose={0: 0.15, 5: 0.02}, stubborn=0.4)


def planted(right: Mapping[str, str], skill: Skill = SKILL) -> Scripted:
    r"""A model that looks its answers up in the truth, and errs at the planted rates.

    Which strings it knows follows from a hash of the string alone, so that more examples only add to them.

    Args:
        right: the answer to each string.
        skill: how often it gives it.

    >>> sure = Skill(known={0: 1.0}, slips=0.0, prose={0: 0.0}, stubborn=0.0)
    >>> planted({"ULTRAM 50": "yes"}, sure).generate(["Medication: ULTRAM 50\nAnswer:"], Sampling())[0].text
    'yes'
    """
    answers = sorted(set(right.values()))

    def answer(prompt: Prompt, sampling: Sampling, sample: int) -> str:
        asked = _MEDICATION.findall(text_of(prompt))
        string, shots = asked[-1], len(asked) - 1
        one = f"{string}\0{sampling.seed}\0{sample if sampling.temperature else 0}\0{shots}"
        if _chance(f"prose\0{one}") < _at(skill.prose, shots):
            return PROSE
        truth = right.get(string)
        if truth is None:
            return "unknown"
        if _chance(f"known\0{string}") < _at(skill.known, shots):
            return _other(answers, truth, f"slip\0{one}") if _chance(f"slips\0{one}") < skill.slips else truth
        if _chance(f"stubborn\0{string}") < skill.stubborn:
            return _other(answers, truth, f"wrong\0{string}")
        return answers[int(_chance(f"guess\0{one}") * len(answers))]

    return Scripted(answer, identity=IDENTITY)


def _at(rates: Mapping[int, float], shots: int) -> float:
    return rates[max(count for count in rates if count <= shots)]


def _other(answers: list[str], truth: str, key: str) -> str:
    others = [answer for answer in answers if answer != truth]
    return others[int(_chance(key) * len(others))] if others else truth


def _chance(key: str) -> float:
    """A number in [0, 1) that follows from the key."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:6], "big") / 2**48
