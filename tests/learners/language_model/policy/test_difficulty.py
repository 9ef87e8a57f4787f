import pytest
from tests.language.exams import exam
from torch import nn

from vesalius.language.questions import question_of
from vesalius.learners.language_model.policy import difficulty
from vesalius.learners.language_model.policy.difficulty import OfDifficulty, right_shares


class Texts:
    def __init__(self, texts):
        self.texts = tuple(texts)


@pytest.fixture
def right_in(monkeypatch):
    """Samples of which a question's number says how many of five are right."""

    def roll_out(network, tokenizer, prompts, *, samples, max_tokens, seed, stop):
        texts = []
        for prompt in prompts:
            number = int(prompt.split("number ")[1].split("?")[0])
            right = "ABCD"[number % 4]
            texts += [f"The answer is {right if sample < number % 6 else 'ABCD'[number % 4 - 1]}." for sample in range(samples)]
        return Texts(texts)

    monkeypatch.setattr(difficulty, "roll_out", roll_out)


def chosen(bands, count, records):
    choose = OfDifficulty(bands=bands, count=count, samples=5, max_tokens=8)
    return [int(record.id[1:]) % 6 for record in choose(nn.Linear(1, 1), None, records, 0)]


def test_a_question_is_as_hard_as_the_model_fails_it(right_in):
    questions = [question_of(record) for record in exam(40)]
    shares = right_shares(None, None, questions, protocol="generation", samples=5, max_tokens=8, seed=0)
    assert shares == pytest.approx([number % 6 / 5 for number in range(40)])


def test_bands_are_taken_in_equal_parts(right_in):
    assert set(chosen(("easy",), 99, exam(12))) == {4, 5}
    assert set(chosen(("hard",), 99, exam(12))) == {0, 1}
    mixed = chosen(("easy", "medium", "hard"), 9, exam(36))
    assert [sum(right in band for right in mixed) for band in ((4, 5), (2, 3), (0, 1))] == [3, 3, 3]


def test_a_model_is_tried_once_for_all_bands(right_in, monkeypatch):
    network, records = nn.Linear(1, 1), exam(12)
    choices = [OfDifficulty(bands=bands, count=99, samples=5, max_tokens=8) for bands in (("easy",), ("hard",))]
    easy = choices[0](network, None, records, 0)
    monkeypatch.setattr(difficulty, "roll_out", None)
    assert not {record.id for record in easy} & {record.id for record in choices[1](network, None, records, 0)}
    with pytest.raises(TypeError):
        choices[1](network, None, records, 1)


def test_without_any_of_the_band_as_many_are_taken_that_come_nearest(right_in):
    assert chosen(("hard",), 1, exam(36)[5::6]) == [5]
    some = [record for record in exam(36) if int(record.id[1:]) % 6 > 1]
    assert chosen(("hard",), 7, some) == [2, 3, 2, 2, 2, 2, 2]
    assert chosen(("medium",), 2, [exam(36)[place] for place in (0, 1, 5, 4)]) == [1, 4]
