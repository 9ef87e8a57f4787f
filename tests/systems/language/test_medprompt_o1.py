import pytest

from tests.language.steering.test_votes import vote_accuracy
from tests.systems.language.doctors import Doctor, run, with_model
from vesalius.language.mocks import options_of
from vesalius.language.scripted import text_of
from vesalius.systems.language.medprompt_o1 import ORDERS, SYSTEM, Point, frontier

__all__ = ["with_model"]

TASK = SYSTEM.tasks["clinic"]("default")[2]
RECORDS = TASK.source.records()


def test_the_ensembles_gain_is_the_one_that_arithmetic_predicts_for_a_biased_doctor(with_model):
    # of half the answers the place in front decides, of the others 0.6, and a quarter of the rest by luck
    with_model(Doctor(RECORDS, 0.6, bias=0.3))
    single = 0.3 * 0.25 + 0.7 * (0.6 + 0.4 / 4)
    for count in ORDERS["default"]:
        _, found = run(SYSTEM, TASK, "default", f"Medprompt, {count} orders")
        expected = vote_accuracy(single, count)
        assert abs(found - expected) < 4 * (expected * (1 - expected) / 150) ** 0.5


def test_medprompt_shows_nearest_examples_with_own_steps_and_shuffles_only_the_question(with_model):
    backend = with_model(Doctor(RECORDS, 0.6))
    run(SYSTEM, TASK, "default", "Medprompt, 5 orders")
    prompts = [text_of(prompt) for prompt in backend.asked[-5:]]
    examples = {tuple(prompt.split("\n\n")[:-1]) for prompt in prompts}
    assert len(examples) == 1 and all("step after step" in example for example in next(iter(examples)))
    orders = {tuple(options_of(prompt).values()) for prompt in prompts}
    assert len(orders) > 2 and len({frozenset(order) for order in orders}) == 1


def test_the_frontier_is_recomputed_from_what_was_said_and_spent(with_model):
    with_model(Doctor(RECORDS, 0.6))
    arms = [
        "zero-shot",
        "nearest few-shot",
        "thinking",
        "thinking, random few-shot",
        "Medprompt, 3 orders",
        "Medprompt, 5 orders",
    ]
    accuracies, tokens = {}, {}
    for arm in arms:
        told, accuracies[arm] = run(SYSTEM, TASK, "default", arm)
        tokens[arm] = sum(one.tokens for one in told) / len(told)
    points = frontier(accuracies, tokens)
    assert [point.tokens for point in points] == sorted(tokens.values())
    for point in points:
        bettered = any(
            tokens[other] <= point.tokens
            and accuracies[other] >= point.accuracy
            and (tokens[other], accuracies[other]) != (point.tokens, point.accuracy)
            for other in arms
        )
        assert point == Point(point.arm, tokens[point.arm], accuracies[point.arm], not bettered)
    assert {"zero-shot", "Medprompt, 5 orders"} <= {point.arm for point in points if point.on_front}
    # examples that teach nothing cost without gaining
    assert tokens["thinking, random few-shot"] > tokens["thinking"]


@pytest.mark.parametrize("size", ["smoke", "default", "paper"])
def test_both_halves_of_the_study_and_every_ensemble_are_arms(size):
    names = set(SYSTEM.learners(TASK, size))
    assert {f"Medprompt, {count} orders" for count in ORDERS[size]} < names
    assert {"thinking", "thinking, random few-shot", "nearest few-shot", "nearest few-shot, own steps"} < names
