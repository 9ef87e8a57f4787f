"""An object of a FHIR resource, whose fields are checked as they are read."""

import math
from collections.abc import Mapping
from typing import Any

from vesalius.errors import UserError
from vesalius.records.events.codes import TEXT, impossible, is_code, joined
from vesalius.records.events.moments import parse_moment
from vesalius.records.events.units import UCUM, mismatch

REMEDY = "correct it as FHIR R4 has it, or leave the resource out"


_REMEMBERED = 1 << 16
_CONCEPTS: dict[tuple[str | None, ...], tuple[str | None, str | None]] = {}
"""Concepts repeat, so that what was once read and found in order is not read again."""


class Element:
    """Fields, with the file, line and resource that they stand in.

    >>> Element("labs.ndjson, line 3", {"birthDate": "2001-02-30"}).moment("birthDate")
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: labs.ndjson, line 3, field 'birthDate': is a day or time that there is not; correct it as ...
    """

    __slots__ = ("path", "place", "values")

    def __init__(self, place: str, values: Mapping[str, Any], path: str = "") -> None:
        self.place = place
        self.values = values
        self.path = path

    def wrong(self, field: str, what: str) -> UserError:
        """The error that says what is wrong with a field."""
        return UserError(f"{self.place}, field '{self.path}{field}': {what}; {REMEDY}.")

    def has(self, field: str) -> bool:
        """Whether the field is there."""
        return self.values.get(field) is not None

    def text(self, field: str) -> str | None:
        """A text that is not blank; None where the field is not there."""
        value = self.values.get(field)
        if value is None:
            return None
        if value.__class__ is str and value.isascii() and not value.isspace() and value:
            return value
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(field, "is no text" if not isinstance(value, str) else "is blank")
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise self.wrong(field, "has half a character")
        return value

    def object(self, field: str) -> "Element | None":
        """An object; None where the field is not there."""
        value = self.values.get(field)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong(field, "is no object")
        return Element(self.place, value, f"{self.path}{field}.")

    def objects(self, field: str) -> "list[Element]":
        """The objects of a list; none where the field is not there."""
        value = self.values.get(field)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.wrong(field, "is no list of objects")
        return [Element(self.place, one, f"{self.path}{field}[{number}].") for number, one in enumerate(value)]

    def number(self, field: str) -> float | None:
        """A finite number; None where the field is not there."""
        value = self.values.get(field)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(field, "is no number")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self.wrong(field, "is too large a number")
        return number

    def boolean(self, field: str) -> bool | None:
        """True or false; None where the field is not there."""
        value = self.values.get(field)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(field, "is neither true nor false")
        return value

    def moment(self, field: str) -> int | None:
        """A date or time as microseconds since 1970, UTC; None where the field is not there."""
        text = self.text(field)
        if text is None:
            return None
        try:
            return parse_moment(text)
        except ValueError as error:
            raise self.wrong(field, str(error)) from None

    def period(self, field: str) -> tuple[int | None, int | None]:
        """Beginning and end of a Period."""
        period = self.object(field)
        if period is None:
            return None, None
        start, end = period.moment("start"), period.moment("end")
        if start is not None and end is not None and end < start:
            raise period.wrong("end", "is before the start")
        return start, end

    def concept(self, field: str) -> tuple[str | None, str | None]:
        """Code and words of a CodeableConcept: of several codings the first of a system, else the first with a code."""
        concept = self.object(field)
        return (None, None) if concept is None else concept.concept_itself()

    def concept_itself(self) -> tuple[str | None, str | None]:
        """Code and words, where this object is the CodeableConcept."""
        key = self._key()
        found = _CONCEPTS.get(key) if key is not None else None
        if found is None:
            found = self._concept_read()
            if key is not None and len(_CONCEPTS) < _REMEMBERED:
                _CONCEPTS[key] = found
        return found

    def _key(self) -> tuple[str | None, ...] | None:
        """All that a concept of one coding is read from; None where it is of another form."""
        codings = self.values.get("coding")
        if codings.__class__ is not list or len(codings) != 1 or codings[0].__class__ is not dict:
            return None
        get = codings[0].get
        key = (self.values.get("text"), get("system"), get("code"), get("display"))
        return key if all(part is None or part.__class__ is str for part in key) else None

    def _concept_read(self) -> tuple[str | None, str | None]:
        text = self.text("text")
        codings = [coding for coding in self.objects("coding") if coding.has("code")]
        if not codings:
            return (None if text is None else f"{TEXT}//{text}"), None
        chosen = next((coding for coding in codings if coding.has("system")), codings[0])
        code, display = chosen.coding()
        return code, text or display

    def coding(self) -> tuple[str, str | None]:
        """Code and words, where this object is a Coding that has a code."""
        code = self.text("code") or ""
        if not is_code(code):
            raise self.wrong("code", "has blanks that a code can't have")
        whole = joined(self.text("system"), code)
        why = impossible(whole)
        if why is not None:
            raise self.wrong("code", f"{whole[:60]!a} {why}")
        return whole, self.text("display")

    def quantity(self, field: str) -> tuple[float | None, str | None, str | None]:
        """Number, unit and comparator of a Quantity."""
        quantity = self.object(field)
        if quantity is None:
            return None, None, None
        number, shown, code = quantity.number("value"), quantity.text("unit"), quantity.text("code")
        comparator = quantity.text("comparator")
        if comparator not in (None, "<", "<=", ">=", ">"):
            raise quantity.wrong("comparator", "is not one of <, <=, >=, >")
        if quantity.text("system") != UCUM or code is None:
            return number, shown or code, comparator
        if shown is not None and mismatch(shown, code):
            raise quantity.wrong("unit", f"{shown[:40]!a} is another unit than the declared UCUM code {code[:40]!a}")
        return number, code, comparator
