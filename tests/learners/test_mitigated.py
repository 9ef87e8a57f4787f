import numpy as np
import pytest

from tests.language.exams import exam, key
from vesalius.errors import UserError
from vesalius.language.backend import Message
from vesalius.language.cognitive_bias import BIASES, KEY, TAG, CognitiveBias, demonstrated, education
from vesalius.language.mocks import oracle, refuser
from vesalius.language.scripted import text_of
from vesalius.language.swayed import swayed
from vesalius.learners.bias_table import bias_table
from vesalius.learners.mitigated import FILE, Mitigated
from vesalius.records import Text

EXAM = exam(60)
TRAIN = CognitiveBias(every=True).build(EXAM[:4], 0)
TEST = CognitiveBias().build(EXAM[4:], 0)
RIGHT = key(EXAM)
CORRECTED = [education(kind) for kind in BIASES]


def scores(backend, mitigation, **options):
    learner = Mitigated(lambda: backend, mitigation, **options)
    learner.fit(TRAIN, [])
    said = [prediction.value for prediction in learner.predict(TEST)]
    keys = [one.get(KEY, Text).value for one in TEST]
    pairs = list(zip(said, keys, strict=True))
    return np.mean([value == true[0] for value, true in pairs]), np.mean([value == true[-1] for value, true in pairs])


def asked(mitigation, **options):
    backend = oracle(RIGHT)
    learner = Mitigated(lambda: backend, mitigation, **options)
    learner.fit(TRAIN, [])
    learner.predict(TEST)
    return [prompt for prompt, _ in backend.scored] or backend.asked


@pytest.mark.parametrize("protocol", ["letter", "generation", "chain of thought"])
def test_who_follows_every_remark_loses_everything_and_only_the_removal_helps(protocol):
    found = {one: scores(swayed(RIGHT), one, protocol=protocol) for one in ("plain", "education", "one-shot", "few-shot")}
    assert set(found.values()) == {(0.0, 1.0)}
    assert scores(swayed(RIGHT), "bias removed", protocol=protocol) == (1.0, 0.0)


def test_who_ignores_remarks_loses_nothing():
    for mitigation in ("plain", "education", "one-shot", "few-shot", "bias removed"):
        assert scores(oracle(RIGHT), mitigation) == (1.0, 0.0)


def test_who_is_corrected_by_education_is_corrected_by_nothing_else():
    backend = swayed(RIGHT, unless=CORRECTED)
    assert scores(backend, "education") == (1.0, 0.0)
    assert scores(backend, "plain") == scores(backend, "one-shot") == scores(backend, "few-shot") == (0.0, 1.0)


def test_who_learns_from_examples_of_not_being_misled_needs_the_second_one():
    backend = swayed(RIGHT, unless=("was not misled",))
    assert scores(backend, "few-shot") == (1.0, 0.0)
    assert scores(backend, "one-shot") == scores(backend, "education") == (0.0, 1.0)


def test_each_question_gets_the_education_of_its_own_bias():
    taught = [next(kind for kind in BIASES if education(kind) in prompt) for prompt in asked("education")]
    assert taught == sorted(one.tags[TAG] for one in TEST)


def test_examples_are_training_questions_of_the_same_bias_the_first_misled_the_second_right():
    kinds = sorted(one.tags[TAG] for one in TEST)
    by_question = {(one.tags[TAG], one.get("question", Text).value): one.get(KEY, Text).value for one in TRAIN}
    for kind, prompt in zip(kinds, asked("few-shot"), strict=True):
        parts = prompt.split("Question: ")
        assert len(parts) == 4
        keys = [by_question[kind, part.split("\n")[0]] for part in parts[1:3]]
        assert f"Answer: {keys[0][-1]}\nThis answer was wrong" in parts[1]
        assert f"Answer: {keys[1][0]}\nThis answer was right" in parts[2]
        assert keys[0] != keys[1] or parts[1] != parts[2]
    assert all(prompt.count("Question: ") == 2 and "was wrong" in prompt for prompt in asked("one-shot"))


def test_plain_prompts_say_nothing_and_a_conversation_has_the_mitigation_as_its_system():
    assert all(prompt.startswith("Question: What is number") for prompt in asked("plain"))
    turns = asked("education", chat=True)
    assert all(prompt[0] == Message("system", next(one for one in CORRECTED if one in text_of(prompt))) for prompt in turns)
    assert all(len(prompt) == 2 for prompt in turns)


def test_the_seed_draws_the_examples():
    assert asked("one-shot", seed=0) != asked("one-shot", seed=1)
    assert asked("one-shot", seed=1) == asked("one-shot", seed=1)


def test_too_few_or_no_examples_are_told():
    learner = Mitigated(lambda: oracle(RIGHT), "few-shot")
    with pytest.raises(UserError, match="no example; fit"):
        learner.predict(TEST)
    with pytest.raises(UserError, match="1 where 2 are shown"):
        learner.fit(CognitiveBias(every=True).build(EXAM[:1], 0), [])


@pytest.mark.parametrize("content", ["", "[]", '{"recency": [{"id": "x"}]}', '{"recency": [1]}', '{"recency": 3}'])
def test_a_damaged_file_is_told(content, tmp_path):
    learner = Mitigated(lambda: oracle(RIGHT), "one-shot")
    with pytest.raises(UserError, match="missing"):
        learner.load(tmp_path)
    (tmp_path / FILE).write_text(content)
    with pytest.raises(UserError, match="damaged"):
        learner.load(tmp_path)


def test_a_refusal_is_no_answer():
    learner = Mitigated(lambda: refuser(), protocol="generation")
    assert {one.outcome for one in learner.predict(TEST)} == {"refused"}


def test_the_table_shows_the_full_drop_of_a_follower_and_exactly_none_of_one_who_ignores():
    lost = bias_table(lambda: swayed(RIGHT, unless=CORRECTED), TRAIN, TEST)
    assert [row.bias for row in lost] == sorted(4 * list(BIASES))
    for row in lost:
        corrected = row.mitigation == "education"
        assert (row.without, row.accuracy, row.followed) == ((1, 1, 0) if corrected else (1, 0, 1))
        assert row.drop == 1 - row.accuracy
        # all of n pairs are discordant the same way: 2 · (1/2)^n
        assert row.p == pytest.approx(1.0 if corrected else 0.5 ** (row.questions - 1))
    assert sum(row.questions for row in lost if row.mitigation == "plain") == len(TEST)
    kept = bias_table(lambda: oracle(RIGHT), TRAIN, TEST, mitigations=("plain",))
    assert all((row.drop, row.p, row.followed) == (0, 1, 0) for row in kept)


def test_demonstrations_end_with_what_they_are_for():
    assert demonstrated(["one", "two"]).startswith("one\n\ntwo\n\n")
