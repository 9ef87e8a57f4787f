import pytest

from vesalius.language.questions import Question
from vesalius.learners.language_model.process_reward.selection import aggregated, best, chosen, majority, vote
from vesalius.learners.language_model.process_reward.solutions import Solution, solution_of, split_steps


def solutions(letters):
    """A solution a letter; a dot gives none."""
    outcome = {".": "unparsed"}
    return [
        Solution(steps=(" x.", " y."), letter=None if one == "." else one, outcome=outcome.get(one, "answered"))
        for one in letters
    ]


@pytest.mark.parametrize(
    "text",
    [
        " A has fever , no pain . B has 3.5 of it ! The answer is A .",
        "One.\n\nTwo; three?\n  Four",
        "1. First step.\n2. Second step.",
    ],
)
def test_steps_joined_give_the_text(text):
    steps = split_steps(text)
    assert "".join(steps) == text and len(steps) > 1 and all(step.strip() for step in steps)


def test_a_number_of_a_list_is_no_step():
    assert split_steps("1. Gout has crystals. 2. So A.") == ("1. Gout has crystals.", " 2. So A.")


def test_a_number_of_several_digits_is_no_step_either():
    assert split_steps("9. Nine.\n10. Ten. 11. Eleven; 3.5 of it.") == ("9. Nine.", "\n10. Ten.", " 11. Eleven;", " 3.5 of it.")
    # a line of its own, and a number that ends a sentence, are steps
    assert split_steps("10.\nTen. It is 12. So A.") == ("10.", "\nTen.", " It is 12.", " So A.")


def test_letters_are_told_in_the_order_of_the_record():
    question = Question(id="q", text="?", options=("gout", "flu"), order=(1, 0))
    assert solution_of(" The answer is A.", question).letter == "B"
    assert solution_of("quota exceeded", question, failed=True).outcome == "failed"


def test_the_weakest_step_decides_where_the_majority_is_wrong():
    sampled, scores = solutions("AAB"), [[0.9, 0.2], [0.8, 0.3], [0.7, 0.6]]
    assert majority(sampled) == 0
    assert chosen(sampled, scores, "min", "best") == 2
    assert chosen(sampled, scores, "mean", "best") == 2
    assert chosen(sampled, [[0.9, 0.2], [0.9, 0.3], [0.6, 0.4]], "mean", "best") == 1
    assert chosen(sampled, scores, "last", "vote") == 2 and chosen(sampled, [[0, 0.4], [0, 0.3], [0, 0.6]], "last", "vote") == 0


def test_only_answers_are_chosen_and_none_is_an_outcome_of_its_own():
    sampled = solutions("..B")
    assert best(sampled, [[0.9], [0.9], [0.1]], "min") == 2 and vote(sampled, [0.9, 0.9, 0.1]) == 2
    assert best(solutions(".."), [[], []], "min") == 0 and majority(solutions("..")) == 0


def test_rounding_decides_nothing():
    sampled = solutions("AB")
    # the weakest step is shared, and differs in the last bits
    assert best(sampled, [[0.3, 0.6], [0.3 + 1e-9, 0.5]], "min") == 0
    assert aggregated([], "min") == 0.0
