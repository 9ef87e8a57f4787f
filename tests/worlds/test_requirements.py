import math

import pytest

from vesalius.worlds.requirements import ABSENT, All, Coded, Count, Equals, IfThere, Item, Near, OneOf, all_met, judged

LOINC = "http://loinc.org"


def part(code, value):
    return {"code": {"coding": [{"system": LOINC, "code": code}]}, "value": value}


def test_exactly_one_item_is_selected_and_has_the_fields():
    item = Item({"code": Coded(LOINC, "8480-6")}, {"value": Near(120)})
    assert item.met([part("8480-6", 120), part("8462-4", 80)])
    assert not item.met([part("8480-6", 120), part("8480-6", 120)])
    assert not item.met([part("8480-6", 80), part("8462-4", 120)])
    assert not item.met([])


def test_a_concept_may_have_codes_of_other_systems_but_one_only_of_its_own():
    coding = [{"system": LOINC, "code": "1"}, {"system": "urn:local", "code": "2"}]
    assert Coded(LOINC, "1").met([{"coding": coding}])
    assert not Coded(LOINC, "1").met([{"coding": [*coding, {"system": LOINC, "code": "3"}]}])
    assert not Coded(LOINC, "2").met([{"coding": coding}]) and not Coded(LOINC, "1").met([{"text": "1"}, "1"])


@pytest.mark.parametrize("requirement", [Equals("x"), OneOf(("x",)), Near(1), Coded(LOINC, "1")])
def test_what_is_required_has_to_be_there(requirement):
    assert not all_met({"a.b": requirement}, {"a": [{"c": "x"}]})
    assert all_met({"a.b": ABSENT}, {"a": [{"c": "x"}]}) and not all_met({"a.c": ABSENT}, {"a": [{"c": "x"}]})


@pytest.mark.parametrize("value", [math.nan, math.inf, "nan", True, None, "6.5 %", {}, 10**400])
def test_what_is_no_finite_number_is_near_none(value):
    assert not Near(1.0, 1e6).met([value])
    assert not Equals(1).met([True])


def test_a_requirement_looks_at_what_it_asks_for_and_a_number_of_values_is_not_enough():
    item = Item({"code": Coded(LOINC, "1")}, {"value": All((Count(1), Near(1)))})
    looked_at = set(
        judged({"part": All((Count(2), item)), "unit": IfThere(OneOf(("g",))), "note": ABSENT, "extension": Count(1)})
    )
    assert {"part.code.coding.code", "part.code.text", "part.value", "unit", "note"} <= looked_at
    assert not looked_at & {"part", "part.code", "part.code.coding", "extension"}
