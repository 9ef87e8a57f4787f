import json
from dataclasses import replace

from vesalius.calculators import CALCULATORS, Quantity, calculate, convert
from vesalius.checks import check_source
from vesalius.metrics import calculation_correct
from vesalius.metrics.calculation_faults import SAME
from vesalius.metrics.calculations import read_true_work, read_work
from vesalius.records import Text
from vesalius.sources.simulators.calculator_notes import CalculatorNotes, shown_value
from vesalius.sources.simulators.calculator_patients import phrases

SOURCE = CalculatorNotes(train=1, test=3)
RECORDS = SOURCE.records()


def told(record, field):
    return record.get(field, Text).value


def quantities(record):
    return {each.name: each for each in CALCULATORS[record.tags["calculator"]].inputs if isinstance(each, Quantity)}


def test_it_is_a_source_with_notes_of_every_calculator_whose_splits_share_none():
    check_source(replace(SOURCE, calculators=("bmi", "curb-65", "due-date")))
    assert {record.tags["calculator"] for record in RECORDS} == CALCULATORS.keys()
    assert len({told(record, "note") for record in RECORDS}) == len(RECORDS) == 4 * len(CALCULATORS)


def test_the_answer_is_what_the_calculator_gives_for_the_values_and_is_within_its_limits():
    for record in RECORDS:
        result = calculate(record.tags["calculator"], json.loads(told(record, "entities")))
        true = read_true_work(told(record, "answer"))
        assert calculation_correct(true.work.line, true.line) == 1
        if isinstance(result.value, float | int) and result.unit != "d":
            assert calculation_correct(json.dumps({"answer": f"{result.value:.{result.decimals}f}"}), true.line) == 1, record.id


def test_every_value_stands_in_the_note_or_the_question_and_older_ones_beside_it_are_others():
    older = 0
    for record in RECORDS:
        whole = told(record, "note") + told(record, "question")
        values, earlier = (json.loads(told(record, field)) for field in ("entities", "earlier"))
        assert all(shown_value(value) in whole for value in values.values() if not isinstance(value, bool)), record.id
        for name, value in earlier.items():
            older += 1
            assert shown_value(value) in told(record, "note")
            each = quantities(record)[name]
            then, now = (convert(one["value"], one["unit"], each.unit, substance=each.substance) for one in (value, values[name]))
            assert abs(then - now) > 10 * SAME * now
    assert older > len(RECORDS) / 3


def test_findings_that_are_present_are_named_and_absent_ones_only_as_absent():
    labels = {each.name: each.label for each in CALCULATORS["perc"].inputs}
    for record in CalculatorNotes(calculators=("perc",), test=20).records():
        present = told(record, "note").partition("Present: ")[2].partition(".")[0].split("; ")
        findings = {name: value for name, value in json.loads(told(record, "entities")).items() if isinstance(value, bool)}
        assert {labels[name] for name, value in findings.items() if value} == set(present) - {""}


def test_values_come_in_several_units():
    units = {
        (name, value["unit"])
        for record in RECORDS
        for name, value in json.loads(told(record, "entities")).items()
        if name in quantities(record)
    }
    assert {("weight", "kg"), ("weight", "[lb_av]"), ("creatinine", "umol/L"), ("temperature", "[degF]")} <= units


def test_the_explanation_ends_with_the_work_and_has_every_step_and_conversion():
    for record in RECORDS:
        lines = told(record, "explanation").splitlines()
        work, values = read_work(lines[-1]), json.loads(told(record, "entities"))
        assert work.answer == read_true_work(told(record, "answer")).work.answer
        assert all(
            any(line.startswith(f"{label} = ") for line in lines)
            for label, _ in calculate(record.tags["calculator"], values).steps
        )
        for name, each in quantities(record).items():
            if name in values and values[name]["unit"] != each.unit:
                assert any(f"{shown_value(values[name])} = " in line for line in lines)


def test_a_note_does_not_depend_on_how_many_others_there_are_and_seeds_differ():
    one = CalculatorNotes(calculators=("bmi",), test=1).records()[0]
    many = CalculatorNotes(calculators=("curb-65", "bmi"), train=2, test=3).records()
    assert told(one, "note") in {told(record, "note") for record in many}
    assert told(CalculatorNotes(calculators=("bmi",), seed=1).records()[0], "note") != told(one, "note")


def test_every_quantity_has_a_plausible_range_and_its_units_can_be_converted():
    for calculator in CALCULATORS.values():
        for each in calculator.inputs:
            if isinstance(each, Quantity):
                low, high, _ = phrases()["range"][each.name]
                assert max(low, each.low) < min(high, each.high), each.name
