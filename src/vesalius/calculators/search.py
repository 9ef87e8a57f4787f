"""Choosing a calculator by words."""

import re
from collections import Counter
from functools import cache
from math import log

from vesalius.calculators.form import Calculator
from vesalius.calculators.registry import CALCULATORS

_SATURATION, _LENGTH = 1.2, 0.75
"""k1 and b of BM25 (Robertson and Zaragoza 2009), as usual."""


def find(text: str, *, most: int = 5) -> tuple[Calculator, ...]:
    """The calculators that share words with a text, the likeliest first, by BM25 over names, purposes and inputs.

    Args:
        text: a question, or a few words.
        most: how many at most.

    >>> find("How likely is this man to have a stroke from his atrial fibrillation?")[0].id
    'cha2ds2-vasc'
    """
    counts, mean = _counts()
    scored = dict.fromkeys(counts, 0.0)
    for word in set(_words(text)):
        holders = [id for id, words in counts.items() if word in words]
        rarity = log(1 + (len(counts) - len(holders) + 0.5) / (len(holders) + 0.5))
        for id in holders:
            times = counts[id][word]
            length = 1 - _LENGTH + _LENGTH * counts[id].total() / mean
            scored[id] += rarity * times * (_SATURATION + 1) / (times + _SATURATION * length)
    ranked = sorted((id for id, value in scored.items() if value), key=lambda id: -scored[id])
    return tuple(CALCULATORS[id] for id in ranked[:most])


@cache
def _counts() -> tuple[dict[str, Counter[str]], float]:
    counts = {}
    for calculator in CALCULATORS.values():
        # a name says more of what a calculator is for than the inputs do, which many share
        words = _words(f"{calculator.name} {calculator.id} ") * 3 + _words(calculator.words) * 2
        counts[calculator.id] = Counter([*words, *_words(" ".join(each.label for each in calculator.inputs))])
    return counts, sum(each.total() for each in counts.values()) / len(counts)


def _words(text: str) -> list[str]:
    return [word.removesuffix("s") for word in re.findall(r"[a-z0-9]+", text.casefold())]
