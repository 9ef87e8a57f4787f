import json

import pytest

from tests.language.exams import exam, key, record
from tests.language.steering.minds import KEY, RECORDS, biased, noisy, share
from tests.language.steering.test_own_steps import half_wise
from vesalius.errors import UserError
from vesalius.language.backend import Sampling
from vesalius.language.mocks import oracle
from vesalius.language.scripted import Scripted, text_of
from vesalius.language.steering import Ask, BudgetForcing, VerificationOfChoice
from vesalius.learners.learner import Learner
from vesalius.learners.steered import FILE, Steered
from vesalius.records import Choices, Record, Text

TRAIN, TEST = RECORDS[:40], RECORDS[40:80]
CHAINS = Sampling(max_tokens=64, temperature=0.7)
STEPS = Sampling(max_tokens=64)


def accuracy(learner, records):
    told = learner.predict(records)
    return sum(one.value == record.get("answer", Text).value for one, record in zip(told, records, strict=True)) / len(records)


@pytest.mark.parametrize(
    "strategy",
    [Ask(), Ask(protocol="letter"), Ask(votes=3, shuffle=True), Ask(protocol="chain of thought", votes=3, sampling=CHAINS)],
    ids=repr,
)
def test_an_oracle_is_right_whatever_the_strategy(strategy):
    learner = Steered(lambda: oracle(KEY), strategy, shots=2, choose="embedding")
    assert isinstance(learner, Learner) and learner.trained_parameters == 0
    learner.fit(TRAIN, [])
    assert accuracy(learner, TEST) == 1.0


def test_every_answer_depends_on_seed_and_record_alone():
    for strategy in (Ask(votes=5, shuffle=True), Ask(protocol="chain of thought", votes=5, sampling=CHAINS)):
        together = [one.value for one in Steered(lambda: noisy(0.4), strategy, seed=1).predict(TEST)]
        alone = [Steered(lambda: noisy(0.4), strategy, seed=1).predict([one])[0].value for one in TEST]
        other = [one.value for one in Steered(lambda: noisy(0.4), strategy, seed=2).predict(TEST)]
        assert together == alone != other


def planted(number):
    """A question whose rule its neighbours share: what was said of its sign is right again."""
    sign, right = f"sign{number % 20}", "ABCD"[int(4 * share("rule", number % 20))]
    fields = {"question": Text(f"{sign} case {number}"), "options": Choices(("w", "x", "y", "z")), "answer": Text(right)}
    return Record(id=f"p{number}", subject_id=f"p{number}", fields=fields)


def test_nearest_examples_carry_a_rule_that_random_ones_do_not():
    def copies(prompt, sampling, sample):
        """The answer of the last example with the same sign; without one, D."""
        *shown, asked = text_of(prompt).split("\n\n")
        sign = asked.split()[1]
        answers = [one.rpartition(" ")[2] for one in shown if one.split()[1] == sign]
        return f"The answer is {answers[-1] if answers else 'D.'}"

    records = [planted(number) for number in range(100)]
    scores = {}
    for choose in ("random", "embedding"):
        learner = Steered(lambda: Scripted(copies), Ask(), shots=3, choose=choose)
        learner.fit(records[:60], [])
        scores[choose] = accuracy(learner, records[60:])
    assert scores["embedding"] > 0.9 > 0.6 > scores["random"]


def test_the_models_own_steps_are_shown_and_only_right_ones():
    backend = Scripted(half_wise)
    learner = Steered(lambda: backend, Ask(protocol="chain of thought", sampling=STEPS), shots=4, choose="bm25", own_steps=STEPS)
    learner.fit(TRAIN, [])
    backend.asked.clear()
    learner.predict(TEST[:5])
    shown = [line for prompt in backend.asked for line in prompt.split("\n") if line.startswith("Answer: Thought of")]
    numbers = {int(line.split()[3].rstrip(".")) for line in shown}
    assert len(shown) == 20 and all(number % 2 == 0 and number % 10 for number in numbers)


def test_what_the_own_steps_took_is_added_once_and_whole():
    def tokens(own_steps):
        backend = Scripted(half_wise)
        learner = Steered(
            lambda: backend, Ask(protocol="chain of thought", sampling=STEPS), shots=1, choose="bm25", own_steps=own_steps
        )
        learner.fit(TRAIN, [])
        prepared = sum(len(prompt.split()) for prompt in backend.asked)
        backend.asked.clear()
        first, again = learner.predict(TEST), learner.predict(TEST)
        return prepared, sum(one.tokens for one in first) - sum(one.tokens for one in again), sum(one.calls for one in first)

    prepared, added, calls = tokens(STEPS)
    assert added > prepared > 0 and calls == 40 + 40
    assert tokens(None) == (0, 0, 40)


def test_a_model_that_is_never_right_has_no_examples_and_goes_on_without():
    backend = Scripted(lambda *_: "The answer is E.")
    learner = Steered(lambda: backend, Ask(), shots=2, own_steps=STEPS)
    learner.fit(TRAIN, [])
    assert {one.outcome for one in learner.predict(TEST)} == {"unparsed"} and "number 1?" not in backend.asked[-1]


@pytest.mark.parametrize(
    "strategy",
    [Ask(votes=3, shuffle=True), BudgetForcing(budget=8, waits=1), VerificationOfChoice()],
    ids=lambda one: type(one).__name__,
)
def test_what_was_saved_answers_as_before(tmp_path, strategy):
    learner = Steered(lambda: biased(0.4), strategy, shots=2, choose="bm25", seed=3)
    learner.fit(TRAIN, [])
    said = [(one.value, one.tokens) for one in learner.predict(TEST[:5])]
    learner.save(tmp_path)
    loaded = Steered(lambda: biased(0.4), strategy, shots=2, choose="bm25", seed=3)
    loaded.load(tmp_path)
    assert [(one.value, one.tokens) for one in loaded.predict(TEST[:5])] == said
    content = json.loads((tmp_path / FILE).read_text())
    assert len(content["shots"]) == 40 and all("@1:" in label for label in content["prompts"])


def test_the_target_is_never_looked_at():
    assert Steered(lambda: biased(1.0), Ask()).predict([record(1, "not a letter")])[0].value == "A"


def test_examples_must_be_there(tmp_path):
    learner = Steered(lambda: oracle(key(exam(3))), Ask(), shots=5)
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
