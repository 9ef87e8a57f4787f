from tests.systems.language.doctors import Doctor, run, with_model
from vesalius.language.mocks import options_of
from vesalius.language.scripted import text_of
from vesalius.systems.language.antglm_med import CHAINS, SYSTEM, consistency

__all__ = ["with_model"]

TASK = SYSTEM.tasks["clinic"]("default")[2]
RECORDS = TASK.source.records()
OPTIONS = 4
CONSISTENCY = consistency("default")


class Checker(Doctor):
    """Can't tell the answer by itself, but argues soundly for the right option alone, and sees that."""

    def say(self, prompt, sampling, sample):
        text = text_of(prompt)
        if "Proposed answer" in text:
            return " Yes." if "Reasons: sound" in text else " No."
        if "Assume that" in text:
            letter = text.rpartition("the answer is ")[2][0]
            return (
                f" {'sound' if options_of(text)[letter] == self.key[self.question_in(text)] else 'weak'}. The answer is {letter}."
            )
        return super().say(prompt, sampling, sample)

    def judge(self, prompt, continuation):
        return -0.1 if (continuation == " yes") == ("Reasons: sound" in text_of(prompt)) else -3.0


class Talker(Checker):
    """The same, with steps as long as a prompt."""

    def say(self, prompt, sampling, sample):
        said = super().say(prompt, sampling, sample)
        return " step" * 50 + " " + said if sampling.max_tokens > 16 else said


def test_checking_every_option_finds_what_chains_do_not(with_model):
    with_model(Checker(RECORDS, 0.1))
    scores = {arm: run(SYSTEM, TASK, "default", arm)[1] for arm in {**SYSTEM.learners(TASK, "default"), CONSISTENCY: None}}
    assert scores["verification of choice"] == scores["verification of choice, written"] == 1.0
    assert scores[CONSISTENCY] < 0.8


def test_self_consistency_spends_about_what_verification_spends(with_model):
    # the text of the clinic's chains: 65 tokens behind a prompt of 66
    with_model(Talker(RECORDS, 0.3))
    spent = [sum(one.tokens for one in run(SYSTEM, TASK, "default", arm)[0]) for arm in (CONSISTENCY, "verification of choice")]
    assert 0.6 < spent[0] / spent[1] < 1.4


def test_every_option_is_argued_for_and_every_chain_votes(with_model):
    backend = with_model(Checker(RECORDS, 0.3))
    told, _ = run(SYSTEM, TASK, "default", CONSISTENCY)
    assert all(one.raw.count("[") == CHAINS["default"] for one in told)
    backend.asked.clear()
    run(SYSTEM, TASK, "default", "verification of choice")
    assert len(backend.asked) == OPTIONS * len(told)
