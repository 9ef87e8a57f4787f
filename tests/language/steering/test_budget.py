import pytest

from tests.language.steering.minds import BARE, QUESTIONS, UNSOLVED
from vesalius.language.backend import Completion, Reply, Usage
from vesalius.language.choices import NEXT_QUESTION
from vesalius.language.scripted import Scripted
from vesalius.language.steering import BudgetForcing

ONE = UNSOLVED[1:2]  # its answer is B


def thinker(prompt, sampling, sample):
    """Thinks ten words; right once the sixth is written."""
    if prompt.endswith("The answer is"):
        return " B." if "word6" in prompt else " A."
    return "".join(f" word{number}" for number in range(1, 11)) + " The answer is B."


def waiter(prompt, sampling, sample):
    """Thinks in one word, and of another at each wait; right after the second, wrong again after the third."""
    thought = prompt.rpartition("Answer:")[2]
    if prompt.endswith("The answer is"):
        return " B." if thought.count("thought") == 2 else " A."
    return " thought. So. The answer is A."


@pytest.mark.parametrize(("budget", "letter"), [(0, "A"), (3, "A"), (5, "A"), (7, "B"), (50, "B")])
def test_down_thinking_is_cut_at_the_budget_and_the_answer_forced(budget, letter):
    backend = Scripted(thinker)
    (told,) = BudgetForcing(budget=budget)(backend, ONE, BARE[:1], 0)
    assert told.letter == letter and told.outcome == "answered"
    forced = backend.asked[-1].rpartition("Answer:")[2].split()
    assert forced[-3:] == ["The", "answer", "is"] and len(forced) - 3 == min(budget, 10)
    assert told.calls == (1 if budget == 0 else 2)


@pytest.mark.parametrize(("waits", "letter"), [(0, "A"), (1, "B"), (2, "A")])
def test_up_an_early_end_is_refused_and_waiting_can_mend_and_break(waits, letter):
    backend = Scripted(waiter)
    (told,) = BudgetForcing(budget=50, waits=waits)(backend, ONE, BARE[:1], 0)
    thought = backend.asked[-1].rpartition("Answer:")[2]
    assert thought.count("Wait,") == waits and thought.count("thought") == waits + 1
    assert thought.count("The answer is") == 1  # the closing words were withheld each time
    assert told.letter == letter and told.calls == waits + 2


def test_waits_share_one_budget():
    backend = Scripted(waiter)
    BudgetForcing(budget=2, waits=5)(backend, ONE, BARE[:1], 0)
    # " thought. So." takes both tokens
    assert len(backend.asked) == 2 and "Wait" not in backend.asked[-1]


def test_a_cut_chain_is_not_told_to_wait():
    backend = Scripted(thinker)
    BudgetForcing(budget=5, waits=3)(backend, ONE, BARE[:1], 0)
    assert "Wait" not in backend.asked[-1]


def test_every_question_has_its_own_budget_left():
    lengths = {"number 1?": 2, "number 2?": 4}

    def says(prompt, sampling, sample):
        if prompt.endswith("The answer is"):
            return " C."
        own = next(length for asked, length in lengths.items() if asked in prompt)
        return " x" * own + " The answer is A." if "Wait" not in prompt else " y" * 100

    backend = Scripted(says)
    BudgetForcing(budget=10, waits=1)(backend, UNSOLVED[1:3], BARE[:2], 0)
    thought = [prompt.rpartition("Answer:")[2] for prompt in backend.asked[-2:]]
    assert [(one.count("x"), one.count(" y")) for one in thought] == [(2, 8), (4, 6)]


@pytest.mark.parametrize(("budget", "kept"), [(3, "a b c"), (4, "a b c"), (5, "a b c"), (6, "a b c")])
def test_a_cut_within_the_closing_words_does_not_leave_half_of_them(budget, kept):
    backend = Scripted(lambda prompt, *_: " B." if prompt.endswith("The answer is") else " a b c The answer is B.")
    BudgetForcing(budget=budget)(backend, ONE, BARE[:1], 0)
    assert backend.asked[-1].endswith(f"Answer: {kept} The answer is")


def test_a_question_of_the_models_own_ends_its_thinking():
    backend = Scripted(lambda prompt, *_: " B." if prompt.endswith("The answer is") else f" a.{NEXT_QUESTION} What?")
    BudgetForcing(budget=20)(backend, ONE, BARE[:1], 0)
    assert backend.asked[-1].endswith("Answer: a. The answer is")


def test_closing_words_in_the_midst_of_a_sentence_end_no_thought():
    musing = " Maybe the answer is A? No, fever speaks for B."
    backend = Scripted(lambda prompt, *_: " B." if prompt.endswith("The answer is") else f"{musing} The answer is B.")
    (told,) = BudgetForcing(budget=50)(backend, ONE, BARE[:1], 0)
    assert backend.asked[-1].endswith(f"Answer:{musing} The answer is") and told.letter == "B"


@pytest.mark.parametrize("budget", [4, 50])
def test_a_thought_that_is_open_is_closed_before_the_answer(budget):
    thought = " <think> Maybe B. The pain"
    rest = " fits. </think> The answer is C."
    backend = Scripted(lambda prompt, *_: " B." if prompt.endswith("The answer is") else thought + rest)
    (told,) = BudgetForcing(budget=budget)(backend, ONE, BARE[:1], 0)
    kept = " <think> Maybe B." if budget == 4 else f"{thought} fits."
    assert backend.asked[-1].endswith(f"Answer:{kept}\n</think>\n\nThe answer is")
    assert told.letter == "B" and told.raw.endswith("</think>\n\nThe answer is B.")


def test_the_end_of_a_thought_is_withheld_where_the_model_is_to_wait():
    def says(prompt, *_):
        if prompt.endswith("The answer is"):
            return " B."
        return " again. </think> The answer is C." if prompt.endswith("Wait,") else " <think> Fever. </think> The answer is A."

    backend = Scripted(says)
    BudgetForcing(budget=50, waits=1)(backend, ONE, BARE[:1], 0)
    assert backend.asked[-1].endswith("Answer: <think> Fever. Wait, again.\n</think>\n\nThe answer is")


def test_costs_are_those_of_all_calls_and_the_raw_text_is_the_whole_chain():
    backend = Scripted(waiter)
    (told,) = BudgetForcing(budget=50, waits=1)(backend, ONE, BARE[:1], 0)
    words = sum(len(prompt.split()) for prompt in backend.asked)
    assert told.tokens == words + 2 * len(["thought.", "So."]) + 1
    assert told.raw == "thought. So. Wait, thought. So. The answer is B."


def test_a_tokenizer_that_loses_the_space_in_front_changes_nothing():
    backend = Scripted(lambda prompt, *_: "B." if prompt.endswith("The answer is") else "a b. The answer is B.")
    (told,) = BudgetForcing(budget=9, waits=1)(backend, ONE, BARE[:1], 0)
    assert backend.asked[-1].endswith("Answer: a b. Wait, a b. The answer is") and told.letter == "B"


def test_an_answer_that_names_no_option_stays_unparsed():
    backend = Scripted(lambda prompt, *_: " unclear." if prompt.endswith("The answer is") else " a. The answer is B.")
    (told,) = BudgetForcing(budget=9)(backend, ONE, BARE[:1], 0)
    assert told.outcome == "unparsed" and told.letter is None


def test_examples_stand_before_the_steps():
    backend = Scripted(thinker)
    BudgetForcing(budget=0)(backend, ONE, [[QUESTIONS[7]]], 0)
    assert "What is number 7?" in backend.asked[0]


@pytest.mark.parametrize("when", ["thinking", "answering"])
def test_what_could_not_be_asked_has_failed_and_the_others_go_on(when):
    class Flaky(Scripted):
        def generate(self, prompts, sampling):
            down = Reply(completions=(Completion(text="timeout", tokens=0, finish="failed"),), usage=Usage())
            replies = super().generate(prompts, sampling)
            now = bool(prompts) and prompts[0].endswith("The answer is") == (when == "answering")
            return [down if now and "number 1?" in prompt else reply for prompt, reply in zip(prompts, replies)]

    found = BudgetForcing(budget=20)(Flaky(thinker), UNSOLVED[1:3], BARE[:2], 0)
    assert [one.outcome for one in found] == ["failed", "answered"]


def test_no_number_is_below_nothing():
    with pytest.raises(ValueError, match="budget -1"):
        BudgetForcing(budget=-1)
