from collections import Counter

import pytest
from sklearn.metrics import f1_score

from vesalius.metrics import macro_f1, strict_macro_f1
from vesalius.records import Label, Text, Vector
from vesalius.sources.simulators.admissions import CLASSES, described
from vesalius.systems.ehr.clinicalbench import SYSTEM
from vesalius.trials.cell import split_of


@pytest.mark.parametrize("name", ["mortality", "readmission", "los"])
def test_classes_are_equally_frequent_in_training_and_as_they_come_in_test(name):
    task = SYSTEM.tasks[name]("default")[0]
    split, outcome = split_of(task), task.tags["outcome"]
    train, test = (Counter(record.get(outcome, Label).value for record in part) for part in (split.train, split.test))
    assert len(train) == len(CLASSES[outcome]) and len(set(train.values())) == 1 and min(train.values()) > 300
    assert max(test.values()) > 2 * min(test.values()) and len(test) == len(train)


def test_both_sides_are_shown_the_same_of_a_patient_and_no_outcome():
    task = SYSTEM.tasks["los"]("smoke")[0]
    for record in split_of(task).test:
        blind = task.blind(record)
        assert blind.fields.keys() == {"covariates", "patient"}
        assert described(blind.get("covariates", Vector).values) == blind.get("patient", Text).value


def test_eleven_traditional_models_stand_against_five_ways_of_asking():
    classed, ranked = SYSTEM.tasks["mortality"]("default")
    assert len(SYSTEM.baselines(classed, "default")) == len(SYSTEM.baselines(ranked, "default")) == 11
    assert len(SYSTEM.learners(classed, "default")) == 5
    assert set(SYSTEM.learners(ranked, "default")) < set(SYSTEM.learners(classed, "default"))


def test_silence_costs_its_class_and_lies_between_a_right_and_a_wrong_answer():
    truths = ["no", "yes", "yes", "no", "no"]
    right, silent, wrong = (["no", "yes", said, "no", "no"] for said in ("yes", None, "no"))
    assert strict_macro_f1(right, truths) == 1
    assert strict_macro_f1(right, truths) > strict_macro_f1(silent, truths) > strict_macro_f1(wrong, truths)
    assert strict_macro_f1(wrong, truths) == macro_f1(wrong, truths) == pytest.approx(f1_score(truths, wrong, average="macro"))
    assert strict_macro_f1([None] * 5, truths) == 0
