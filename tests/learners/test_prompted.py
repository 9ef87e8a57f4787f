import json

import pytest

from tests.language.exams import exam, key, record
from vesalius.errors import UserError
from vesalius.language.backend import Sampling
from vesalius.language.mocks import first_option, last_seen, oracle
from vesalius.language.scripted import Scripted, text_of
from vesalius.learners.learner import Learner
from vesalius.learners.prompted import FILE, Prompted

RECORDS = exam(40)
TRAIN, TEST = RECORDS[:20], RECORDS[20:]


def values(learner, records=TEST):
    return [one.value for one in learner.predict(records)]


@pytest.mark.parametrize("protocol", ["letter", "text by length", "generation"])
def test_an_oracle_is_right_and_its_costs_are_told(protocol):
    learner = Prompted(lambda: oracle(key(RECORDS)), protocol=protocol, shots=3, permute=True)
    assert isinstance(learner, Learner) and learner.trained_parameters == 0
    learner.fit(TRAIN, [])
    found = learner.predict(TEST)
    assert [one.value for one in found] == ["ABCD"[number % 4] for number in range(20, 40)]
    assert all(one.calls == 1 and one.tokens > 25 and one.raw for one in found)


def test_the_target_is_never_looked_at():
    seen = Prompted(lambda: first_option())
    assert values(seen, [record(1, "not a letter")]) == ["A"]


def test_the_model_is_made_when_it_is_first_asked():
    made = []
    learner = Prompted(lambda: made.append(1) or first_option())
    learner.fit([], [])
    assert made == []
    values(learner), values(learner)
    assert made == [1]


def test_examples_and_order_depend_on_the_seed():
    def prompts(seed):
        backend = Scripted(lambda *_: "")
        learner = Prompted(lambda: backend, shots=4, permute=True, seed=seed)
        learner.fit(TRAIN, [])
        learner.predict(TEST)
        return [prompt for prompt, _ in backend.scored]

    assert prompts(1) == prompts(1) != prompts(2)


def test_sampling_takes_the_learners_seed():
    seeds = []
    backend = Scripted(lambda prompt, sampling, sample: seeds.append(sampling.seed) or "The answer is A.")
    values(Prompted(lambda: backend, protocol="generation", sampling=Sampling(temperature=1.0), seed=7), TEST[:1])
    assert seeds == [7]


@pytest.mark.parametrize("choose", ["random", "embedding"])
def test_what_was_saved_answers_as_before(tmp_path, choose):
    backend, again = Scripted(lambda *_: "", identity="m"), Scripted(lambda *_: "", identity="m")
    learner = Prompted(lambda: backend, shots=2, choose=choose, seed=3)
    learner.fit(TRAIN, [])
    learner.predict(TEST)
    learner.save(tmp_path)
    loaded = Prompted(lambda: again, shots=2, choose=choose, seed=3)
    loaded.load(tmp_path)
    loaded.predict(TEST)
    assert again.scored == backend.scored
    content = json.loads((tmp_path / FILE).read_text())
    assert content["model"] == "m" and content["prompt"].startswith("letter@1:")
    assert len(content["shots"]) == (2 if choose == "random" else 20)


def test_examples_must_be_there(tmp_path):
    learner = Prompted(last_seen, shots=5)
    with pytest.raises(UserError, match="3 training records"):
        learner.fit(TRAIN[:3], [])
    with pytest.raises(UserError, match="no examples yet"):
        learner.predict(TEST)
    with pytest.raises(UserError, match="lacks the field 'answer'"):
        learner.fit([record(number) for number in range(5)], [])
    with pytest.raises(UserError, match="missing"):
        learner.load(tmp_path)
    (tmp_path / FILE).write_text('{"shots": [{"id": 1}]}')
    with pytest.raises(UserError, match="damaged"):
        learner.load(tmp_path)


def test_a_conversation_shows_examples_as_turns():
    backend = Scripted(lambda *_: "The answer is A.")
    learner = Prompted(lambda: backend, protocol="generation", shots=2, chat=True)
    learner.fit(TRAIN, [])
    learner.predict(TEST[:1])
    assert [turn.role for turn in backend.asked[0]] == ["user", "assistant", "user", "assistant", "user"]
    assert "What is number 20?" in text_of(backend.asked[0])
