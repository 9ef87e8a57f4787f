import numpy as np
import pytest

from vesalius.learners.base_models.lessons import Teacher, lessons
from vesalius.learners.base_models.mistakes import mistaken
from vesalius.learners.base_models.vocabulary import base_tokenizer
from vesalius.learners.base_models.worlds import known, shuffled
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
        assert bool(met) == name.startswith("reading"), name


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


def test_the_passages_are_insufficient_where_that_is_the_answer():
    rng, insufficient = np.random.default_rng(4), 0
    for _ in range(60):
        example = Teacher(shuffled(rng)).insufficient(rng)
        passages, _, asked = example.prompt.rpartition("\n\n")
        disease = next(name for name in (*world().known, *world().new) if f" {name} " in asked or f" {name}?" in asked)
        answered = f"{disease} has " in passages
        assert ("E" in example.answer.removeprefix("The answer is").split(".")[0]) == (not answered)
        insufficient += not answered
    assert 15 < insufficient < 45


def test_a_mistake_changes_one_step_and_its_count_follows():
    rng = np.random.default_rng(5)
    for level in ("recall", "one step", "several steps"):
        for _ in range(30):
            item = known().item(level, rng)
            wrong = mistaken(item, rng)
            changed = [(right, said) for right, said in zip(item.steps, wrong, strict=True) if right != said]
            assert len(changed) == 1 and len(wrong) == len(item.steps)
            if level == "several steps":
                said = changed[0][1]
                assert said.endswith(f", {said.count(' yes')}.")


def test_after_a_second_thought_the_steps_are_right():
    rng = np.random.default_rng(6)
    begun = [Teacher(known()).wait(rng) for _ in range(40)]
    assert all(one.prompt.endswith(" Wait,") for one in begun)
    thought = [one.prompt.split("Answer: ")[-1].removesuffix(" Wait,") for one in begun]
    repeated = sum(one.answer.startswith(first) for one, first in zip(begun, thought, strict=True))
    assert 5 < repeated < 35


def test_half_of_the_remarks_that_name_an_option_name_the_right_one_or_one_by_chance():
    rng, named, right = np.random.default_rng(7), 0, 0
    for _ in range(300):
        example = Teacher(known()).remark(rng)
        question = example.prompt.split("\nA. ")[0]
        if "\n\n" in question:
            continue
        options = dict(line.split(". ", 1) for line in example.prompt.split("\n") if line[:3] in {"A. ", "B. ", "C. ", "D. "})
        letter = next(key for key, option in options.items() if question.endswith(f" {option}."))
        named += 1
        right += example.answer.rstrip(".").endswith(letter)
    assert 0.5 < right / named < 0.75
