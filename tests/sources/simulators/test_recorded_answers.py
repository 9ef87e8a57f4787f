import numpy as np
import pytest

from vesalius.learners.recorded import Recorded
from vesalius.records import Text, digest_of
from vesalius.sources.simulators.recorded_answers import METHODS, SPREAD, Planted, SimulatedAnswers

COUNT = 4000


def outcomes(source):
    records = source.records()
    truths = [record.get("answer", Text).value for record in records]
    return {name: (Recorded(answers).predict(records), truths) for name, answers in source.answers().items()}


@pytest.fixture(scope="module")
def told():
    return outcomes(SimulatedAnswers(questions=COUNT, seed=3))


@pytest.mark.parametrize("name", METHODS)
def test_the_planted_accuracy_unanswered_share_and_costs_come_out(told, name):
    predictions, truths = told[name]
    planted = METHODS[name]
    right = np.mean([p.value == truth for p, truth in zip(predictions, truths, strict=True)])
    silent = np.mean([p.outcome != "answered" for p in predictions])
    for share, expected in ((right, planted.accuracy), (silent, planted.unanswered)):
        assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / COUNT)
    for costs, expected in (
        ([p.tokens for p in predictions], planted.tokens),
        ([p.seconds for p in predictions], planted.seconds),
    ):
        assert abs(np.mean(costs) / expected - 1) < 4 * np.sqrt(np.expm1(SPREAD**2) / COUNT) + 1 / expected
    assert {p.calls for p in predictions} == {planted.calls}


def test_an_unanswered_text_is_refused_empty_or_unparsed_each_time(told):
    predictions, _ = told["loses"]
    assert {p.outcome for p in predictions} == {"answered", "refused", "empty", "unparsed"}


def right(told, name):
    return np.array([p.value == truth for p, truth in zip(*told[name], strict=True)])


def test_methods_find_the_same_questions_hard_only_where_ease_is_shared(told):
    apart = outcomes(SimulatedAnswers(questions=COUNT, shared=0.0))
    assert np.corrcoef(right(told, "zero_shot"), right(told, "no_gain"))[0, 1] > 0.3
    assert abs(np.corrcoef(right(apart, "zero_shot"), right(apart, "no_gain"))[0, 1]) < 4 / np.sqrt(COUNT)


def test_a_seed_gives_the_same_records_and_answers_and_another_others():
    first, again, other = SimulatedAnswers(questions=50), SimulatedAnswers(questions=50), SimulatedAnswers(questions=50, seed=1)
    assert digest_of(first.records()) == digest_of(again.records()) != digest_of(other.records())
    assert first.answers() == again.answers() != other.answers()


@pytest.mark.parametrize("planted", [{"accuracy": 1.2}, {"accuracy": 0.9, "unanswered": 0.2}, {"accuracy": 0.5, "tokens": 0}])
def test_what_cannot_be_planted_is_an_error(planted):
    with pytest.raises(ValueError, match="accuracy lies between"):
        Planted(**planted)
