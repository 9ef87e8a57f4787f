import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesalius.calculators import SUBSTANCES, UNITS, convert, taken, unit
from vesalius.calculators.units import _TABLE, _plain
from vesalius.errors import UserError

# conventional unit, SI unit, factor, to the digits given: table of the AMA Manual of Style, 11th edition, section 17.5;
# haemoglobin by haem groups, and insulin by the international standard of 6 nmol an IU (Knopp et al. 2019)
CONVENTIONAL = [
    ("creatinine", "mg/dL", "umol/L", 88.4),
    ("glucose", "mg/dL", "mmol/L", 0.0555),
    ("bilirubin", "mg/dL", "umol/L", 17.104),
    ("calcium", "mg/dL", "mmol/L", 0.25),
    ("urea nitrogen", "mg/dL", "mmol/L", 0.357),
    ("cholesterol", "mg/dL", "mmol/L", 0.0259),
    ("triglycerides", "mg/dL", "mmol/L", 0.0113),
    ("magnesium", "meq/L", "mmol/L", 0.5),
    ("magnesium", "mg/dL", "mmol/L", 0.411),
    ("phosphorus", "mg/dL", "mmol/L", 0.323),
    ("urate", "mg/dL", "umol/L", 59.48),
    ("lactate", "mg/dL", "mmol/L", 0.111),
    ("sodium", "meq/L", "mmol/L", 1),
    ("potassium", "meq/L", "mmol/L", 1),
    ("chloride", "meq/L", "mmol/L", 1),
    ("bicarbonate", "meq/L", "mmol/L", 1),
    ("hemoglobin", "g/dL", "mmol/L", 0.6206),
    ("albumin", "g/dL", "g/L", 10),
    ("insulin", "uIU/mL", "pmol/L", 6),
]


@pytest.mark.parametrize(("substance", "source", "target", "factor"), CONVENTIONAL)
def test_substances_convert_as_the_published_table_has_it(substance, source, target, factor):
    assert convert(1, source, target, substance=substance) == pytest.approx(factor, rel=6e-3)


def test_every_substance_is_checked():
    assert {substance for substance, *_ in CONVENTIONAL} == set(SUBSTANCES)


@pytest.mark.parametrize(
    ("value", "source", "target", "result"),
    [
        (1, "lb", "kg", 0.45359237),
        (6, "ft", "in", 72),
        (1, "in", "cm", 2.54),
        (212, "F", "C", 100),
        (-40, "F", "C", -40),
        (310.15, "K", "F", 98.6),
        (100, "kPa", "mmHg", 750.0617),
        (10, "cmH2O", "mmHg", 7.3556),
        (2, "Hz", "/min", 120),
        (1, "a", "d", 365.25),
        (2, "wk", "d", 14),
        (50, "%", "1", 0.5),
        (250_000, "/uL", "10*9/L", 250),
        (1, "ukat/L", "U/L", 60),
        (25, "mcg/h", "ug/d", 600),
        (2.4, "L/d", "mL/h", 100),
        (1, "mg/kg/h", "ug/kg/min", 16.6667),
    ],
)
def test_units_convert_by_their_definitions(value, source, target, result):
    assert convert(value, source, target) == pytest.approx(result, rel=1e-5)


def _pairs():
    for code in UNITS:
        yield from ((code, other, None) for other in taken(code))
        yield from ((code, other, name) for name in SUBSTANCES for other in taken(code, substance=name))


PAIRS = sorted(set(_pairs()), key=str)


@settings(max_examples=150)
@given(pair=st.sampled_from(PAIRS), value=st.floats(0.01, 1e4))
def test_there_and_back_is_the_identity(pair, value):
    source, target, substance = pair
    there = convert(value, source, target, substance=substance)
    # a temperature may lose digits to the offset
    assert math.isclose(convert(there, target, source, substance=substance), value, rel_tol=1e-10, abs_tol=1e-8)


@settings(max_examples=150)
@given(pair=st.sampled_from(PAIRS), value=st.floats(0.01, 1e4), data=st.data())
def test_conversion_by_a_third_unit_is_the_same(pair, value, data):
    source, target, substance = pair
    third = data.draw(st.sampled_from(taken(source, substance=substance)))
    direct = convert(value, source, target, substance=substance)
    by_way = convert(convert(value, source, third, substance=substance), third, target, substance=substance)
    assert math.isclose(direct, by_way, rel_tol=1e-10, abs_tol=1e-8)


@settings(max_examples=100)
@given(pair=st.sampled_from(PAIRS), values=st.tuples(st.floats(0.01, 1e4), st.floats(0.01, 1e4)))
def test_conversion_keeps_the_order(pair, values):
    source, target, substance = pair
    low, high = (convert(value, source, target, substance=substance) for value in sorted(values))
    assert low <= high


def test_no_spelling_names_two_units():
    each_unit = [{_plain(each) for each in (code, *others.split())} for rows in _TABLE.values() for code, _, _, others in rows]
    assert len(set.union(*each_unit)) == sum(map(len, each_unit))


def test_what_is_taken_is_what_can_be_converted():
    for code in UNITS:
        for name in (None, "sodium", "glucose", "insulin"):
            assert set(taken(code, substance=name)) == {other for other in UNITS if _converts(other, code, name)}


def _converts(source, target, substance):
    try:
        convert(1, source, target, substance=substance)
    except UserError:
        return False
    return True


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("mg/dl", "mg/dL"),
        ("μmol/L", "umol/L"),
        ("µmol/l", "umol/L"),
        ("umol/l", "umol/L"),
        ("mEq/L", "meq/L"),
        ("mm Hg", "mm[Hg]"),
        ("℃", "Cel"),
        ("°F", "[degF]"),
        ("degrees celsius", "Cel"),
        ("beats per minute", "/min"),
        ("kg/m²", "kg/m2"),
        ("x10^9/L", "10*9/L"),
        ("/mm³", "10*6/L"),
        ("years", "a"),
        ("LBS", "[lb_av]"),
    ],
)
def test_spellings_of_reports_are_taken(spelling, code):
    assert unit(spelling).code == code


def test_a_limit_is_not_passed_by_rounding():
    assert convert(100.4, "F", "C") == 38
    assert convert(95, "F", "C") == 35


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"source": "kg", "target": "m"}, "of mass, so that it cannot be turned into 'm'; give a unit of length"),
        ({"source": "mg/dL", "target": "mmol/L"}, "give a unit of molar concentration"),
        ({"source": "meq/L", "target": "mmol/L", "substance": "glucose"}, "of charge concentration, so"),
        ({"source": "mg/dL", "target": "mmol/L", "substance": "kryptonite"}, "name one of albumin"),
        ({"source": "stone", "target": "kg"}, "'stone': not known; name it in UCUM"),
    ],
)
def test_what_cannot_be_converted_is_told_in_a_sentence(arguments, sentence):
    with pytest.raises(UserError, match=sentence):
        convert(1, **arguments)
