import pytest

from tests.systems.language.doctors import Doctor, run, with_model
from vesalius.language.scripted import text_of
from vesalius.systems.language.openmedlm import SYSTEM
from vesalius.tasks.texts import choices_task

__all__ = ["with_model"]

TASK = SYSTEM.tasks["clinic"]("default")[2]
RECORDS = TASK.source.records()
ARMS = {**SYSTEM.learners(TASK, "default"), **SYSTEM.baselines(TASK, "default")}


@pytest.fixture
def doctor(with_model):
    return with_model(Doctor(RECORDS, 0.6))


def accuracy(arm):
    return run(SYSTEM, TASK, "default", arm)[1]


def test_every_rung_of_the_ladder_is_an_arm():
    assert set(ARMS) == {
        "zero-shot",
        "random few-shot",
        "nearest few-shot",
        "chain of thought",
        "random few-shot, chain of thought",
        "nearest few-shot, chain of thought",
        "self-consistency",
        "nearest few-shot, self-consistency",
        "nearest few-shot, shuffled ensemble",
    }


def test_steps_and_votes_gain_what_a_model_of_known_skill_has_to_gain(doctor):
    # 0.6 + 0.4 / 4 with steps; five votes of those
    assert abs(accuracy("zero-shot") - 0.25) < 0.15
    assert abs(accuracy("chain of thought") - 0.7) < 0.15
    for arm in ("self-consistency", "nearest few-shot, self-consistency", "nearest few-shot, shuffled ensemble"):
        assert accuracy(arm) > accuracy("chain of thought") + 0.08


def shown(backend, arm):
    """Examples of each last prompt, a list a prompt."""
    run(SYSTEM, TASK, "default", arm)
    prompts = [text_of(prompt) for prompt in backend.asked]
    return [prompt.split("\n\n")[:-1] for prompt in prompts]


def test_random_examples_are_the_same_for_all_and_nearest_ones_are_each_questions_own(doctor):
    random = shown(doctor, "random few-shot")[-150:]
    doctor.asked.clear()
    nearest = shown(doctor, "nearest few-shot")[-150:]
    assert {len(own) for own in (*random, *nearest)} == {2}
    assert len({tuple(own) for own in random}) == 1 and len({tuple(own) for own in nearest}) > 50


@pytest.mark.parametrize("arm", ["random few-shot, chain of thought", "nearest few-shot, chain of thought"])
def test_examples_of_chains_are_the_models_own_and_right(doctor, arm):
    examples = [example for own in shown(doctor, arm)[-150:] for example in own]
    assert examples and all("step after step. The answer is" in example for example in examples)
    for example in examples:
        letter = example.rpartition("The answer is ")[2][0]
        option = next(line[3:] for line in example.split("\n") if line.startswith(f"{letter}. "))
        assert option == doctor.key[doctor.question_in(example)]


def test_dearer_rungs_cost_more_and_say_so(doctor):
    def tokens(arm):
        told, _ = run(SYSTEM, TASK, "default", arm)
        return sum(one.tokens for one in told) / len(told)

    arms = ("zero-shot", "nearest few-shot", "nearest few-shot, chain of thought", "nearest few-shot, shuffled ensemble")
    spent = [tokens(arm) for arm in arms]
    assert spent == sorted(spent) and spent[-1] > 4 * spent[-2] - 3 * spent[0]
    assert {one.calls for one in run(SYSTEM, TASK, "default", "zero-shot")[0]} == {1}


def test_medqa_is_read_with_examples_apart_from_the_questions(public_data):
    public_data("mirage")
    (task,) = SYSTEM.tasks["medqa"]("default")
    split = task.split(task.source.records())
    assert (len(split.train), len(split.test)) == (100, 100)
    assert not {one.id for one in split.train} & {one.id for one in split.test}
    assert choices_task(task.source).family == task.family
