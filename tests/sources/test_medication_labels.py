import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.sources.medication_labels import SYNONYMS, TARGETS, label_of
from vesalius.sources.packaged.drugs import GROUPS, ROUTES, drugs
from vesalius.sources.simulators.messy_medications import ROUTES as WRITTEN


def test_targets_are_the_two_texts_and_the_six_groups():
    assert ("generic name", "route", *GROUPS) == TARGETS


def test_every_generic_name_of_the_list_is_its_own_label():
    assert [label_of("generic name", drug.generic.upper()) for drug in drugs()] == [drug.generic for drug in drugs()]


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("Metoprolol Tartrate 25 MG", "metoprolol"),
        ("heparin sodium", "heparin"),
        ("sodium chloride 0.9%", "sodium chloride"),
        ("Ferrous Sulfate", "ferrous sulfate"),
        ("trimethoprim-sulfamethoxazole", "sulfamethoxazole / trimethoprim"),
        ("paracetamol and codeine phosphate", "acetaminophen / codeine"),
        ("Thyroxine", "levothyroxine"),
        ("vitamin D3", "cholecalciferol"),
        ("500 mg", None),
    ],
)
def test_salts_strengths_order_and_other_names_do_not_count(said, label):
    assert label_of("generic name", said) == label


def test_every_route_and_synonym_has_one_route():
    said = [one for route in ROUTES for one in (route, *SYNONYMS[route])]
    assert len(said) == len(set(said))
    assert all(label_of("route", one.upper()) == route for route in ROUTES for one in (route, *SYNONYMS[route]))
    assert label_of("route", "Oral route") == "oral" and label_of("route", "intrathecal") is None


def test_every_route_can_be_written():
    assert WRITTEN.keys() == set(ROUTES) == SYNONYMS.keys()


@given(st.text(max_size=40))
def test_a_label_is_its_own_label(text):
    for target in ("generic name", "route", "opioid"):
        label = label_of(target, text)
        assert label is None or label_of(target, label) == label
