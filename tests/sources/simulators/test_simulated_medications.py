import numpy as np
import pytest

from vesalius.checks import check_source
from vesalius.records import Text
from vesalius.sources.medication_labels import TARGETS
from vesalius.sources.packaged.drugs import ROUTE_OF_FORM, drugs
from vesalius.sources.simulators.medications import Medications, is_known, is_tested, known_drugs
from vesalius.sources.simulators.messy_medications import FORMS, ROUTES, Order, messy

LISTED = {drug.generic: drug for drug in drugs()}


@pytest.mark.parametrize("target", TARGETS)
def test_source_keeps_its_contract(target):
    check_source(Medications(target=target, count=300))


def test_the_strings_are_the_same_whatever_is_asked():
    first, second = (Medications(target=target, count=300).records() for target in ("route", "opioid"))
    assert [record.fields["medication"] for record in first] == [record.fields["medication"] for record in second]
    assert Medications(target="route", count=300, seed=1).records()[0] != first[0]


def words(names=frozenset(), typos=1.0, count=1000):
    """Words of strings that hold little else than the name."""
    random = np.random.default_rng(0)
    order = Order(name="azithromycin", strength="", form="", route="")
    return [set(messy(order, random, typos=typos, names=names).lower().replace(",", " ").split()) for _ in range(count)]


def test_names_are_misspelt_at_the_given_rate():
    spelt = ["azithromycin" in each for each in words(typos=0.3, count=2000)]
    assert sum(spelt) / len(spelt) == pytest.approx(0.7, abs=0.05)


def test_a_misspelling_never_is_the_name_of_another_drug():
    slips = frozenset(word for each in words() for word in each if word.startswith("a") and len(word) > 10)
    forbidden = frozenset(sorted(slips)[::2])
    assert len(forbidden) > 100 and "azithromycin" not in forbidden
    assert not any(forbidden & each for each in words(forbidden))


def test_without_typos_every_string_holds_a_name_of_its_drug():
    for record in Medications(target="generic name", count=700, typos=0.0).records():
        text = record.get("medication", Text).value.lower()
        words = [part for name in LISTED[record.subject_id].names for part in name.lower().split(" / ")]
        assert any(word in text for word in words)


def test_the_route_can_always_be_told_by_who_knows_the_drug():
    """Either the route is written, or the form is in words that no other route of the drug has, or there is no other route."""
    for record in Medications(target="route", count=1400, typos=0.0).records():
        drug, route = LISTED[record.subject_id], record.get("route", Text).value
        text = f" {record.get('medication', Text).value.lower()} ".replace(",", " ").replace("  ", " ")
        others = {product.route for product in drug.products} - {route}
        forms = [product.form for product in drug.products if product.route == route]
        written = any(f" {word} " in text for word in ROUTES[route])
        formed = any(f" {word.lower()} " in text for form in forms for word in FORMS[form])
        assert not others or written or formed


def test_drugs_are_whole_in_one_part_and_the_list_lacks_some_of_the_tested_ones():
    records = Medications(target="route", count=700).records()
    assert all(record.tags["split"] == ("test" if is_tested(record.subject_id) else "train") for record in records)
    tested = [drug.generic for drug in drugs() if is_tested(drug.generic)]
    assert 0.65 < len(tested) / len(drugs()) < 0.85
    assert 0.5 < sum(map(is_known, tested)) / len(tested) < 0.7
    assert {drug.generic for drug in known_drugs()} == {name for name in LISTED if is_known(name)}


def test_strings_repeat_at_about_the_planned_rate():
    strings = [record.get("medication", Text).value for record in Medications(target="route", count=4660).records()]
    assert 1 - len(set(strings)) / len(strings) == pytest.approx(0.3 * 19 / 20, abs=0.04)


def test_every_form_can_be_written():
    assert FORMS.keys() == ROUTE_OF_FORM.keys()
