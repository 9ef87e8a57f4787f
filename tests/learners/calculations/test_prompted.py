from collections import Counter

import pytest

from tests.learners.calculations.mocks import CASES, RECORDS, TEST, TRAIN, blind, faults, mock
from vesalius.errors import UserError
from vesalius.language.calculator_mocks import Faults, calculating_mock, cases_of, misread
from vesalius.language.scripted import Scripted
from vesalius.learners.calculations.prompted import ASKINGS, PromptedCalculation
from vesalius.records import Text


@pytest.mark.parametrize("asking", ASKINGS)
def test_an_oracle_is_right_of_every_calculator(asking):
    assert set(faults(PromptedCalculation(mock(), asking=asking))) == {"none"}


@pytest.mark.parametrize(("planted", "found"), [("formula", "formula"), ("selection", "formula"), ("arithmetic", "arithmetic")])
def test_each_miss_of_a_model_with_one_fault_is_put_down_to_it(planted, found):
    assert set(faults(PromptedCalculation(mock(**{planted: 1.0}), asking="steps"))) == {found}


def test_each_miss_of_a_model_that_misreads_is_put_down_to_that():
    # a few notes have no value that changes the answer
    cases = [CASES[record.get("note", Text).value] for record in TEST]
    can_be = ["none" if misread(case) == case.true.work.values else "extraction" for case in cases]
    assert faults(PromptedCalculation(mock(extraction=1.0), asking="steps")) == can_be
    assert can_be.count("extraction") > 0.98 * len(TEST)


def test_units_that_are_not_converted_are_arithmetic():
    found = Counter(faults(PromptedCalculation(mock(conversion=1.0), asking="steps")))
    assert found.keys() == {"none", "arithmetic"} and found["arithmetic"] > len(TEST) / 5


def test_of_a_direct_answer_only_right_or_wrong_is_known():
    assert set(faults(PromptedCalculation(mock(unwritten=1.0)))) == {"unknown"}


def test_planted_rates_come_out_as_planted_and_an_example_spares_the_formula():
    plain, shown = (Counter(faults(PromptedCalculation(mock(formula=0.4), asking=asking))) for asking in ("steps", "one example"))
    assert abs(plain["formula"] / len(TEST) - 0.4) < 0.12
    assert shown == {"none": len(TEST)}


def test_the_example_is_of_another_patient_with_the_steps_of_the_same_calculator():
    learner = PromptedCalculation(mock(), asking="one example")
    learner.fit(TRAIN, [])
    learner.predict(blind(TEST))
    for record, prompt in zip(TEST, learner.backend.asked, strict=True):
        (example,) = (each for each in TRAIN if each.tags["calculator"] == record.tags["calculator"])
        assert prompt.index(example.get("explanation", Text).value) < prompt.index(record.get("note", Text).value)
        assert example.get("note", Text).value != record.get("note", Text).value


def test_an_example_that_is_missing_is_told():
    with pytest.raises(UserError, match="no training records"):
        PromptedCalculation(mock(), asking="one example").fit([], [])
    learner = PromptedCalculation(mock(), asking="one example")
    learner.fit(TRAIN[:1], [])
    with pytest.raises(UserError, match="no example of it"):
        learner.predict(TEST[-1:])


@pytest.mark.parametrize(("said", "outcome"), [("I cannot help with that.", "refused"), ("High.", "unparsed"), ("", "empty")])
def test_what_is_no_answer_has_its_outcome(said, outcome):
    (found,) = PromptedCalculation(lambda: Scripted(lambda *_: said)).predict(TEST[:1])
    assert (found.value, found.outcome, found.raw) == (None, outcome, said)


def test_examples_are_saved_and_damage_is_told(tmp_path):
    learner = PromptedCalculation(mock(), asking="one example", seed=1)
    learner.fit(TRAIN, [])
    learner.save(tmp_path)
    restored = PromptedCalculation(mock(), asking="one example")
    restored.load(tmp_path)
    assert [one.value for one in restored.predict(TEST[:9])] == [one.value for one in learner.predict(TEST[:9])]
    (tmp_path / "examples.json").write_text('{"bmi": 3}')
    with pytest.raises(UserError, match="damaged"):
        restored.load(tmp_path)


def test_a_mock_says_that_it_is_one_and_declines_what_it_does_not_know():
    model = calculating_mock(cases_of(RECORDS[:1]), Faults(arithmetic=0.2))
    assert model.identity == "mock calculator 0 (arithmetic 0.2)"
    (found,) = PromptedCalculation(lambda: model).predict(TEST[-1:])
    assert found.outcome == "refused"
