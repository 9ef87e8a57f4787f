import pytest

from vesalius.checks import check_source
from vesalius.records import Text
from vesalius.sources.public.smart_medications import SmartMedications, read_regular
from vesalius.sources.public.smart_patients import FOLDER


@pytest.mark.parametrize(
    ("name", "generic", "route", "brand"),
    [
        ("Escitalopram 10 MG Oral Tablet [Lexapro]", "escitalopram", "oral", "Lexapro"),
        ("24 HR Bupropion 150 MG Extended Release Tablet", "bupropion", "oral", ""),
        ("Mupirocin 0.02 MG/MG Topical Ointment", "mupirocin", "topical", ""),
        ("120 ACTUAT mometasone furoate 0.05 MG/ACTUAT Nasal Inhaler [Nasonex]", "mometasone", "nasal", "Nasonex"),
        ("Sulfamethoxazole 40 MG/ML / Trimethoprim 8 MG/ML Oral Suspension [Sulfatrim]", None, "oral", "Sulfatrim"),
    ],
)
def test_rxnorm_names_are_taken_apart(name, generic, route, brand):
    one = read_regular(name)
    assert one is not None and (one.route, one.brand) == (route, brand)
    assert one.generic == (generic or "sulfamethoxazole / trimethoprim")


@pytest.mark.parametrize(
    "name", ["Zetia Tablet 10mg", "Yasmin 28 Day Pack", "Aspirin 81 MG [Ecotrin]", "", "A 5 MG Lunar Tablet"]
)
def test_other_names_are_not(name):
    assert read_regular(name) is None


def test_source_keeps_its_contract(public_data):
    public_data(FOLDER)
    check_source(SmartMedications(target="generic name"))
    assert len(SmartMedications(target="route").records()) < len(SmartMedications(target="generic name").records())


def test_regular_names_are_written_anew_and_equal_ones_alike(public_data):
    public_data(FOLDER)
    records = SmartMedications(target="generic name").records()
    written = [record.get("medication", Text).value for record in records if record.tags["writing"] == "simulated"]
    assert len(written) > 200 and not any(map(read_regular, written))
    assert len(set(written)) < 0.9 * len(written)


def test_names_as_typed_are_explained_by_the_release_itself(public_data):
    public_data(FOLDER)
    typed = {
        record.get("medication", Text).value: record.subject_id
        for record in SmartMedications(target="generic name").records()
        if record.tags["writing"] == "as typed"
    }
    assert len(typed) > 30
    assert typed["Synthroid 25mcg"] == "levothyroxine" and typed["Omnicef 300mg"] == "cefdinir"
    assert "Yasmin 28 Day Pack" not in typed


def test_a_drug_is_in_one_part_as_in_the_simulator(public_data):
    public_data(FOLDER)
    records = SmartMedications(target="route").records()
    parts = {(record.subject_id, record.tags["split"]) for record in records}
    assert len(parts) == len({name for name, _ in parts}) and {part for _, part in parts} == {"train", "test"}


def test_classes_are_known_of_listed_drugs_alone(public_data):
    public_data(FOLDER)
    records = SmartMedications(target="antibiotic").records()
    assert all(record.tags["known"] == "yes" for record in records)
    assert {record.get("antibiotic", Text).value for record in records if record.subject_id == "cefdinir"} == {"yes"}
