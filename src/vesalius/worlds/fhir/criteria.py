"""One criterion of a search: what a parameter asks, and whether a value is that (FHIR R4, 3.1.1.4 and 3.1.1.5)."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from vesalius.worlds.fhir.dates import Span, matches, span
from vesalius.worlds.fhir.kinds import Parameter
from vesalius.worlds.fhir.refusals import Refusal, shown
from vesalius.worlds.fhir.values import Quantity, Token, Value, Values

_PREFIXES = {
    "date": ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"),
    "quantity": ("eq", "ne", "gt", "lt", "ge", "le", "ap"),
}
_ABOUT = 0.1
"""Share of a quantity by which another one may differ that is about as large (FHIR R4, 3.1.1.4.5)."""

_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,2})?", re.ASCII)
_MODIFIERS = {
    "token": ("not", "missing"),
    "string": ("exact", "contains", "missing"),
    "reference": ("missing",),
    "date": ("missing",),
    "quantity": ("missing",),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One of the values that a criterion accepts.

    Attributes:
        text: code, target, or text; of a target without a type its id.
        system: of a token or quantity; None where any is accepted.
        prefix: of a date or quantity.
        span: of a date, or of the numbers that count as equal to a quantity.
        value: of a quantity.
    """

    text: str = ""
    system: str | None = None
    prefix: str = "eq"
    span: Span = (0.0, 0.0)
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Criterion:
    """A parameter of a query with its values, one of which has to be met.

    Attributes:
        parameter: what is searched.
        modifier: as in ``name:exact``; empty where there is none.
        accepted: the values.
        chain: for ``subject:Patient.name``, the type that is led to and the criterion on it.
    """

    parameter: Parameter
    modifier: str = ""
    accepted: tuple[Asked, ...] = ()
    chain: tuple[tuple[str, "Criterion"], ...] = ()

    def met(self, values: Values) -> bool:
        """Whether a resource of these values is asked for; of a chain, the resources led to are for the search to ask."""
        own = values.get(self.parameter.name, ())
        if self.modifier == "missing":
            return (not own) == (self.accepted[0].text == "true")
        inverted = self.modifier == "not"
        for value in own:
            for asked in self.accepted:
                if _is(self, asked, value):
                    return not inverted
        return inverted


def criterion(parameter: Parameter, modifier: str, text: str) -> Criterion:
    """Reads the values of a parameter.

    >>> from vesalius.worlds.fhir.kinds import kinds
    >>> one = criterion(kinds()["Observation"].parameters["code"], "", "http://loinc.org|4548-4,2345-7")
    >>> [(asked.system, asked.text) for asked in one.accepted]
    [('http://loinc.org', '4548-4'), (None, '2345-7')]

    Raises:
        Refusal: if the modifier or a value is not one that this parameter has.
    """
    if modifier in parameter.targets:
        return Criterion(parameter, "", tuple(Asked(f"{modifier}/{part}") for part in _alternatives(parameter, text)))
    if modifier and modifier not in _MODIFIERS[parameter.kind]:
        allowed = ", ".join((*_MODIFIERS[parameter.kind], *parameter.targets))
        raise Refusal(400, f"search parameter {parameter.name!r}: modifier {shown(modifier)} is not one of {allowed}.")
    if modifier == "missing":
        if text not in ("true", "false"):
            raise Refusal(400, f"search parameter '{parameter.name}:missing': neither true nor false; give one of them.")
        return Criterion(parameter, modifier, (Asked(text),))
    return Criterion(parameter, modifier, tuple(_asked(parameter, part) for part in _alternatives(parameter, text)))


def _alternatives(parameter: Parameter, text: str) -> list[str]:
    parts = _split(text, ",")
    if not all(part.strip() for part in parts):
        raise Refusal(400, f"search parameter {parameter.name!r}: empty value; give one or leave the parameter out.")
    return parts


def _split(text: str, separator: str) -> list[str]:
    """Parts between separators that no backslash stands before."""
    return re.split(rf"(?<!\\)\{separator}", text)


def _plain(text: str) -> str:
    return re.sub(r"\\([\\$,|])", r"\1", text)


def _asked(parameter: Parameter, text: str) -> Asked:
    if parameter.kind == "token":
        *system, code = _split(text, "|")
        return Asked(_plain(code), _plain("|".join(system)) if system else None)
    if parameter.kind == "reference":
        return Asked(_plain(text))
    if parameter.kind == "string":
        return Asked(_plain(text))
    return _date(parameter, text) if parameter.kind == "date" else _quantity(parameter, text)


def _prefixed(parameter: Parameter, text: str) -> tuple[str, str]:
    return (text[:2], text[2:]) if text[:2] in _PREFIXES[parameter.kind] else ("eq", text)


def _date(parameter: Parameter, text: str) -> Asked:
    prefix, rest = _prefixed(parameter, text)
    covered = span(rest.replace(" ", "+"))
    if covered is None:
        prefixes = ", ".join(_PREFIXES["date"])
        raise Refusal(
            400, f"search parameter {parameter.name!r}: no date; write it like ge2024-02-29 or with {prefixes} before it."
        )
    return Asked(prefix=prefix, span=covered)


def _quantity(parameter: Parameter, text: str) -> Asked:
    parts = [_plain(part) for part in _split(text, "|")]
    prefix, number = _prefixed(parameter, parts[0])
    if len(parts) not in (1, 3) or not _NUMBER.fullmatch(number):
        raise Refusal(400, f"search parameter {parameter.name!r}: no quantity; write it like gt5.4|http://unitsofmeasure.org|mg.")
    exact = Decimal(number)
    half = Decimal(5).scaleb(int(exact.as_tuple().exponent) - 1)
    low, high = float(exact - half), float(exact + half)
    system, code = parts[1:] if len(parts) == 3 else ("", "")
    return Asked(code, system or None, prefix, (low, high), float(exact))


def folded(text: str) -> str:
    """A text without case and accents, as strings are compared.

    >>> folded("Zoë MÜLLER")
    'zoe muller'
    """
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in parts if not unicodedata.combining(character))


def _is(criterion: Criterion, asked: Asked, value: Value) -> bool:
    if isinstance(value, Token):
        return asked.system in (None, value.system) and asked.text in ("", value.code)
    if isinstance(value, Quantity):
        return _quantity_is(asked, value)
    if isinstance(value, tuple):
        return matches(asked.prefix, asked.span, value)
    if criterion.parameter.kind == "reference":
        return value == asked.text or ("/" not in asked.text and value.partition("/")[2] == asked.text)
    if criterion.modifier == "exact":
        return value == asked.text
    text, part = folded(value), folded(asked.text)
    return part in text if criterion.modifier == "contains" else text.startswith(part)


def _quantity_is(asked: Asked, value: Quantity) -> bool:
    if asked.text and (asked.text != value.code if asked.system else asked.text not in (value.code, value.unit)):
        return False
    if asked.system not in (None, value.system):
        return False
    low, high = asked.span
    rules: dict[str, bool] = {
        "eq": low <= value.value < high,
        "ne": not low <= value.value < high,
        "gt": value.value > asked.value,
        "lt": value.value < asked.value,
        "ge": value.value >= asked.value,
        "le": value.value <= asked.value,
        "ap": abs(value.value - asked.value) <= _ABOUT * abs(asked.value),
    }
    return rules[asked.prefix]


def targets(criterion: Criterion, asked: Asked) -> Sequence[str]:
    """The codes or references under which the index has an accepted value; none where it can't say."""
    if criterion.modifier:
        return ()
    if criterion.parameter.kind == "token":
        return (asked.text,) if asked.text else ()
    if criterion.parameter.kind == "reference":
        return (asked.text,) if "/" in asked.text else [f"{kind}/{asked.text}" for kind in criterion.parameter.targets]
    return ()
