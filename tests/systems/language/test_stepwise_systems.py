import pytest

from vesalius import catalogue
from vesalius.language.models import TAG
from vesalius.learners.learner import Learner
from vesalius.records import Text
from vesalius.sources.simulators.mini_clinic import Exam
from vesalius.systems.language.stepwise_tasks import Counts, Stepwise
from vesalius.tasks.texts import by_release


@pytest.mark.parametrize("id", ["med-prm", "meds3"])
@pytest.mark.parametrize("size", ["smoke", "default", "paper"])
def test_every_arm_can_be_built_without_opening_a_model(id, size):
    system = catalogue.system(id)
    for task in system.tasks["clinic"]("default"):
        unknown = type(task)(**{**{name: getattr(task, name) for name in task.__slots__}, "tags": {**task.tags, TAG: "no-such"}})
        arms = {**system.learners(unknown, size), **system.baselines(unknown, size)}
        assert len(arms) == (2 if size == "smoke" else len(arms)) and all(
            isinstance(build(0), Learner) for build in arms.values()
        )


def test_training_and_test_questions_differ_and_are_of_their_parts():
    source = Stepwise(level="several steps", trained="known", tested="new diseases", counts=Counts(train=6, test=5))
    split = by_release(source.records())
    assert {one.tags["part"] for one in split.train} == {"known"} and {one.tags["part"] for one in split.test} == {"new diseases"}
    assert (len(split.train), len(split.test)) == (6, 5)
    both = Stepwise(level="several steps", trained="known", tested="known", counts=Counts(train=6, test=5)).records()
    assert len({one.id for one in both}) == 11


def test_the_clinics_steps_are_cut_and_judged_right():
    from vesalius.language.questions import question_of
    from vesalius.learners.language_model.process_reward.judges import ByChain
    from vesalius.learners.language_model.process_reward.solutions import solution_of

    for level, steps in (("several steps", {5}), ("one step", {5}), ("recall", {2, 3})):
        for record in Exam(level=level, test=5).records():
            question = question_of(record)
            text = f" {record.get('explanation', Text).value} The answer is {record.get('answer', Text).value}."
            solution = solution_of(text, question)
            assert len(solution.steps) in steps
            assert ByChain().labels(question, [solution], []) == [(1.0,) * len(solution.steps)]
