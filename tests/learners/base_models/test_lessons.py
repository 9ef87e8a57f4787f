import numpy as np
import pytest

from vesalius.learners.base_models.lessons import lessons, shuffled, taught
from vesalius.learners.base_models.recipe import base_tokenizer
from vesalius.sources.simulators.mini_clinic import world


@pytest.fixture(scope="module")
def tokenizer():
    return base_tokenizer()


@pytest.mark.parametrize("name", list(lessons()))
def test_every_lesson_is_in_words_that_the_tokenizer_knows_and_gives_back(tokenizer, name):
    _, lesson = lessons()[name]
    rng = np.random.default_rng(0)
    for _ in range(20):
        example = lesson(rng)
        tokens = tokenizer(f"{example.prompt} {example.answer}")["input_ids"]
        assert tokenizer.unk_token_id not in tokens
        assert tokenizer.decode(tokenizer(example.answer)["input_ids"]) == example.answer


def test_shares_are_of_one_whole():
    assert sum(share for share, _ in lessons().values()) == pytest.approx(1.0)


def test_new_diseases_occur_only_where_passages_of_a_shuffled_world_are_read():
    rng, new = np.random.default_rng(1), set(world().new)
    for name, (_, lesson) in lessons().items():
        examples = [lesson(rng) for _ in range(200)]
        met = {word.strip(".,:?") for one in examples for word in f"{one.prompt} {one.answer}".split()} & new
        assert bool(met) == (name.startswith("reading") and name != "reading, examples"), name


def test_what_is_read_can_be_told_from_the_passages_and_not_from_the_world():
    rng, told, true = np.random.default_rng(2), 0, 0
    for _ in range(200):
        teacher = shuffled(rng)
        item = teacher.item("recall", rng)
        right = item.options[item.answer]
        facts = {*world().findings[item.disease], world().test[item.disease], world().treatment[item.disease]}
        true += right in facts
        told += right in teacher.document(item.documents[0], rng).text
    assert told == 200 and true < 100


def test_what_is_taught_of_known_diseases_is_true():
    rng = np.random.default_rng(3)
    disease, compared = taught().drill(rng).answer.rstrip(".").split(": ")
    assert all((pair.split()[1] == "yes") == (pair.split()[0] in world().findings[disease]) for pair in compared.split(", "))
