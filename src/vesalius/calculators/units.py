"""Units of clinical measurements by their UCUM codes, and conversion between them.

Within a dimension conversion is linear, and affine for temperature. Between mass, amount, charge and biological activity of a
substance in a volume it needs the substance: its molar mass, its valence, and for insulin its activity. Codes are those of the
Unified Code for Units of Measure (Schadow and McDonald, ucum.org), and the spellings of laboratory reports are taken too.
"""

import unicodedata
from dataclasses import dataclass
from typing import Literal, get_args

from vesalius.errors import UserError

Dimension = Literal[
    "number",
    "length",
    "area",
    "mass",
    "volume",
    "time",
    "temperature",
    "pressure",
    "frequency",
    "mass per area",
    "mass concentration",
    "molar concentration",
    "charge concentration",
    "activity concentration",
    "enzyme concentration",
    "cell concentration",
    "osmolality",
    "volume per time",
    "mass per time",
    "clearance per area",
    "dose rate by weight",
]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as factor and offset from the base of its dimension: base = value * factor + offset.

    Attributes:
        code: in UCUM.
        dimension: what it measures.
        factor: how many of the base one of it is.
        offset: the base at zero of it; zero but for temperature.
    """

    code: str
    dimension: Dimension
    factor: float
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Substance:
    """What has to be known of a substance to convert its concentration.

    Attributes:
        molar_mass: grams a mole.
        valence: charges a particle; 0 where it is not counted in equivalents.
        moles_per_iu: of a substance that is measured in international units, else 0.
    """

    molar_mass: float
    valence: int = 0
    moles_per_iu: float = 0.0


SUBSTANCES: dict[str, Substance] = {
    # haemoglobin is counted by haem groups, as laboratories do; urea nitrogen by molecules of urea, of two nitrogen atoms each
    "albumin": Substance(66_500),
    "bicarbonate": Substance(61.017, 1),
    "bilirubin": Substance(584.66),
    "calcium": Substance(40.078, 2),
    "chloride": Substance(35.45, 1),
    "cholesterol": Substance(386.65),
    "creatinine": Substance(113.12),
    "glucose": Substance(180.156),
    "hemoglobin": Substance(16_114),
    "insulin": Substance(5_808, moles_per_iu=6e-9),
    "lactate": Substance(90.08),
    "magnesium": Substance(24.305, 2),
    "phosphorus": Substance(30.974),
    "potassium": Substance(39.098, 1),
    "sodium": Substance(22.990, 1),
    "triglycerides": Substance(885.4),
    "urate": Substance(168.11),
    "urea nitrogen": Substance(28.014),
}

_DAY = 86400.0

# code, factor, offset, other spellings
_TABLE: dict[Dimension, tuple[tuple[str, float, float, str], ...]] = {
    "number": (("1", 1, 0, ""), ("%", 0.01, 0, "percent")),
    "length": (
        ("m", 1, 0, "meter meters metre metres"),
        ("cm", 0.01, 0, "centimeter centimeters centimetre centimetres"),
        ("mm", 0.001, 0, ""),
        ("[in_i]", 0.0254, 0, "in inch inches"),
        ("[ft_i]", 0.3048, 0, "ft foot feet"),
    ),
    "area": (("m2", 1, 0, "m^2"), ("cm2", 1e-4, 0, "cm^2")),
    "mass": (
        ("kg", 1000, 0, "kgs kilogram kilograms"),
        ("g", 1, 0, "gram grams"),
        ("mg", 1e-3, 0, ""),
        ("ug", 1e-6, 0, "mcg"),
        ("[lb_av]", 453.59237, 0, "lb lbs pound pounds"),
        ("[oz_av]", 28.349523125, 0, "oz ounce ounces"),
    ),
    "volume": (("L", 1, 0, "liter liters litre litres"), ("dL", 0.1, 0, ""), ("mL", 1e-3, 0, "cc")),
    "time": (
        ("ms", 1e-3, 0, "msec millisecond milliseconds"),
        ("s", 1, 0, "sec second seconds"),
        ("min", 60, 0, "minute minutes"),
        ("h", 3600, 0, "hr hrs hour hours"),
        ("d", _DAY, 0, "day days"),
        ("wk", 7 * _DAY, 0, "week weeks"),
        ("mo", 30.4375 * _DAY, 0, "month months"),
        ("a", 365.25 * _DAY, 0, "year years yr yrs"),
    ),
    "temperature": (
        ("Cel", 1, 273.15, "C °C degC degreescelsius celsius"),
        ("[degF]", 5 / 9, 273.15 - 160 / 9, "F °F degF degreesfahrenheit fahrenheit"),
        ("K", 1, 0, "kelvin"),
    ),
    "pressure": (
        ("mm[Hg]", 1, 0, "mmHg torr"),
        ("kPa", 760 / 101.325, 0, ""),
        ("cm[H2O]", 0.73555912, 0, "cmH2O"),
    ),
    "frequency": (
        ("/min", 1, 0, "bpm 1/min beatsperminute breathsperminute beats/min breaths/min"),
        ("Hz", 60, 0, "/s 1/s"),
    ),
    "mass per area": (("kg/m2", 1, 0, "kg/m^2"), ("g/cm2", 10, 0, "g/cm^2")),
    "mass concentration": (
        ("g/L", 1, 0, ""),
        ("g/dL", 10, 0, "g% gm/dl"),
        ("mg/dL", 0.01, 0, "mg%"),
        ("mg/L", 1e-3, 0, "ug/ml mcg/ml"),
        ("ug/dL", 1e-5, 0, "mcg/dl"),
        ("ug/L", 1e-6, 0, "ng/ml mcg/l"),
    ),
    "molar concentration": (
        ("mol/L", 1, 0, ""),
        ("mmol/L", 1e-3, 0, ""),
        ("umol/L", 1e-6, 0, "micromol/l"),
        ("nmol/L", 1e-9, 0, ""),
        ("pmol/L", 1e-12, 0, ""),
    ),
    "charge concentration": (("eq/L", 1, 0, ""), ("meq/L", 1e-3, 0, "")),
    "activity concentration": (("[IU]/L", 1, 0, ""), ("m[IU]/L", 1e-3, 0, "miu/l mu/l u[IU]/mL uiu/ml uu/ml")),
    "enzyme concentration": (("U/L", 1, 0, "iu/l units/l"), ("ukat/L", 60, 0, "")),
    "cell concentration": (
        ("10*9/L", 1e9, 0, "10^9/l x10^9/l 10*3/ul 10^3/ul x10^3/ul k/ul 10^3/mm3 thou/ul"),
        ("10*6/L", 1e6, 0, "/ul /mm3 /mm^3 cells/ul cells/mm3 count/ul 10^6/l"),
        ("/L", 1, 0, "count/l"),
    ),
    "osmolality": (("mosm/kg", 1, 0, "mosmol/kg"),),
    "volume per time": (
        ("mL/min", 1, 0, ""),
        ("mL/h", 1 / 60, 0, "ml/hr"),
        ("mL/d", 1 / 1440, 0, "ml/day ml/24h"),
        ("L/d", 1000 / 1440, 0, "l/day l/24h"),
    ),
    "mass per time": (
        ("mg/d", 1, 0, "mg/day"),
        ("ug/d", 1e-3, 0, "ug/day mcg/day mcg/d"),
        ("g/d", 1e3, 0, "g/day"),
        ("ug/h", 0.024, 0, "ug/hr mcg/h mcg/hr"),
    ),
    "clearance per area": (("mL/min/{1.73_m2}", 1, 0, "ml/min/1.73m2 ml/min/1.73m^2"),),
    "dose rate by weight": (("ug/kg/min", 1, 0, "mcg/kg/min"), ("mg/kg/h", 1000 / 60, 0, "mg/kg/hr")),
}

UNITS: dict[str, Unit] = {
    code: Unit(code, dimension, factor, offset) for dimension, rows in _TABLE.items() for code, factor, offset, _ in rows
}


def _plain(spelling: str) -> str:
    return unicodedata.normalize("NFKC", spelling).replace("μ", "u").replace(" ", "").casefold()


_SPELLINGS: dict[str, Unit] = {
    _plain(each): UNITS[code] for rows in _TABLE.values() for code, _, _, others in rows for each in (code, *others.split())
}


def unit(spelling: str) -> Unit:
    """The unit that a text names, in UCUM or as laboratory reports write it; case and spaces don't matter.

    >>> unit("μmol / l").code, unit("lbs").code, unit("MG/DL").code
    ('umol/L', '[lb_av]', 'mg/dL')

    Raises:
        UserError: if there is none of that name.
    """
    found = _SPELLINGS.get(_plain(spelling))
    if found is None:
        raise UserError(f"unit {spelling[:20]!a}: not known; name it in UCUM, such as mg/dL, umol/L, kg or mm[Hg].")
    return found


def convert(value: float, source: str, target: str, *, substance: str | None = None) -> float:
    """A value in another unit.

    Args:
        value: in the source unit.
        source: its unit, in any spelling.
        target: the other unit.
        substance: of ``SUBSTANCES``, where mass, amount, charge and activity are turned into one another.

    >>> convert(98.6, "°F", "Cel")
    37.0
    >>> round(convert(1, "mg/dL", "umol/L", substance="creatinine"), 1)
    88.4

    Raises:
        UserError: if a unit or the substance is not known, or the units measure different things.
    """
    one, two = unit(source), unit(target)
    if one == two:
        return float(value)
    if one.dimension == two.dimension:
        base = value * one.factor + one.offset
    elif substance is not None:
        base = value * one.factor * _grams(one, two, substance) / _grams(two, one, substance)
    else:
        raise _mismatch(one, two)
    # twelve digits: 100.4 °F are 38 °C, not a little more, which would be a fever
    return float(f"{(base - two.offset) / two.factor:.12g}")


def taken(target: str, *, substance: str | None = None) -> tuple[str, ...]:
    """Codes of all units that can be converted to one, itself first.

    >>> taken("mm[Hg]")
    ('mm[Hg]', 'kPa', 'cm[H2O]')
    >>> taken("mmol/L", substance="sodium")[-2:]
    ('eq/L', 'meq/L')
    """
    wanted = unit(target)
    alike = {wanted.dimension}
    if substance is not None and _gram_factor(wanted.dimension, SUBSTANCES[substance]):
        alike.update(dimension for dimension in DIMENSIONS if _gram_factor(dimension, SUBSTANCES[substance]))
    others = (each.code for each in UNITS.values() if each.dimension in alike and each != wanted)
    return (wanted.code, *others)


def _gram_factor(dimension: Dimension, substance: Substance) -> float:
    """Grams a litre that one of the base of a dimension is; 0 where that is not defined."""
    if dimension == "mass concentration":
        return 1.0
    if dimension == "molar concentration":
        return substance.molar_mass
    if dimension == "charge concentration" and substance.valence:
        return substance.molar_mass / substance.valence
    if dimension == "activity concentration":
        return substance.molar_mass * substance.moles_per_iu
    return 0.0


def _grams(one: Unit, two: Unit, substance: str) -> float:
    if substance not in SUBSTANCES:
        raise UserError(f"substance {substance[:20]!a}: not known; name one of {', '.join(SUBSTANCES)}.")
    factor = _gram_factor(one.dimension, SUBSTANCES[substance])
    if not factor:
        raise _mismatch(one, two)
    return factor


def _mismatch(one: Unit, two: Unit) -> UserError:
    return UserError(
        f"unit {one.code!r}: of {one.dimension}, so that it cannot be turned into {two.code!r}; give a unit of {two.dimension}."
    )
