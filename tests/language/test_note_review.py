import pytest

from vesalius.language.backend import Message
from vesalius.language.note_review import parse_review, review_prompt, told
from vesalius.metrics import NO_ERROR, Correction

NUMBERS = {"0", "1", "5"}
GIVEN = Correction("1", "5", "Given heparin.")


@pytest.mark.parametrize(
    "text", ["CORRECT", " correct.", "**CORRECT**", "\n\nCorrect", "The note is correct.", "0 -1 NA", "CORRECT\nBye"]
)
def test_no_error_is_read(text):
    assert parse_review(text, NUMBERS) == (NO_ERROR, "answered")


@pytest.mark.parametrize(
    "text",
    [
        "5 Given heparin.",
        "5. Given heparin.",
        "Sentence 5: Given heparin.",
        '5 "Given heparin."',
        '1 5 "Given heparin."',
        "5 | Given heparin.",
    ],
)
def test_an_error_is_read(text):
    found, outcome = parse_review(text.replace(" |", "|"), NUMBERS)
    assert (found, outcome) == (GIVEN, "answered")


def test_a_number_in_the_sentence_is_not_taken_for_the_run_format():
    assert parse_review("1 5 mg of warfarin are given.", NUMBERS)[0] == Correction("1", "1", "5 mg of warfarin are given.")


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("", "empty"),
        (" ...\n", "empty"),
        ("7 Given heparin.", "unparsed"),
        ("5", "unparsed"),
        ("Given heparin.", "unparsed"),
        ("CORRECT is sentence 5", "unparsed"),
        ("INCORRECT", "unparsed"),
        ('1 9 "Given heparin."', "unparsed"),
        ("I'm sorry, but I can't review notes.", "refused"),
    ],
)
def test_anything_else_has_its_own_outcome(text, outcome):
    assert parse_review(text, NUMBERS) == (None, outcome)


def test_what_is_told_is_read_back():
    for one in (NO_ERROR, GIVEN):
        assert parse_review(told(one), NUMBERS)[0] == one


def test_examples_stand_with_their_reviews_before_the_note():
    shots = [("0 Fever.", NO_ERROR), ("0 Cough.", Correction("1", "0", "Rest."))]
    prompt = review_prompt("0 Pain.\n1 Given {x}.\n", shots)
    assert prompt.endswith("0 Pain.\n1 Given {x}.\nReview:")
    assert "0 Fever.\nReview: CORRECT\n\n" in prompt and "0 Cough.\nReview: 0 Rest.\n\n" in prompt
    turns = review_prompt("0 Pain.", shots, chat=True)
    assert [turn.role for turn in turns] == ["user", "assistant"] * 2 + ["user"] and turns[1] == Message("assistant", "CORRECT")
