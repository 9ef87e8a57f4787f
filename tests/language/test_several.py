import pytest

from vesalius.errors import UserError
from vesalius.language.mocks import options_of
from vesalius.language.questions import Question
from vesalius.language.scripted import Scripted, text_of
from vesalius.language.several import SEVERAL_PROTOCOLS, AskSeveral, parse_choices

DRUGS = ("Aspirin", "Heparin", "Warfarin", "Alteplase", "ACE inhibitors")

CHOSEN = [
    ("A, C", "AC"),
    ("a reason. The answers are A and C.", "AC"),
    ("The answers are C, A and D", "ACD"),
    ("The answers are: (B), (D).", "BD"),
    ("The answers are **B** and **D**.", "BD"),
    ("The answers are A & B because both thin blood.", "AB"),
    ("The answers are A, C. I hope this helps.", "AC"),
    ("Answers: BDE", "BDE"),
    ("ACD", "ACD"),
    ("The answers are:\nA. Aspirin\nC. Warfarin", "AC"),
    ("A. Aspirin\nC. Warfarin", "AC"),
    ("First I said the answers are A, B. No: the answers are C and D.", "CD"),
    ("The answer is B.", "B"),
    ("B", "B"),
    ("The answers are ACE inhibitors", "E"),
    ("Heparin", "B"),
]

NOT_CHOSEN = [
    ("", "empty"),
    (None, "empty"),
    ("A or C", "unparsed"),
    ("The answers are A, B and G.", "unparsed"),
    ("The answers are not A and C.", "unparsed"),
    ("I cannot help with that.", "refused"),
    ("Aspirin and warfarin thin blood.", "unparsed"),
]


@pytest.mark.parametrize(("text", "letters"), CHOSEN)
def test_a_list_of_letters_is_a_choice(text, letters):
    found = parse_choices(text, DRUGS)
    assert (found.letters, found.outcome) == (letters, "answered")


@pytest.mark.parametrize(("text", "outcome"), NOT_CHOSEN)
def test_what_is_no_list_keeps_its_outcome(text, outcome):
    found = parse_choices(text, DRUGS)
    assert (found.letters, found.outcome) == ("", outcome)


def test_long_texts_are_read_in_time_that_grows_with_their_length():
    assert parse_choices("A and B, " * 20_000 + "x", DRUGS).outcome == "unparsed"
    assert parse_choices("the answers are " * 20_000, DRUGS).outcome == "unparsed"


def knowing(right):
    """Names the options of these texts, whatever their letters."""

    def answer(prompt, sampling, sample):
        return (
            f"The answers are {', '.join(letter for letter, option in options_of(text_of(prompt)).items() if option in right)}."
        )

    def score(prompt, continuation):
        asked = text_of(prompt).rsplit('"', 2)[1]
        return 0.0 if (continuation.strip() == "yes") == (asked in right) else -1.0

    return Scripted(answer, score, identity="knowing")


QUESTIONS = [
    Question(id=str(number), text=f"Which thin blood, case {number}?", options=DRUGS, order=tuple(range(5)))
    for number in range(12)
]


@pytest.mark.parametrize("protocol", SEVERAL_PROTOCOLS)
@pytest.mark.parametrize("shuffle", [False, True])
def test_all_that_are_right_are_found_in_any_order_of_the_options(protocol, shuffle):
    backend = knowing({"Aspirin", "Warfarin", "ACE inhibitors"})
    told = AskSeveral(protocol=protocol, shuffle=shuffle)(backend, QUESTIONS, [()] * len(QUESTIONS), 3)
    assert {(one.letter, one.outcome) for one in told} == {("A,C,E", "answered")}
    assert {one.calls for one in told} == {5 if protocol == "each option" else 1}


def test_options_are_shuffled_by_seed():
    seen = []
    backend = Scripted(lambda prompt, sampling, sample: seen.append(text_of(prompt)) or "A, B", identity="seen")
    for seed in (0, 1):
        AskSeveral(shuffle=True)(backend, QUESTIONS[:1], [()], seed)
    AskSeveral()(backend, QUESTIONS[:1], [()], 0)
    assert len(set(seen)) == 3


def test_where_no_option_is_liked_the_nearest_is_taken():
    def score(prompt, continuation):
        liked = -0.1 if '"Heparin"' in text_of(prompt) else -2.0
        return liked if continuation.strip() == "yes" else 0.0

    (told,) = AskSeveral(protocol="each option")(Scripted(lambda *asked: "", score, identity="shy"), QUESTIONS[:1], [()], 0)
    assert told.letter == "B"


def test_examples_are_refused():
    with pytest.raises(UserError, match="without examples"):
        AskSeveral()(knowing(set()), QUESTIONS[:1], [QUESTIONS[1:2]], 0)


def test_thoughts_are_left_out():
    assert parse_choices("<think>The answers are A and B.</think>The answers are C and D.", list("wxyz")).letters == "CD"
    assert parse_choices("<think>The answers are A and B.", list("wxyz")).outcome == "unparsed"
