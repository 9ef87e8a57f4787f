import math

import pytest

from tests.language.exams import exam, key, record
from vesalius.errors import UserError
from vesalius.language.backend import Completion, Likelihood, Reply, Sampling, Scored, Usage
from vesalius.language.choices import GENERATED, NEXT_QUESTION, PROTOCOLS, answer, prompt_of
from vesalius.language.mocks import first_option, last_seen, oracle, refuser
from vesalius.language.questions import from_rows, permuted, question_of, to_row
from vesalius.language.scripted import Scripted
from vesalius.records import Choices, Record, Text

RECORDS = exam(20)
QUESTIONS = [question_of(one) for one in RECORDS]
RIGHT = ["ABCD"[number % 4] for number in range(20)]


def letters(backend, questions, protocol, **options):
    return [one.letter for one in answer(backend, questions, protocol, **options)]


@pytest.mark.parametrize("chat", [False, True])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_oracle_is_right_by_every_protocol_in_every_order(protocol, chat):
    for shown in (QUESTIONS, [permuted(question, 3) for question in QUESTIONS]):
        assert letters(oracle(key(RECORDS)), shown, protocol, shots=[QUESTIONS[:2]] * 20, chat=chat) == RIGHT


@pytest.mark.parametrize("protocol", ["letter", "generation"])
def test_answers_by_place_follow_the_order_and_are_told_in_the_records_letters(protocol):
    shown = [permuted(question, 3) for question in QUESTIONS]
    found = letters(first_option(), shown, protocol)
    assert found == [question.original(0) for question in shown] and set(found) == set("ABCD")


def test_the_order_depends_on_seed_and_record_alone():
    assert permuted(QUESTIONS[1], 5) == permuted(QUESTIONS[1], 5)
    assert len({permuted(QUESTIONS[1], seed).order for seed in range(30)}) > 10
    assert len({permuted(question, 0).order for question in QUESTIONS}) > 5


def test_the_letter_of_the_last_example_is_repeated_by_a_model_that_copies():
    assert letters(last_seen(), QUESTIONS, "letter", shots=[[QUESTIONS[0], QUESTIONS[2]]] * 20) == ["C"] * 20


def test_a_refusal_is_no_answer():
    found = answer(refuser(), QUESTIONS, "generation")
    assert {one.outcome for one in found} == {"refused"} and {one.letter for one in found} == {None}


def test_length_counts_only_where_it_is_not_divided_out():
    question = question_of(record(1))
    scorer = {" aspirin 1": -4.0, " heparin 1": -5.0, " warfarin 1": -4.9, " alteplase 1": -4.1}
    backend = Scripted(lambda *_: "", lambda prompt, continuation: scorer[continuation])
    assert letters(backend, [question], "text") == ["A"]
    # 4.1 / 11 characters is less than 4.0 / 9
    assert letters(backend, [question], "text by length") == ["D"]


def test_options_are_shown_or_scored_as_the_protocol_says():
    backend = Scripted(lambda *_: "")
    answer(backend, QUESTIONS[:1], "letter")
    answer(backend, QUESTIONS[:1], "text")
    (shown, by_letter), (hidden, by_text) = backend.scored
    assert "B. heparin 0" in shown and by_letter == (" A", " B", " C", " D")
    assert "heparin" not in hidden and by_text[1] == " heparin 0"


def test_an_option_is_one_line():
    broken = Record(id="1", subject_id="1", fields={"question": Text("?"), "options": Choices(("a ", "two\n words\n"))})
    assert question_of(broken).lettered == "A. a\nB. two words"


def test_context_stands_before_the_question():
    asked = prompt_of(question_of(record(1, context="An abstract.")), "letter", (), chat=False)
    assert asked.startswith("Question: An abstract.\n\nWhat is number 1?\nA. aspirin 1")


def test_steps_are_shown_where_steps_are_asked_for():
    explained = from_rows([{**to_row(QUESTIONS[1]), "explanation": "It binds antithrombin."}])
    for protocol in PROTOCOLS:
        assert ("antithrombin" in prompt_of(QUESTIONS[0], protocol, explained, chat=False)) == (protocol == "chain of thought")


def test_a_text_model_is_stopped_where_it_asks_itself():
    backend = Scripted(lambda *_: f"The answer is B.{NEXT_QUESTION} What? The answer is C.")
    assert letters(backend, QUESTIONS[:1], "generation") == ["B"]


class Down(Scripted):
    def generate(self, prompts, sampling):
        return [Reply(completions=(Completion(text="A", tokens=0, finish="failed"),), usage=Usage()) for _ in prompts]

    def score(self, prompts, continuations):
        unknown = Likelihood(log_probability=math.nan, tokens=0, greedy=False)
        known = Likelihood(log_probability=-1.0, tokens=1, greedy=True)
        return [Scored(likelihoods=(known, unknown, known, known), usage=Usage()) for _ in prompts]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_could_not_be_asked_has_failed(protocol):
    (found,) = answer(Down(lambda *_: ""), QUESTIONS[:1], protocol)
    assert found.outcome == "failed" and found.letter is None


def test_costs_and_raw_texts_are_kept():
    (said,) = answer(first_option(), QUESTIONS[:1], "generation", sampling=Sampling(max_tokens=3))
    assert said.raw == "The answer is" and said.outcome == "unparsed" and said.calls == 1 and said.tokens > 3
    (scored,) = answer(first_option(), QUESTIONS[:1], "letter")
    assert scored.raw.startswith("A -0.02") and scored.tokens > 4
    assert "letter" not in GENERATED


@pytest.mark.parametrize("target", ["A,C", "E", "", "a"])
def test_several_right_options_or_none_are_refused(target):
    with pytest.raises(UserError, match="record q1, field 'answer'"):
        question_of(record(1, target))
