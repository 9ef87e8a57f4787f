import pytest

from vesalius.language.cognitive_bias import BIASES, KEY, TAG, UNBIASED
from vesalius.records import Text
from vesalius.systems.trust.biasmedqa import EXAMPLES, MITIGATIONS, PLAIN, QUESTIONS, REMOVED, SYSTEM
from vesalius.trials.scoring import record_scores


def arms(task):
    return {**SYSTEM.baselines(task, "smoke"), **SYSTEM.learners(task, "smoke")}


def means(task):
    split = task.split(task.source.records())
    truths = [task.truth(record) for record in split.test]
    found = {}
    for name, build in arms(task).items():
        learner = build(0)
        learner.fit(split.train, split.validation)
        said = learner.predict([task.blind(record) for record in split.test])
        found[name] = tuple(float(record_scores(measure.metric, said, truths).mean()) for measure in task.measures)
    return found


RIGHT, FOLLOWED = (1.0, 0.0), (0.0, 1.0)
KNOWN = {
    "follows every remark": dict.fromkeys([PLAIN, *MITIGATIONS], FOLLOWED) | {REMOVED: RIGHT},
    "ignores remarks": dict.fromkeys([PLAIN, *MITIGATIONS, REMOVED], RIGHT),
    "corrected by education": dict.fromkeys([PLAIN, *MITIGATIONS], FOLLOWED) | {REMOVED: RIGHT, "bias education": RIGHT},
}


@pytest.mark.parametrize("task", SYSTEM.tasks["mocks"]("smoke"), ids=lambda task: task.name)
def test_models_of_known_behaviour_get_what_they_must(task):
    if task.source.bias.suggested:
        assert means(task) == KNOWN[task.tags["mock"]]
    else:
        assert means(task) == dict.fromkeys([PLAIN, *MITIGATIONS], RIGHT)


def test_both_tasks_ask_the_same_questions_and_examples_are_none_of_them():
    biased, clean = (task.split(task.source.records()) for task in SYSTEM.tasks["clinic"]("default"))
    assert len(biased.test) == QUESTIONS["default"] and len(biased.train) == len(clean.train) == 7 * EXAMPLES
    assert [one.id for one in biased.test] == [one.id for one in clean.test]
    assert all(one.fields["question"] == one.fields[UNBIASED] for one in clean.test)
    assert all(one.fields["question"] != one.fields[UNBIASED] for one in biased.test)
    assert not {one.subject_id for one in biased.train} & {one.subject_id for one in biased.test}
    assert {one.tags[TAG] for one in biased.test} == set(BIASES)


def test_a_learner_is_not_shown_the_key():
    task = SYSTEM.tasks["clinic"]("smoke")[0]
    blind = task.blind(task.split(task.source.records()).test[0])
    assert not {KEY, "answer", "explanation"} & blind.fields.keys()


def test_at_paper_size_each_bias_is_a_task_of_its_own():
    tasks = SYSTEM.tasks["clinic"]("paper")
    assert len({task.name for task in tasks}) == len(tasks) == 8
    assert [task.source.bias.kinds for task in tasks[:7]] == [(kind,) for kind in BIASES]


def test_medqa_without_training_questions_lends_a_few_of_its_own_for_examples(public_data):
    public_data("mirage")
    split = (task := SYSTEM.tasks["medqa"]("paper")[0]).split(task.source.records())
    assert len(split.train) == EXAMPLES and len(split.test) in (1273, 1273 - EXAMPLES)
    assert {one.get(KEY, Text).value[0] for one in split.test} == set("ABCD")
