import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.language.backend import Sampling
from vesalius.language.medications.asking import MEANINGS, medication_prompt, parse_label, template_of
from vesalius.language.medications.mocks import PROSE, Skill, planted
from vesalius.language.scripted import text_of
from vesalius.sources.medication_labels import TARGETS
from vesalius.sources.packaged.drugs import GROUPS, ROUTES


@pytest.mark.parametrize("target", TARGETS)
def test_a_prompt_holds_the_examples_and_ends_with_the_string_alone(target):
    prompt = medication_prompt(target, "NORCO {5}", [("kcl 20", "no"), ("asa", "yes")])
    assert isinstance(prompt, str)
    assert prompt.count("Medication: ") == 3 and prompt.rindex("NORCO {5}") > prompt.index(": yes")
    assert prompt.endswith(":") and "{target}" not in prompt
    turns = medication_prompt(target, "NORCO {5}", [("kcl 20", "no")], chat=True)
    assert [turn.role for turn in turns] == ["user", "assistant", "user"] and "kcl 20" in text_of(turns)


def test_every_class_is_explained_and_every_route_is_offered():
    assert MEANINGS.keys() == set(GROUPS)
    assert all(route in medication_prompt("route", "x") for route in ROUTES)
    assert len({template_of(group) for group in GROUPS}) == 1


@pytest.mark.parametrize(
    ("target", "text", "label", "outcome"),
    [
        ("route", " oral\nMedication: next", "oral", "answered"),
        ("route", '```json\n{"route": "IV push"}\n```', "intravenous", "answered"),
        ("route", '{"medication": "x", "answer": "SC"}', "subcutaneous", "answered"),
        ("route", '{"medication": "x", "dose": 5}', None, "unparsed"),
        ("route", '{"route": ["oral"]}', None, "unparsed"),
        ("route", '{"route": "oral"', None, "unparsed"),
        ("route", "oral or intravenous", None, "unparsed"),
        ("opioid", '{"opioid": true}', "yes", "answered"),
        ("opioid", "Answer: No.", "no", "answered"),
        ("opioid", "0", "no", "answered"),
        ("opioid", "Yes, it is, for it contains codeine.", None, "unparsed"),
        ("ulcer prophylaxis", '{"ulcer_prophylaxis": 1}', "yes", "answered"),
        ("generic name", "The generic name is **Cefdinir**.", "cefdinir", "answered"),
        ("generic name", '{"generic_name": "cefdinir"}', "cefdinir", "answered"),
        ("generic name", "It is a cephalosporin, which is given for infections of the ear.", None, "unparsed"),
        ("generic name", PROSE, None, "unparsed"),
        ("generic name", "", None, "empty"),
        ("generic name", "...", None, "empty"),
        ("generic name", "I cannot help with that.", None, "refused"),
        ("route", "unknown", None, "refused"),
    ],
)
def test_answers_are_plain_or_json_and_the_rest_has_its_own_outcome(target, text, label, outcome):
    assert parse_label(target, text) == (label, outcome)


@given(st.sampled_from(TARGETS), st.text() | st.text().map(lambda text: "{" + text))
def test_any_text_is_a_label_or_none(target, text):
    label, outcome = parse_label(target, text)
    assert (label is None) == (outcome != "answered")


RIGHT = {f"drug {number}": f"answer {number % 7}" for number in range(1200)}
SURE = Skill(known={0: 0.6, 5: 0.8}, slips=0.0, prose={0: 0.2, 5: 0.0}, stubborn=1.0)


def shown(string, shots):
    return medication_prompt("generic name", string, [("example", "x")] * shots)


def said(shots, skill=SURE):
    replies = planted(RIGHT, skill).generate([shown(string, shots) for string in RIGHT], Sampling(temperature=1.0))
    return {string: reply.text for string, reply in zip(RIGHT, replies, strict=True)}


def test_the_mock_has_the_planted_skill_by_number_of_examples():
    for shots, known, prose in ((0, 0.6, 0.2), (5, 0.8, 0.0), (7, 0.8, 0.0)):
        told = said(shots)
        right = sum(told[string] == RIGHT[string] for string in RIGHT) / len(RIGHT)
        assert right == pytest.approx(known * (1 - prose), abs=0.05)
        assert sum(one == PROSE for one in told.values()) / len(RIGHT) == pytest.approx(prose, abs=0.03)


def test_what_the_mock_knows_without_examples_it_knows_with_them():
    none, five = said(0), said(5)
    assert all(five[string] == RIGHT[string] for string in RIGHT if none[string] == RIGHT[string])


def test_the_mock_does_not_know_a_string_that_is_not_in_the_truth():
    assert planted({"a": "b"}).generate([shown("c", 5)], Sampling())[0].text in {"unknown", PROSE}
