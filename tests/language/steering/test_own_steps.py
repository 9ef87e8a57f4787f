import pytest

from tests.language.steering.minds import QUESTIONS, UNSOLVED, asked_in, right_letter
from vesalius.language.choices import prompt_of
from vesalius.language.scripted import Scripted, text_of
from vesalius.language.steering import self_taught
from vesalius.language.steering.strategy import steps_of


def half_wise(prompt, sampling, sample):
    """Right on questions of even number; on every tenth it does not answer."""
    text = text_of(prompt)
    number = int(asked_in(text).split()[-1].rstrip("?"))
    if number % 10 == 0:
        return f"Thought of {number}, and gave up."
    right = right_letter(text)
    return f"Thought of {number}. The answer is {right if number % 2 == 0 else 'ABCD'[('ABCD'.index(right) + 1) % 4]}."


def test_only_chains_that_end_at_the_right_answer_are_kept():
    taught = self_taught(Scripted(half_wise), QUESTIONS[:40])
    kept = [number for number in range(40) if number % 2 == 0 and number % 10]
    assert [int(question.id[1:]) for question in taught.questions] == kept
    assert [question.explanation for question in taught.questions] == [f"Thought of {number}." for number in kept]


def test_chains_that_were_thrown_away_were_paid_for():
    every, half = self_taught(Scripted(half_wise), QUESTIONS[:40]), self_taught(Scripted(half_wise), QUESTIONS[:20])
    assert every.calls == 40 and half.calls == 20 and every.tokens > half.tokens > 0


def test_a_kept_chain_is_shown_as_an_example_with_its_closing_words_once():
    (example,) = self_taught(Scripted(half_wise), QUESTIONS[2:3]).questions
    assert "Answer: Thought of 2. The answer is C.\n\n" in prompt_of(UNSOLVED[1], "chain of thought", [example], chat=False)


def test_steps_end_where_the_closing_words_stand_last():
    assert steps_of("Is the answer is A? No. the answer is B.") == "Is the answer is A? No."
    assert steps_of("No end") == "No end"


def test_steps_need_an_answer_to_be_checked_by():
    with pytest.raises(ValueError, match="without its answer"):
        self_taught(Scripted(half_wise), UNSOLVED[:1])
