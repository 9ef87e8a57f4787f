"""Which words of a sentence are negated, in doubt, or no finding: the ConText algorithm (Harkema et al. 2009)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast

Kind = Literal["negated", "uncertain", "historical", "hypothetical", "pseudo", "terminate"]
Direction = Literal["forward", "backward", "both", "none"]

_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n\s*\n|\n(?=\s*(?:\d+[.)]|[-*•]))")
_VERB = re.compile(r"\b(?:is|are|was|were|seen|noted|shows?|demonstrates?|present)\b")
_JOINT = re.compile(_VERB.pattern + r"|,|\b(?:and|with)\b")
_ALTERNATIVE = re.compile(r"\bor\b|\bversus\b|\bvs\b")


@dataclass(frozen=True, slots=True)
class Scope:
    """A stretch of a sentence and what holds of it."""

    category: Kind
    start: int
    end: int


def sentences(report: str) -> list[str]:
    """Lower-cased sentences; a line break within one is a space.

    >>> sentences("No mass.  Heart 2.5 cm wider; effusion vs. scar.")
    ['no mass.', 'heart 2.5 cm wider;', 'effusion vs scar.']
    """
    lower = report.lower().replace("vs.", "vs")
    return [" ".join(each.split()) for each in _SENTENCE_END.split(lower) if each.strip()]


def table(name: str) -> list[dict[str, str]]:
    """The rows of a table of this package, by column."""
    lines = files("vesalius.metrics").joinpath(name).read_text(encoding="utf-8").splitlines()
    columns = lines[0].split("\t")
    return [dict(zip(columns, line.split("\t"), strict=True)) for line in lines[1:]]


def scopes(sentence: str) -> list[Scope]:
    """What the triggers of a lower-case sentence reach.

    A trigger reaches forward or backward to the next terminator or bracket, or the end of the sentence; backward also to the verb
    before, and versus to the last comma or "and"; doubt reaches to the next comma unless alternatives follow. Of triggers that
    overlap the first and longest counts.

    >>> scopes("no effusion but possible edema")
    [Scope(category='negated', start=2, end=12), Scope(category='uncertain', start=24, end=30)]
    """
    found = list(_triggers(sentence))
    ends = [(start, end) for start, end, category, _ in found if category == "terminate"]
    reached = []
    for start, end, category, direction in found:
        if category in ("pseudo", "terminate"):
            continue
        if direction in ("forward", "both"):
            stop = min((begin for begin, _ in ends if begin >= end), default=len(sentence))
            bracket = sentence.find("(", end, stop)
            stop = stop if bracket < 0 else bracket
            reached.append(Scope(category, end, _comma(sentence, end, stop) if category == "uncertain" else stop))
        if direction in ("backward", "both"):
            begin = max((stop for _, stop in ends if stop <= start), default=0)
            borders = _JOINT if direction == "both" else _VERB
            reached.append(
                Scope(category, max((m.end() for m in borders.finditer(sentence, begin, start)), default=begin), start)
            )
    return reached


def _comma(sentence: str, start: int, stop: int) -> int:
    comma = sentence.find(",", start, stop)
    return stop if comma < 0 or _ALTERNATIVE.search(sentence, comma, stop) else comma


def _triggers(sentence: str) -> Iterator[tuple[int, int, Kind, Direction]]:
    """Start, end, category and direction of each; the longest of those that start at one place, none within another."""
    matches = [
        (match.start(), -match.end(), number)
        for number, (_, _, pattern) in enumerate(_rules())
        for match in pattern.finditer(sentence)
    ]
    last = 0
    for start, negative_end, number in sorted(matches):
        if start >= last:
            last = -negative_end
            category, direction, _ = _rules()[number]
            yield start, last, category, direction


@cache
def _rules() -> list[tuple[Kind, Direction, re.Pattern[str]]]:
    rows = table("context_rules.tsv")
    return [(cast(Kind, row["category"]), cast(Direction, row["direction"]), bounded(row["pattern"])) for row in rows]


def bounded(pattern: str) -> re.Pattern[str]:
    """The pattern, not within a word; it may start with a comma."""
    return re.compile(rf"(?:(?<!\w)|(?=,))(?:{pattern})(?!\w)")
