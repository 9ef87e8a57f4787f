import numpy as np
import pytest

from vesalius.errors import UserError
from vesalius.metrics.pareto import pareto_front
from vesalius.sources.public.medagentsbench import ANSWERED, MedAgentsBench, hard_subset
from vesalius.sources.public.root import VARIABLE
from vesalius.sources.simulators.recorded_answers import METHODS
from vesalius.systems.agents.medagentsbench import REFERENCE, SYSTEM, THINKING, zero_shot_correct

FILTERED = {"medqa": 156, "medmcqa": 638, "pubmedqa": 104}


def accuracies(task, size):
    test = task.split(task.source.records()).test
    blind = [task.blind(record) for record in test]
    found = {}
    for name, build in {**SYSTEM.learners(task, size), **SYSTEM.baselines(task, size)}.items():
        predictions = build(0).predict(blind)
        found[name] = (np.mean([p.value == task.truth(r) for p, r in zip(predictions, test, strict=True)]), predictions)
    return found


@pytest.mark.parametrize("name", ["medagentsbench", "mirage"])
def test_without_the_data_folder_only_the_simulated_answers_are_at_hand(name, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(UserError, match=VARIABLE):
        SYSTEM.tasks[name]("smoke")
    assert SYSTEM.tasks["simulated"]("smoke")


def test_simulated_methods_reach_their_planted_accuracy_and_the_known_front():
    (task,) = SYSTEM.tasks["simulated"]("paper")
    found = accuracies(task, "paper")
    for name, planted in METHODS.items():
        assert abs(found[name][0] - planted.accuracy) < 4 * np.sqrt(planted.accuracy * (1 - planted.accuracy) / 4000)
    tokens = [np.mean([p.tokens for p in predictions]) for _, predictions in found.values()]
    front = pareto_front(tokens, [accuracy for accuracy, _ in found.values()])
    assert {"zero_shot", "gains"} <= {name for name, on in zip(found, front, strict=True) if on}
    assert "loses" not in {name for name, on in zip(found, front, strict=True) if on}


def test_smoke_size_is_a_few_tasks_of_few_questions(public_data):
    public_data("llm-outputs")
    tasks = [task for make in SYSTEM.tasks.values() for task in make("smoke")]
    assert len(tasks) <= 5
    for task in tasks:
        split = task.split(task.source.records())
        assert (len(split.train), len(split.validation)) == (0, 0)
        assert 0 < len(split.test) <= 40


def test_every_method_of_every_model_meets_zero_shot_on_the_hard_questions(public_data):
    public_data("llm-outputs")
    tasks = SYSTEM.tasks["medagentsbench"]("default")
    assert len({task.name for task in tasks}) == len(tasks) == 3 * (3 + 2)
    by_name = {task.name: task for task in tasks}
    methods = by_name["pubmedqa-hard/gpt-4o-mini"]
    assert len(SYSTEM.learners(methods, "default")) == 10
    assert set(SYSTEM.baselines(methods, "default")) == {"zero_shot"}
    models = by_name["medmcqa/zero-shot models"]
    assert set(SYSTEM.learners(models, "default")) == set(THINKING)
    assert set(SYSTEM.baselines(models, "default")) == {REFERENCE}


def test_unread_answers_are_counted_and_never_right(public_data):
    public_data("llm-outputs")
    task = next(task for task in SYSTEM.tasks["medagentsbench"]("default") if task.name == "pubmedqa-hard/gpt-4o")
    _, predictions = accuracies(task, "default")["mdagents"]
    # A third of this arm's answers are "E", an option that the question does not have.
    assert sum(p.outcome == "unparsed" for p in predictions) > 30
    assert all(p.value is None for p in predictions if p.outcome != "answered")


def test_retrieval_meets_chain_of_thought_for_every_set_and_model(public_data):
    public_data("llm-outputs")
    tasks = SYSTEM.tasks["mirage"]("default")
    assert len(tasks) == 6
    assert all(set(SYSTEM.learners(t, "default")) == {"rag_32"} and set(SYSTEM.baselines(t, "default")) == {"cot"} for t in tasks)


# MIRAGE's evaluation takes a text that it cannot read for the letter A; so credited, our readings give the accuracy of its
# leaderboard (teddy-xionggz.github.io/MIRAGE), chain of thought and MedRAG, but for texts of several letters, of which it takes
# the first.
PUBLISHED = {
    "mirage-medqa/gpt-35-turbo-16k": (0.6504, 0.6661),
    "mirage-medqa/gpt-4-32k": (0.8397, 0.8280),
    "mirage-medmcqa/gpt-35-turbo-16k": (0.5525, 0.5804),
    "mirage-medmcqa/gpt-4-32k": (0.6988, 0.6665),
    "mirage-pubmedqa/gpt-35-turbo-16k": (0.3600, 0.6740),
    "mirage-pubmedqa/gpt-4-32k": (0.3960, 0.7060),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_crediting_a_to_what_is_unread_gives_the_published_accuracy(public_data, name):
    public_data("llm-outputs")
    task = next(task for task in SYSTEM.tasks["mirage"]("default") if task.name == name)
    truths = [task.truth(record) for record in task.split(task.source.records()).test]
    found = accuracies(task, "default")
    for arm, published in zip(("cot", "rag_32"), PUBLISHED[name], strict=True):
        lenient = np.mean([(p.value or "A") == truth for p, truth in zip(found[arm][1], truths, strict=True)])
        assert found[arm][0] <= lenient == pytest.approx(published, abs=0.003)


@pytest.mark.parametrize("dataset", ANSWERED)
def test_the_released_hard_questions_are_a_sample_of_those_that_the_filter_keeps(public_data, dataset):
    public_data("llm-outputs")
    ids, models, correct_IM = zero_shot_correct(dataset)
    kept = {name for name, hard in zip(ids, hard_subset(correct_IM), strict=True) if hard}
    released = {record.id for record in MedAgentsBench(dataset, "test_hard").records()}
    assert len(models) == 10
    assert len(kept) == FILTERED[dataset]
    assert len(released) == 100
    assert released <= kept
