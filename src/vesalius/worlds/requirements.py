"""What a field of a resource, or an answer, has to be.

A requirement sees all values at a path, and all of them have to be what it asks: a record that names ten doses is not right
because one of them is.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from vesalius.worlds.fhir.dates import span
from vesalius.worlds.fhir.values import at


class Requirement(Protocol):
    """What the values at a path have to be."""

    def met(self, values: Sequence[Any]) -> bool:
        """Whether they are; of an answer, the values are the answer, or the items of a list."""
        ...


@dataclass(frozen=True, slots=True)
class Equals:
    """This JSON value; numbers by value, texts to the letter."""

    value: Any

    def met(self, values: Sequence[Any]) -> bool:
        """Whether all are."""
        return bool(values) and all(_same(value, self.value) for value in values)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of some texts, without regard to case and to how white space stands in them."""

    texts: tuple[str, ...]

    def met(self, values: Sequence[Any]) -> bool:
        """Whether all are.

        >>> OneOf(("intravenous", "IV")).met(["iv "]), OneOf(("IV",)).met([])
        (True, False)
        """
        known = {_folded(text) for text in self.texts}
        return bool(values) and all(isinstance(value, str) and _folded(value) in known for value in values)


@dataclass(frozen=True, slots=True)
class Near:
    """A number within a tolerance; a text that is a number and nothing else counts as one."""

    value: float
    tolerance: float = 0.0

    def met(self, values: Sequence[Any]) -> bool:
        """Whether all are.

        >>> Near(6.5, 0.05).met([6.54]), Near(6.5, 0.05).met(["6.5"]), Near(1).met([True]), Near(6.5).met(["6.5 or 7"])
        (True, True, False, False)
        """
        numbers = [_number(value) for value in values]
        # a tolerance of 0.05 around 6.5 has 6.55 in it, whatever its last bit
        slack = self.tolerance + 1e-9 * max(1.0, abs(self.value))
        return bool(numbers) and all(abs(number - self.value) <= slack for number in numbers)


@dataclass(frozen=True, slots=True)
class Between:
    """A date within two others, such as the minutes in which an agent acted; times without a zone are UTC."""

    first: str
    last: str

    def met(self, values: Sequence[Any]) -> bool:
        """Whether all are.

        >>> Between("2024-03-01T09:00:00Z", "2024-03-01T10:00:00Z").met(["2024-03-01T10:30:00+01:00"])
        True
        """
        spans = [span(value) if isinstance(value, str) else None for value in values]
        first, last = span(self.first), span(self.last)
        assert first is not None and last is not None
        return bool(spans) and all(one is not None and first[0] <= one[0] and one[1] <= last[1] for one in spans)


@dataclass(frozen=True, slots=True)
class Coded:
    """A concept with this code; its other codings may be of other systems, but not of this one."""

    system: str
    code: str

    def met(self, values: Sequence[Any]) -> bool:
        """Whether all are.

        >>> Coded("http://loinc.org", "4548-4").met([{"coding": [{"system": "http://loinc.org", "code": "4548-4"}]}])
        True
        """
        return bool(values) and all(self._is(value) for value in values)

    def _is(self, value: Any) -> bool:
        codings = value.get("coding", [value]) if isinstance(value, dict) else []
        own = [one.get("code") for one in codings if isinstance(one, dict) and one.get("system") == self.system]
        return bool(own) and all(code == self.code for code in own)


@dataclass(frozen=True, slots=True)
class Item:
    """Exactly one item of a list is selected by some fields, and has others; items that are not selected don't count."""

    select: Mapping[str, Requirement]
    fields: Mapping[str, Requirement] = field(default_factory=dict)

    def met(self, values: Sequence[Any]) -> bool:
        """Whether there is one."""
        chosen = [value for value in values if all_met(self.select, value)]
        return len(chosen) == 1 and all_met(self.fields, chosen[0])


@dataclass(frozen=True, slots=True)
class All:
    """Several requirements on the same values."""

    parts: tuple[Requirement, ...]

    def met(self, values: Sequence[Any]) -> bool:
        """Whether all are met."""
        return all(part.met(values) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Count:
    """So many values; what they have to be is for other requirements to say."""

    number: int

    def met(self, values: Sequence[Any]) -> bool:
        """Whether there are."""
        return len(values) == self.number


@dataclass(frozen=True, slots=True)
class Items:
    """An answer of several items, each of which meets one requirement; in any order where not ``ordered``."""

    parts: tuple[Requirement, ...]
    ordered: bool = False

    def met(self, values: Sequence[Any]) -> bool:
        """Whether each item has its requirement.

        >>> Items((Near(1), Near(2))).met([2, 1]), Items((Near(1), Near(2)), ordered=True).met([2, 1])
        (True, False)
        """
        if len(values) != len(self.parts):
            return False
        if self.ordered:
            return all(part.met([value]) for part, value in zip(self.parts, values))
        return matching([[part.met([value]) for value in values] for part in self.parts]) is not None


ABSENT = Count(0)
"""Nothing stands there."""


@dataclass(frozen=True, slots=True)
class IfThere:
    """Nothing, or what meets another requirement, such as a default that may be said or left out."""

    requirement: Requirement

    def met(self, values: Sequence[Any]) -> bool:
        """Whether nothing stands there, or what does is right.

        >>> IfThere(Equals("g")).met([]), IfThere(Equals("g")).met(["g"]), IfThere(Equals("g")).met(["kg"])
        (True, True, False)
        """
        return not values or self.requirement.met(values)


def all_met(fields: Mapping[str, Requirement], resource: Any) -> bool:
    """Whether a resource has all fields as they are required; a path goes through lists item by item."""
    return all(requirement.met(at(resource, path)) for path, requirement in fields.items())


_OF_A_CODING = ("system", "code", "display", "version", "userSelected")
_OF_A_CONCEPT = ("text", *_OF_A_CODING, *(f"coding.{name}" for name in _OF_A_CODING))


def judged(fields: Mapping[str, Requirement]) -> Iterator[str]:
    """The paths at which, or within which, nothing stands unseen where requirements are met.

    >>> sorted(judged({"note": Item({"time": Equals("2024")}, {"text": OneOf(("sitting",))}), "component": Count(2)}))
    ['note.text', 'note.time']
    """
    for path, one in fields.items():
        if isinstance(one, All):
            for part in one.parts:
                yield from judged({path: part})
        elif isinstance(one, IfThere):
            yield from judged({path: one.requirement})
        elif isinstance(one, Item):
            yield from (f"{path}.{inner}" for inner in judged({**one.select, **one.fields}))
        elif isinstance(one, Coded):
            yield from (f"{path}.{inner}" for inner in _OF_A_CONCEPT)
        elif not isinstance(one, Count) or one.number == 0:
            yield path


def matching(fits: Sequence[Sequence[bool]]) -> list[int] | None:
    """A column of its own for each row, among those that fit it (Kuhn's augmenting paths); None where there is none.

    >>> matching([[True, True], [True, False]])
    [1, 0]
    """
    owner: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for column, fit in enumerate(fits[row]):
            if fit and column not in seen:
                seen.add(column)
                if column not in owner or place(owner[column], seen):
                    owner[column] = row
                    return True
        return False

    if not all(place(row, set()) for row in range(len(fits))):
        return None
    return [column for _, column in sorted((row, column) for column, row in owner.items())]


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan


def _same(value: Any, other: Any) -> bool:
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)
