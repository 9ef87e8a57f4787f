import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.records.events.codes import SYSTEMS, impossible, joined, mod10, parted, system_named, verhoeff
from vesalius.records.events.moments import day_or_moment, full_moment, parse_moment
from vesalius.records.events.units import mismatch, size

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
systems = st.sampled_from([None, *SYSTEMS.values(), "urn:oid:1.2", "http://a//b/", "http://a/100%25"]) | words.map("x:{}".format)


@given(systems, words)
def test_system_and_code_come_back_from_the_joined_code(system, code):
    assert parted(joined(system, code)) == (system, code)


@given(st.text("LAB/ :%x", max_size=8))
def test_any_code_comes_back_from_its_parts(code):
    system, own = parted(code)
    again = joined(system, own)
    assert parted(again) == (system, own)
    assert again == code or (code.startswith("//") and "//" not in code[2:])


@given(words)
def test_a_name_with_a_colon_that_is_no_quoted_address_comes_back(name):
    code = f"{name.replace('//', '')}: x//1"
    assert joined(*parted(code)) == code


def test_a_mapping_s_system_with_blanks_is_a_name():
    assert joined(system_named("Vital: HR"), "bpm") == "Vital: HR//bpm"
    assert joined(system_named("urn:oid:1.2"), "bpm") == "urn:oid:1.2//bpm"


@given(st.integers(0, 10**9), st.integers(1, 9), st.data())
def test_check_digits_find_every_changed_digit_and_most_swaps(number, by, data):
    text = str(number)
    place = data.draw(st.integers(0, len(text) - 1))
    other = text[:place] + str((int(text[place]) + by) % 10) + text[place + 1 :]
    assert mod10(other) != mod10(text)
    digit = next(digit for digit in "0123456789" if verhoeff(text + digit) == 0)
    assert verhoeff(other + digit) != 0
    swapped = text[:place] + text[place + 1 : place + 2] + text[place] + text[place + 2 :]
    assert swapped == text or verhoeff(swapped + digit) != 0


def test_published_check_digits():
    # Verhoeff: the examples of Rosetta Code; SNOMED CT: diabetes mellitus, its second type; LOINC: glucose, HDL, HbA1c
    assert [verhoeff(number) for number in ("2363", "123451", "1234567890120")] == [0, 0, 0]
    for code in ("SNOMED//73211009", "SNOMED//44054006", "LOINC//2345-7", "LOINC//2085-9", "LOINC//4548-4", "LOINC//LA6576-8"):
        assert impossible(code) is None
    assert impossible("LOINC//glucose") and impossible("SNOMED//12") and impossible("CVX//flu") and impossible("LAB//12") is None


SAME = [
    *(("mg/mL", "g/L"), ("mmol/L", "umol/mL"), ("10*3/uL", "10*9/L"), ("/min", "{beats}/min"), ("m[IU]/L", "mU/L")),
    *(("cm", "10*-2.m"), ("L", "l")),
]
OTHER = [
    *(("mg/dL", "mmol/L"), ("mg/dL", "mg/L"), ("kg", "[lb_av]"), ("Cel", "[degF]"), ("%", "mg"), ("kg/m2", "kg/m3")),
    ("h", "min"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_units_of_one_size_match(one, other):
    assert size(one) is not None and size(other) is not None and not mismatch(one, other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_units_of_another_size_or_dimension_do_not(one, other):
    assert mismatch(one, other) and mismatch(other, one)


def test_thousands_are_no_kelvin():
    assert size("K/uL") is None and not mismatch("K/uL", "10*3/uL")


@given(st.text("mgL/.10*^-[IU]{}%kd ", max_size=12))
def test_any_text_is_a_unit_or_none(text):
    assert size(text) is None or size(text).factor > 0


@given(st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999))
def test_every_moment_comes_back(time):
    assert parse_moment(day_or_moment(time)) == time == parse_moment(full_moment(time))


NEVER = [
    "9999-12-31T23:59:59-05:00",
    "0001-01-01T00:00:00+05:00",
    "0000",
    "2010-13",
    "2010-02-29",
    "2010-1-1",
    "10000",
    "2010-01-01T24:00:00Z",
    "2010-01-01T10:00Z",
    "",
    "\u0662010",
]


@pytest.mark.parametrize("text", NEVER)
def test_times_that_there_are_not_are_refused(text):
    with pytest.raises(ValueError, match="is "):
        parse_moment(text)
