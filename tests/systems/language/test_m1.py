import pytest

from tests.systems.language.doctors import Doctor, letter_of, run, with_model
from vesalius.language.scripted import Scripted, text_of
from vesalius.systems.language.m1 import DOWN, ROOM, STEPS, SYSTEM, UP, Forced, forced

__all__ = ["with_model"]

TASK = SYSTEM.tasks["clinic"]("default")[2]
RECORDS = TASK.source.records()


class Thinker(Doctor):
    """Knows the answer once twenty words are thought; is talked out of it by a second wait."""

    def say(self, prompt, sampling, sample):
        text = text_of(prompt)
        asked = text[text.rfind(self.question_in(text)) :]
        thought = asked.rpartition("Answer:")[2]
        if text.endswith("The answer is"):
            told = super().say(prompt, sampling, sample).rpartition(" ")[2]
            known = "word20" in thought and thought.count("Wait") < 2
            return f" {told if known else 'ABCD'[('ABCD'.index(told[0]) + 1) % 4]}"
        if "step by step" not in asked:
            return " The answer is A."
        if "Wait" in thought:
            return " again. The answer is A."
        return (
            "".join(f" word{number}" for number in range(1, 31)) + " " + super().say(prompt, sampling, sample).rpartition(". ")[2]
        )


def test_accuracy_grows_with_the_budget_up_to_what_is_needed(with_model):
    with_model(Thinker(RECORDS, 1.0))
    found = {budget: run(SYSTEM, TASK, "default", f"budget {budget}")[1] for budget in DOWN["clinic"]["default"]}
    assert {budget for budget, right in found.items() if right == 1.0} == {32, 64, 128}
    assert {budget for budget, right in found.items() if right == 0.0} == {0, 8, 16}
    assert run(SYSTEM, TASK, "default", "steps as long as it likes")[1] == 1.0


def test_a_larger_budget_costs_more(with_model):
    with_model(Thinker(RECORDS, 1.0))
    spent = [sum(one.tokens for one in run(SYSTEM, TASK, "default", f"budget {budget}")[0]) for budget in (0, 8, 16, 32)]
    assert spent == sorted(spent) and len(set(spent)) == 4


def test_waiting_is_counted_where_it_mends_and_breaks(with_model):
    with_model(Thinker(RECORDS, 1.0))
    truths = [letter_of(record) for record in TASK.split(RECORDS).test]
    cut, freely, once, twice = (run(SYSTEM, TASK, "default", arm)[0] for arm in ("budget 8", "budget 128", "1 wait", "2 waits"))
    assert forced(cut, freely, truths) == Forced(mended=150, broken=0, same=0)
    assert forced(freely, once, truths) == Forced(mended=0, broken=0, same=150)
    assert forced(freely, twice, truths) == Forced(mended=0, broken=150, same=0)


def test_every_budget_and_number_of_waits_is_an_arm():
    for data in SYSTEM.tasks:
        names = SYSTEM.learners(type("T", (), {"tags": {"data": data}})(), "paper")
        assert len(names) == len(DOWN[data]["paper"]) + len(UP["paper"])


@pytest.mark.parametrize("size", ["smoke", "default", "paper"])
def test_steps_as_long_as_it_likes_may_be_as_long_as_any_budget(size):
    task = type("T", (), {"tags": {"data": "medqa"}})()
    limit = SYSTEM.baselines(task, size)[STEPS].args[2].strategy.sampling.max_tokens
    assert limit >= max(DOWN["medqa"][size]) and (size != "paper" or limit >= ROOM["medqa"][size])


def test_a_model_that_names_no_option_is_not_credited(with_model):
    with_model(Scripted(lambda *_: " hm."))
    told, right = run(SYSTEM, TASK, "default", "1 wait")
    assert right == 0.0 and {one.outcome for one in told} == {"unparsed"}
