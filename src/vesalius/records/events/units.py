"""Enough of UCUM to see whether two units are the same: sizes and dimensions of common clinical units.

Schadow and McDonald, The Unified Code for Units of Measure, https://ucum.org. Known are the atoms below with metric prefixes,
products, quotients, whole powers, powers of ten and annotations in braces. Amounts (mol, eq, osm), arbitrary units and
temperatures each are a dimension of their own; ``mol`` is no plain number here, as it is in UCUM. Kelvin is not known, since
laboratories write thousands as K, as in ``K/uL``.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

UCUM = "http://unitsofmeasure.org"


class Size(NamedTuple):
    """How many of the base units, and the power of each of these."""

    factor: float
    powers: frozenset[tuple[str, int]]


_PREFIXES: Mapping[str, float] = {
    "": 1, "k": 1e3, "h": 1e2, "d": 1e-1, "c": 1e-2, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15, "M": 1e6,
}  # fmt: skip
_METRIC: Mapping[str, tuple[float, Mapping[str, int]]] = {
    "g": (1e-3, {"kg": 1}),
    "m": (1, {"m": 1}),
    "L": (1e-3, {"m": 3}),
    "l": (1e-3, {"m": 3}),
    "s": (1, {"s": 1}),
    "mol": (1, {"mol": 1}),
    "eq": (1, {"eq": 1}),
    "osm": (1, {"osm": 1}),
    "U": (1, {"U": 1}),
    "[IU]": (1, {"[IU]": 1}),
    "[iU]": (1, {"[IU]": 1}),
    "Pa": (1, {"kg": 1, "m": -1, "s": -2}),
    "m[Hg]": (133322.0, {"kg": 1, "m": -1, "s": -2}),
    "cal": (4.184, {"kg": 1, "m": 2, "s": -2}),
    "J": (1, {"kg": 1, "m": 2, "s": -2}),
    "W": (1, {"kg": 1, "m": 2, "s": -3}),
    "Hz": (1, {"s": -1}),
    "Cel": (1, {"Cel": 1}),
}
_PLAIN: Mapping[str, tuple[float, Mapping[str, int]]] = {
    "%": (1e-2, {}),
    "min": (60, {"s": 1}),
    "h": (3600, {"s": 1}),
    "d": (86400, {"s": 1}),
    "wk": (604800, {"s": 1}),
    "mo": (2629800, {"s": 1}),
    "a": (31557600, {"s": 1}),
    "[degF]": (1, {"degF": 1}),
    "[lb_av]": (0.45359237, {"kg": 1}),
    "[oz_av]": (0.028349523125, {"kg": 1}),
    "[in_i]": (0.0254, {"m": 1}),
    "[ft_i]": (0.3048, {"m": 1}),
    "[HPF]": (1, {"HPF": 1}),
    "[LPF]": (1, {"LPF": 1}),
    "[pH]": (1, {"pH": 1}),
}
_TERM = re.compile(r"([./]?)(10[*^]-?\d{1,2}|\[[^\]]+\]|[A-Za-z%]+(?:\[[^\]]+\])?|1(?![0-9])|(?=\{))(-?[1-9](?!\d))?(\{[^}]*\})?")


@lru_cache(1 << 16)
def size(unit: str) -> Size | None:
    """The size of a unit; None where it isn't understood.

    >>> size("mg/mL") == size("g/L"), size("mg/dL") == size("mmol/L"), size("tablet")
    (True, False, None)
    """
    factor, powers, place, over = 1.0, dict[str, int](), 0, 1
    while place < len(unit):
        term = _TERM.match(unit, place)
        if term is None or (not term[1] if place else term[1] == "."):
            return None
        atom = _atom(term[2]) if term[2] else (1.0, {})
        if atom is None or term.end() == place:
            return None
        # in UCUM a slash turns over the next term only
        over = (-1 if term[1] == "/" else 1) * int(term[3] or 1)
        factor *= atom[0] ** over
        for base, power in atom[1].items():
            powers[base] = powers.get(base, 0) + power * over
        place = term.end()
    return Size(float(f"{factor:.9g}"), frozenset((base, power) for base, power in powers.items() if power)) if unit else None


def _atom(name: str) -> tuple[float, Mapping[str, int]] | None:
    if name == "1":
        return 1.0, {}
    if name.startswith(("10*", "10^")):
        power = int(name[3:])
        return (10.0**power, {}) if abs(power) <= 30 else None
    if name in _PLAIN:
        return _PLAIN[name]
    for prefix, times in _PREFIXES.items():
        if name.startswith(prefix) and name[len(prefix) :] in _METRIC:
            factor, powers = _METRIC[name[len(prefix) :]]
            return factor * times, powers
    return None


def mismatch(shown: str, code: str) -> bool:
    """Whether a unit as shown is another than the declared code says; False where either isn't understood.

    Enzyme units and international units are the same to laboratories.

    >>> mismatch("mg/dL", "mmol/L"), mismatch("mg/dL", "mg/dL"), mismatch("beats per minute", "/min")
    (True, False, False)
    """
    first, second = size(shown.replace("µ", "u")), size(code)
    if shown == code or first is None or second is None:
        return False
    return _without_kind(first) != _without_kind(second)


def _without_kind(one: Size) -> Size:
    return Size(one.factor, frozenset(("U" if base == "[IU]" else base, power) for base, power in one.powers))
