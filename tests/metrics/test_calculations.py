import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.calculators import calculate
from vesalius.metrics import METRICS, calculation_correct
from vesalius.metrics.calculation_faults import FAULTS, fault_of
from vesalius.metrics.calculations import TrueWork, Work, answer_of, read_true_work, read_work, told, true_work

WEIGHT, HEIGHT = {"value": 154, "unit": "lb"}, {"value": 70, "unit": "in"}
VALUES = {"weight": WEIGHT, "height": HEIGHT}
BMI = true_work(calculate("bmi", VALUES), VALUES)


def said(answer, **more):
    return Work(answer=answer, **more).line


@given(share=st.floats(-0.2, 0.2))
def test_an_equation_is_right_within_five_percent(share):
    value = float(BMI.work.answer) * (1 + share)
    # six digits of the answer, so that the limit itself is left out
    if abs(abs(share) - 0.05) > 1e-4:
        assert calculation_correct(said(f"{value:.10g}"), BMI.line) == float(abs(share) < 0.05)


def test_a_score_is_right_exactly_and_limits_are_right_themselves():
    values = {"age": "80 a", "sex": "female", "hypertension": True}
    score = true_work(calculate("cha2ds2-vasc", values), values)
    assert [calculation_correct(said(each), score.line) for each in ("4", "4.0", "4.1", "3", "5")] == [1, 1, 0, 0, 0]
    limits = TrueWork(work=Work(answer="-2"), low=-2.1, high=-1.9)
    assert [calculation_correct(said(each), limits.line) for each in ("-2.1", "-1.9", "-2.11", "2")] == [1, 1, 0, 0]


def test_dates_and_weeks_are_right_to_the_day():
    values = {"last_menstrual_period": "2003-11-01", "today": "2004-02-29"}
    age = true_work(calculate("gestational-age", values), values)
    assert (age.work.answer, age.low) == ("17 weeks 1 days", None)
    assert [calculation_correct(said(each), age.line) for each in ("17 weeks 1 days", "17 weeks 2 days", "120")] == [1, 0, 0]
    day = true_work(calculate("conception-date", {"last_menstrual_period": "2003-11-01"}), {})
    assert [calculation_correct(said(each), day.line) for each in ("2003-11-15", "2003-11-16", "15")] == [1, 0, 0]


def test_a_text_in_another_form_is_wrong_and_a_spoilt_truth_is_told():
    assert calculation_correct("22.1", BMI.line) == calculation_correct('{"answer": 22.1}', BMI.line) == 0
    for truth in (
        "22",
        '{"answer": "22.1"}',
        '{"answer": "tall", "low": 1, "high": 2}',
        '{"answer": "2", "low": 1, "high": NaN}',
    ):
        with pytest.raises(ValueError, match="correct the record"):
            calculation_correct(said("22.1"), truth)
    assert answer_of("2024-02-31") is None


def test_work_and_truth_are_read_back_as_written():
    assert read_work(BMI.work.line) == BMI.work
    assert read_true_work(BMI.line) == BMI
    assert json.loads(BMI.line)["low"] < 22.1 < json.loads(BMI.line)["high"]


@pytest.mark.parametrize(
    ("work", "fault"),
    [
        (Work(answer="22"), "none"),
        (Work(answer="30"), "unknown"),
        (Work(answer="30", calculator="bmi", values=VALUES), "arithmetic"),
        # the numbers as they stand, not converted: the values are read right
        (Work(answer="314", calculator="Body mass index (BMI)", values={"Body weight": WEIGHT, "height": "70 in"}), "arithmetic"),
        # converted and rounded is read right, the other visit's is not
        (Work(answer="30", calculator="bmi", values={"weight": "69.9 kg", "height": "1.78 m"}), "arithmetic"),
        (Work(answer="30", calculator="bmi", values={"weight": "95 kg", "height": "1.78 m"}), "extraction"),
        (Work(answer="30", calculator="bmi", values={"weight": "154 kg", "height": "70 in"}), "extraction"),
        (Work(answer="30", calculator="bmi", values={"weight": "heavy", "height": "70 in"}), "extraction"),
        (Work(answer="30", calculator="bmi", values={"weight": "154 lb"}), "extraction"),
        (Work(answer="1.86", calculator="body surface area", values=VALUES), "formula"),
        (Work(answer="1.86", values=VALUES), "formula"),
        (Work(answer="1.86", calculator="body surface area", values=VALUES | {"weight": "120 lb"}), "extraction"),
        (Work(answer="1.86", calculator="body surface area"), "formula"),
    ],
)
def test_a_miss_is_told_by_what_went_wrong_first(work, fault):
    assert fault_of(work, BMI) == fault
    scores = {name: METRICS[name].function(work.line, BMI.line) for name in ("calculation_correct", *ERRORS)}
    assert scores == {name: float(kind == fault) for name, kind in KINDS.items()}


ERRORS = ("extraction_error", "formula_error", "arithmetic_error")
KINDS = {"calculation_correct": "none"} | {name: name.removesuffix("_error") for name in ERRORS}


def test_a_finding_that_is_overlooked_is_a_wrong_value_and_one_that_is_absent_need_not_be_named():
    values = {"age": "80 a", "sex": "female", "hypertension": True, "stroke": False}
    true = true_work(calculate("cha2ds2-vasc", values), values)
    shown = {"age": "80 a", "sex": "female"}
    assert fault_of(Work(answer="3", calculator="cha2ds2-vasc", values=shown), true) == "extraction"
    assert fault_of(Work(answer="3", calculator="cha2ds2-vasc", values=shown | {"hypertension": True}), true) == "arithmetic"
    assert fault_of(Work(answer="6", calculator="cha2ds2-vasc", values=values | {"stroke": True}), true) == "extraction"


def test_without_true_values_nothing_is_told_but_right_or_wrong():
    true = TrueWork(work=Work(answer="22.1", calculator="bmi"), low=21, high=23)
    assert [fault_of(Work(answer=each, calculator="bmi", values=VALUES), true) for each in ("22", "30")] == ["none", "unknown"]
    assert set(FAULTS) == {"none", "extraction", "formula", "arithmetic", "unknown"}


def test_an_answer_has_six_digits():
    assert told(calculate("bmi", VALUES)) == "22.0965"
