import pytest

from vesalius.errors import UserError
from vesalius.learners.medications.lookup import FILE, DrugLookup
from vesalius.learners.medications.rules import MedicationRules
from vesalius.learners.medications.strings import commonest, words_of
from vesalius.records import Record, Text
from vesalius.sources.medication_labels import TARGETS
from vesalius.sources.packaged.drugs import drugs
from vesalius.sources.simulators.medications import Medications


def record(text, **fields):
    return Record(
        id=text, subject_id=text, fields={"medication": Text(text), **{name: Text(said) for name, said in fields.items()}}
    )


def told(learner, text):
    one = learner.predict([record(text)])[0]
    return one.value if one.outcome == "answered" else one.outcome


@pytest.mark.parametrize(
    ("text", "exact", "fuzzy"),
    [
        ("PROTONIX 40 iv", "pantoprazole", "pantoprazole"),
        ("potassium chloride 20 meq", "potassium chloride", "potassium chloride"),
        ("amoxicillin/clavulanate tab", "amoxicillin / clavulanate", "amoxicillin / clavulanate"),
        ("amoxicillin tab", "amoxicillin", "amoxicillin"),
        ("Warfrin 5mg", "empty", "warfarin"),
        ("5mg tab po", "empty", "empty"),
        ("", "empty", "empty"),
    ],
)
def test_the_longest_name_wins_and_only_the_fuzzy_lookup_forgives_spelling(text, exact, fuzzy):
    assert told(DrugLookup(drugs(), "generic name", fuzzy=False), text) == exact
    assert told(DrugLookup(drugs(), "generic name", fuzzy=True), text) == fuzzy


def test_a_drug_that_is_not_listed_is_not_found():
    without = [drug for drug in drugs() if drug.generic != "warfarin"]
    assert told(DrugLookup(without, "generic name", fuzzy=True), "warfarin 5mg") == "empty"


@pytest.mark.parametrize("target", TARGETS)
def test_exact_lookup_with_the_whole_list_finds_every_name_that_is_spelt_right(target):
    records = Medications(target=target, count=700, typos=0.0).records()
    learner = DrugLookup(drugs(), target, fuzzy=False)
    learner.fit(records, [])
    right = [one.value == each.get(target, Text).value for one, each in zip(learner.predict(records), records, strict=True)]
    # a route depends on the form, too
    assert sum(right) / len(right) > (0.6 if target == "route" else 0.98)


def test_where_nothing_tells_the_commonest_training_answer_is_given_and_kept(tmp_path):
    train = [record("a", route="rectal"), record("b", route="rectal"), record("c", route="oral")]
    for build in (lambda: DrugLookup([], "route", fuzzy=True), lambda: MedicationRules("route")):
        learner, restored = build(), build()
        learner.fit(train, [])
        assert told(learner, "mystery") == "rectal" and told(build(), "mystery") == "empty"
        learner.save(tmp_path)
        restored.load(tmp_path)
        assert told(restored, "mystery") == "rectal"
    (tmp_path / FILE).write_text("[]")
    with pytest.raises(UserError, match="damaged"):
        restored.load(tmp_path)


def test_the_commonest_answer_does_not_depend_on_order():
    records = [record("a", route="rectal"), record("b", route="oral")]
    assert commonest(records, "route") == commonest(records[::-1], "route") == "oral"
    assert commonest([record("a", **{"generic name": "x"})], "generic name") is None


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("CEFAZOLIN 1 g IVPB", "intravenous"),
        ("heparin gtt", "intravenous"),
        ("timolol 1 gtts ou", "ophthalmic"),
        ("nitroglycerin s.l. tab", "sublingual"),
        ("estradiol vag crm", "vaginal"),
        ("fentanyl ptch", "transdermal"),
        ("albuterol neb", "inhaled"),
        ("atenolol tab", "oral"),
        ("prochlorperazine supp", "rectal"),
    ],
)
def test_rules_read_the_route_and_then_the_form(text, route):
    assert told(MedicationRules("route"), text) == route


def test_rules_know_stems_of_drugs_that_no_list_has():
    assert [told(MedicationRules("antibiotic"), text) for text in ("ceftaroline inj", "tosufloxacin", "atenolol")] == [
        "yes",
        "yes",
        "no",
    ]
    assert told(MedicationRules("anticoagulant"), "betrixaban 40") == "yes"
    with pytest.raises(ValueError, match="look it up"):
        MedicationRules("generic name")


def test_dots_of_abbreviations_do_not_part_words():
    assert words_of("B.I.D. p.o. 0.5 mg") == ("bid", "po", "0", "5", "mg")
