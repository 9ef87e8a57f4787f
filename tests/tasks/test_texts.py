from dataclasses import dataclass

import pytest

from vesalius.checks import check_task
from vesalius.records import Choices, Record, Text
from vesalius.tasks import Prediction
from vesalius.tasks.texts import by_release, choices_task, writing_task
from vesalius.trials import Arms, Trial, run_trial, verify


@dataclass(frozen=True)
class Notes:
    name: str = "toy-notes"
    tier: str = "simulator"
    description: str = "made-up dialogues with a note, and a question with several right options"

    def records(self):
        return [
            Record(
                id=f"n{place}",
                subject_id=f"n{place}",
                fields={
                    "dialogue": Text(f"Patient: pain number {place} and {place * 7}."),
                    "note": Text(f"Pain number {place}."),
                    "question": Text(f"Which go with case {place}?"),
                    "options": Choices(("rest", "aspirin", "surgery")),
                    "answer": Text("A,C" if place % 2 else "B"),
                },
                licence="CC0-1.0",
                tags={"split": ("train", "validation", "test", "test")[place % 4]},
            )
            for place in range(40)
        ]


class Says:
    trained_parameters = 0

    def __init__(self, answer):
        self.answer = answer

    def fit(self, train, validation):
        pass

    def predict(self, records):
        return [Prediction(record_id=record.id, value=self.answer(record)) for record in records]

    def save(self, folder):
        pass

    def load(self, folder):
        pass


def scores(task, folder, learner, baseline):
    arms = Arms({"learner": lambda seed: Says(learner)}, {"baseline": lambda seed: Says(baseline)})
    run = run_trial(Trial(name="toy", tasks=(task,), arms=lambda task: arms, seeds=(0, 1), settings={}), out=folder)
    assert verify(run.folder) == []
    return {comparison.metric: comparison.difference.value for comparison in run.finding.comparisons}


def test_the_split_is_that_of_the_release():
    split = by_release(Notes().records())
    assert [len(part) for part in (split.train, split.validation, split.test)] == [10, 10, 20]


def test_a_trial_of_writing_runs_and_is_verified(tmp_path):
    task = writing_task(Notes(), inputs=("dialogue",), target="note")
    check_task(task)
    gained = scores(task, tmp_path, lambda record: record.get("dialogue", Text).value, lambda record: "nothing")
    assert gained.keys() == {"rouge_l@1", "rouge_1@1"} and all(value > 0.3 for value in gained.values())


def test_several_right_options_earn_part_of_the_credit_by_one_score_only(tmp_path):
    task = choices_task(Notes(), several=True)
    check_task(task)
    gained = scores(task, tmp_path, lambda record: "A", lambda record: "D")
    assert gained == {"accuracy@1": 0, "hamming_score@1": pytest.approx(0.25)}
