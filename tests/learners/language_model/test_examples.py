import copy

import pytest
from tests.learners.language_model.tiny import EXAMPLES, organs, tiny
from tokenizers.processors import TemplateProcessing

from vesalius.errors import UserError
from vesalius.language.choices import answer
from vesalius.language.questions import question_of
from vesalius.language.scripted import Scripted
from vesalius.learners.language_model.examples import IGNORED, Example, choice_examples, example_rows, text_rows
from vesalius.learners.language_model.networks import opened_network
from vesalius.records import Record


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return opened_network(tiny("llama", tmp_path_factory.mktemp("models")))[1]


def test_only_the_answer_and_the_end_behind_it_are_learnt(tokenizer):
    (row,) = example_rows([Example("the pain is", "in the heart")], tokenizer, 100)
    assert tokenizer.decode(row["input_ids"]) == "the pain is in the heart <end>"
    learnt = [token for token in row["labels"] if token != IGNORED]
    assert tokenizer.decode(learnt) == "in the heart <end>"
    assert row["labels"][:3] == [IGNORED] * 3


def test_an_answer_without_prompt_is_a_text_of_its_own(tokenizer):
    (row,) = example_rows([Example("", "the pain")], tokenizer, 100)
    assert [token for token in row["labels"] if token != IGNORED] == tokenizer("the pain<end>")["input_ids"]


def test_what_is_learnt_is_what_the_protocol_asks_for():
    (record,) = organs(1)
    backend = Scripted(lambda prompt, sampling, sample: "The answer is A.")
    answer(backend, [question_of(record)], "generation")
    (example,) = choice_examples([record], "generation")
    assert (example.prompt, example.answer) == (backend.asked[0], "The answer is A.")


def test_a_record_without_answer_is_refused():
    (record,) = organs(1)
    blind = Record(id="o", subject_id="o", fields={name: record.fields[name] for name in ("question", "options")})
    with pytest.raises(UserError, match="record o: lacks the field 'answer'"):
        choice_examples([blind], "letter")


def test_an_example_that_is_too_long_is_refused_by_its_place(tokenizer):
    with pytest.raises(UserError, match="training example 2: 8 tokens, where the model takes 7"):
        example_rows([EXAMPLES[2], Example("the pain in the heart is", "A")], tokenizer, 7)


def test_texts_are_packed_into_whole_blocks_with_an_end_behind_each(tokenizer):
    rows = text_rows(["the pain", "fever"], tokenizer, 5, seed=0)
    assert [len(row["input_ids"]) for row in rows] == [5]
    assert rows[0]["input_ids"] == rows[0]["labels"]
    assert sorted(tokenizer.decode(rows[0]["input_ids"]).replace("<end>", " . ").split()) == [".", ".", "fever", "pain", "the"]
    # two tokens are left over
    assert [len(row["input_ids"]) for row in text_rows(["the pain", "fever", "cough"], tokenizer, 5, seed=0)] == [5]
    with pytest.raises(UserError, match="training texts: none"):
        text_rows([], tokenizer, 5, seed=0)


@pytest.mark.parametrize("form", ["$A <end>", "the $A <end>"])
def test_an_end_that_the_tokenizer_adds_itself_stands_behind_the_answer_alone(form, tokenizer):
    ending = copy.deepcopy(tokenizer)
    begin = tokenizer("the")["input_ids"]
    ending.backend_tokenizer.post_processor = TemplateProcessing(single=form, special_tokens=[("<end>", 0), ("the", *begin)])
    examples = [Example("pain is", "in the heart"), Example("", "fever is")]
    front = begin if form.startswith("the") else []
    for row, plain in zip(*(example_rows(examples, each, 100) for each in (ending, tokenizer)), strict=True):
        # of an empty prompt, a beginning that the tokenizer adds takes the place of the end that stands for it
        own = plain["input_ids"][1:] if front and plain["input_ids"][0] == 0 else plain["input_ids"]
        assert row["input_ids"] == front + own
        assert [token for token in row["labels"] if token != IGNORED] == [token for token in plain["labels"] if token != IGNORED]
