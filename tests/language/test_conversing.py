import pytest

from tests.language.exams import exam
from vesalius.language.backend import Begun, Message, Sampling
from vesalius.language.conversing import Conversing
from vesalius.language.questions import question_of
from vesalius.language.scripted import Scripted
from vesalius.language.steering.budget import BudgetForcing
from vesalius.language.tree_of_thoughts.tree import TreeOfThoughts

TURNS = (Message("system", "Be brief."), Message("user", "Why?"))


def test_a_text_is_what_the_user_says_and_an_answer_that_has_begun_is_the_models_turn():
    inner = Scripted(lambda prompt, sampling, sample: "yes")
    Conversing(inner).generate(["Why? Answer:", Begun("Why? Answer:", " For"), Begun("Why?", ""), TURNS], Sampling())
    assert inner.asked == [
        (Message("user", "Why? Answer:"),),
        (Message("user", "Why? Answer:"), Message("assistant", "For")),
        (Message("user", "Why?"),),
        TURNS,
    ]


def test_an_answer_that_begins_has_no_space_in_front_and_one_that_goes_on_keeps_it():
    inner = Scripted(lambda prompt, sampling, sample: "")
    Conversing(inner).score(["Why?", Begun("Why?", " It is")], [(" A", " B"), (" A", " B")])
    assert [said for _, said in inner.scored] == [("A", "B"), (" A", " B")]


def test_its_answers_are_not_those_of_the_model_that_continues_texts():
    inner = Scripted(lambda prompt, sampling, sample: "")
    assert Conversing(inner).identity != inner.identity
    assert (Conversing(inner).embed(["a b"]) == inner.embed(["a b"])).all()


@pytest.mark.parametrize("strategy", [BudgetForcing(budget=8, waits=1), TreeOfThoughts(width=1, beam=1, depth=2)])
def test_steps_so_far_are_the_models_own_turn(strategy):
    inner = Scripted(lambda prompt, sampling, sample: "A step")
    questions = [question_of(record) for record in exam(2)]
    strategy(Conversing(inner), questions, [()] * 2, 0)
    asked = [*inner.asked, *(prompt for prompt, _ in inner.scored)]
    begun = [turns for turns in asked if len(turns) == 2]
    assert any(turns[1].role == "assistant" and turns[1].text.startswith("A step") for turns in begun)
    assert all(turns[0].text.endswith("Answer:") for turns in begun)
    assert any(turns[1].text.endswith("The answer is") for turns in begun)
