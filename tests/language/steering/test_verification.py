import pytest

from tests.language.steering.minds import BARE, KEY, UNSOLVED, asked_in, right_share
from vesalius.language.backend import Completion, Reply, Usage
from vesalius.language.mocks import options_of
from vesalius.language.scripted import Scripted
from vesalius.language.steering import VerificationOfChoice


def argued_for(prompt):
    """The option that a prompt assumes or proposes."""
    line = next(line for line in prompt.split("\n") if line.startswith(("Assume", "Proposed")))
    letter = line.partition(": ")[2][0] if line.startswith("Proposed") else line.partition(" is ")[2][0]
    return options_of(prompt)[letter]


def arguer(prompt, sampling, sample):
    """Writes a sound reason for the right option only; of a proposal with a sound reason it says yes."""
    if "Proposed answer" in prompt:
        return " Yes." if "Reasons: it is sound" in prompt else " No."
    return f" it is {'sound' if argued_for(prompt) == KEY[asked_in(prompt)] else 'weak'}. The answer is A."


def doubt(prompt, continuation):
    """Believes sound reasons."""
    sound = "Reasons: it is sound" in prompt
    return -0.1 if (continuation == " yes") == sound else -2.0


@pytest.mark.parametrize("verdict", ["scored", "written"])
def test_the_option_whose_reasons_stand_up_is_the_answer(verdict):
    found = VerificationOfChoice(verdict=verdict)(Scripted(arguer, doubt), UNSOLVED[:20], BARE[:20], 0)
    assert right_share(found) == 1.0


def test_it_is_the_check_that_decides_not_the_words_that_closed_the_reasons():
    # the reasons all end at A, and a model that believes nothing has no favourite
    found = VerificationOfChoice()(Scripted(arguer, lambda *_: -1.0), UNSOLVED, BARE, 0)
    assert {one.letter for one in found} == set("ABCD") and abs(right_share(found) - 0.25) < 0.12


def test_every_option_is_argued_for_and_checked_with_its_own_reasons():
    backend = Scripted(lambda prompt, *_: f" for {argued_for(prompt)}.", doubt)
    VerificationOfChoice()(backend, UNSOLVED[:2], BARE[:2], 0)
    assert [argued_for(prompt) for prompt in backend.asked] == [option for one in UNSOLVED[:2] for option in one.options]
    for prompt, continuations in backend.scored:
        assert continuations == (" yes", " no") and f"Reasons: for {argued_for(prompt)}." in prompt


def test_both_rounds_are_paid_for():
    backend = Scripted(arguer, doubt)
    (told,) = VerificationOfChoice()(backend, UNSOLVED[:1], BARE[:1], 0)
    asked = sum(len(prompt.split()) for prompt in [*backend.asked, *(prompt for prompt, _ in backend.scored)])
    assert told.calls == 8 and told.tokens == asked + 4 * len(["it", "is", "weak.", "The", "answer", "is", "A."]) + 4 * 2


def test_a_check_that_says_neither_is_none_and_without_any_nothing_is_answered():
    mumbling = Scripted(lambda prompt, *_: " perhaps" if "B. heparin" not in prompt.partition("Proposed")[2] else " yes")
    (told,) = VerificationOfChoice(verdict="written")(mumbling, UNSOLVED[:1], BARE[:1], 0)
    assert told.letter == "B"
    (told,) = VerificationOfChoice(verdict="written")(Scripted(lambda *_: " perhaps"), UNSOLVED[:1], BARE[:1], 0)
    assert told.outcome == "unparsed" and told.letter is None


def test_reasons_that_could_not_be_had_are_a_failure():
    class Down(Scripted):
        def generate(self, prompts, sampling):
            return [Reply(completions=(Completion(text="timeout", tokens=0, finish="failed"),), usage=Usage())] * len(prompts)

    (told,) = VerificationOfChoice()(Down(arguer), UNSOLVED[:1], BARE[:1], 0)
    assert told.outcome == "failed"
    (told,) = VerificationOfChoice()(Scripted(arguer, lambda *_: float("nan")), UNSOLVED[:1], BARE[:1], 0)
    assert told.outcome == "failed"
