from dataclasses import replace
from datetime import date, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.calculators.drawing import drawn, healthy, value_or_none
from vesalius.calculators import CALCULATORS, UNITS, Amount, Quantity, amount, calculate, taken
from vesalius.calculators.reading import required
from vesalius.errors import UserError

ALL = pytest.mark.parametrize("calculator", CALCULATORS.values(), ids=list(CALCULATORS))
BMI = {"weight": "70 kg", "height": "1.75 m"}


def _good(calculator):
    rng = Random(calculator.id)
    while value_or_none(calculator.id, inputs := drawn(calculator, rng)) is None:
        pass
    return inputs


def _refused(calculator, inputs, name):
    with pytest.raises(UserError) as caught:
        calculate(calculator.id, inputs)
    sentence = str(caught.value)
    assert sentence.startswith(f"{calculator.id}, input {name!r}: ") and sentence.endswith(".") and "; give " in sentence
    return sentence


def _quantities(calculator):
    return [each for each in calculator.inputs if isinstance(each, Quantity)]


@ALL
def test_a_missing_input_is_named(calculator):
    inputs = _good(calculator)
    for each in calculator.inputs:
        rest = {name: value for name, value in inputs.items() if name != each.name}
        if required(each):
            assert "missing" in _refused(calculator, rest, each.name)
        elif value_or_none(calculator.id, rest) is not None:
            assert each.name in calculate(calculator.id, rest).assumed


@ALL
def test_what_is_out_of_range_is_refused_and_the_ends_are_not(calculator):
    inputs = _good(calculator)
    for each in _quantities(calculator):
        span = each.high - each.low
        for value in (each.low - span / 1000, each.high + span / 1000, 1e300, -1e300):
            sentence = _refused(calculator, {**inputs, each.name: Amount(value, each.unit)}, each.name)
            assert "out of range" in sentence and f"from {each.low:g} to {each.high:g}" in sentence
        for value in (each.low, each.high):
            try:
                calculate(calculator.id, {**inputs, each.name: Amount(value, each.unit)})
            except UserError as error:
                assert "out of range" not in str(error)


@ALL
def test_a_unit_that_measures_something_else_is_refused_with_those_that_are_taken(calculator):
    inputs = _good(calculator)
    for each in _quantities(calculator):
        able = taken(each.unit, substance=each.substance)
        wrong = next(code for code in UNITS if code not in able)
        for unit in (wrong, "stone", "mg per"):
            sentence = _refused(calculator, {**inputs, each.name: Amount(each.high, unit)}, each.name)
            assert "not a unit" in sentence
            assert each.unit == "1" or ", ".join(able) in sentence


@ALL
def test_a_bare_number_is_refused_where_there_is_a_unit(calculator):
    inputs = _good(calculator)
    for each in _quantities(calculator):
        if each.unit != "1":
            for value in (each.high, str(each.high)):
                assert "no unit" in _refused(calculator, {**inputs, each.name: value}, each.name)


ODD = [float("nan"), float("inf"), True, "John Smith", "", [], {}, {"value": 1}, {"value": "1", "unit": "kg"}, Amount(True, "kg"),
       Amount("7", "kg"), Amount(1, None), Amount(float("nan"), "kg"), object(), 10**400]  # fmt: skip


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_an_odd_quantity_is_refused_without_being_repeated(value):
    sentence = _refused(CALCULATORS["bmi"], {**BMI, "weight": value}, "weight")
    assert "John" not in sentence


@pytest.mark.parametrize(
    ("id", "name", "value"),
    [
        ("qsofa", "glasgow_coma_scale", 2),
        ("qsofa", "glasgow_coma_scale", 16),
        ("qsofa", "glasgow_coma_scale", 14.5),
        ("qsofa", "glasgow_coma_scale", True),
        ("qsofa", "glasgow_coma_scale", "John Smith"),
        ("wells-pe", "hemoptysis", 1),
        ("wells-pe", "hemoptysis", "John Smith"),
        ("child-pugh", "ascites", "John Smith"),
        ("child-pugh", "ascites", True),
        ("conception-date", "last_menstrual_period", "31.05.2024"),
        ("conception-date", "last_menstrual_period", "2024-02-30"),
        ("conception-date", "last_menstrual_period", 20240531),
        ("conception-date", "last_menstrual_period", datetime(2024, 5, 31)),
        ("conception-date", "last_menstrual_period", "John Smith"),
        ("conception-date", "last_menstrual_period", "9999-12-31"),
    ],
)
def test_other_odd_inputs_are_refused_without_being_repeated(id, name, value):
    calculator = CALCULATORS[id]
    assert "John" not in _refused(calculator, {**_good(calculator), name: value}, name)


def _lipids(total, hdl, triglycerides):
    amounts = {"total_cholesterol": total, "hdl_cholesterol": hdl, "triglycerides": triglycerides}
    return {name: f"{amount} mg/dL" for name, amount in amounts.items()}


@pytest.mark.parametrize(
    ("id", "inputs", "sentence"),
    [
        ("mean-arterial-pressure", {"systolic_pressure": "70 mmHg", "diastolic_pressure": "110 mmHg"}, "other way round"),
        ("delta-ratio", {"sodium": "140 mmol/L", "chloride": "100 mmol/L", "bicarbonate": "24 mmol/L"}, "no fall to divide by"),
        ("morphine-equivalents", {}, "no dose is given"),
        ("target-heart-rate", {"age": "110 a", "heart_rate": "110 /min", "intensity": "60 %"}, "heart rate at rest"),
        ("gestational-age", {"last_menstrual_period": "2021-08-21", "today": "2020-12-23"}, "check both dates"),
        ("gestational-age", {"last_menstrual_period": "2019-08-21", "today": "2020-12-23"}, "check both dates"),
        ("ldl-cholesterol", _lipids(300, 40, 401), "400"),
        ("ldl-cholesterol", _lipids(100, 200, 100), "'hdl_cholesterol': above 'total_cholesterol'"),
        ("ldl-cholesterol", _lipids(100, 60, 205), "'total_cholesterol': less than HDL and a fifth"),
        (
            "framingham-risk",
            {
                "age": "60 a",
                "sex": "male",
                "systolic_pressure": "120 mmHg",
                "total_cholesterol": "100 mg/dL",
                "hdl_cholesterol": "101 mg/dL",
            },
            "'hdl_cholesterol': above 'total_cholesterol'",
        ),
        ("a-a-gradient", {"fio2": "21 %", "paco2": "40 mmHg", "pao2": "400 mmHg"}, "'pao2': above the oxygen in the alveoli"),
        ("a-a-gradient", {"fio2": "21 %", "paco2": "40 mmHg", "pao2": "110 mmHg"}, "'pao2': above the oxygen in the alveoli"),
        ("a-a-gradient", {"fio2": "21 %", "paco2": "150 mmHg", "pao2": "60 mmHg"}, "'pao2': above the oxygen in the alveoli"),
        ("calcium-correction", {"calcium": "1 mg/dL", "albumin": "8 g/dL"}, "'calcium': less than albumin alone binds"),
        ("qtc-framingham", {"heart_rate": "10 /min", "qt_interval": "400 ms"}, "'heart_rate': so slow"),
    ],
)
def test_inputs_that_contradict_each_other_are_told_in_a_sentence(id, inputs, sentence):
    with pytest.raises(UserError, match=sentence) as caught:
        calculate(id, inputs)
    assert str(caught.value).startswith(id)


@pytest.mark.parametrize(
    ("id", "inputs", "value"),
    [
        ("ldl-cholesterol", _lipids(100.1, 60, 200.5), 0),
        # 149.73 - 50: a healthy patient's gradient may come out a little below zero
        ("a-a-gradient", {"fio2": "21 %", "paco2": "40 mmHg", "pao2": "105 mmHg"}, -5.27),
        ("a-a-gradient", {"fio2": "100 %", "paco2": "40 mmHg", "pao2": "670 mmHg"}, -7),
    ],
)
def test_what_is_just_possible_is_not_refused(id, inputs, value):
    assert calculate(id, inputs).value == pytest.approx(value)


@pytest.mark.parametrize(
    ("id", "possible", "impossible"),
    [
        # 21 % and 60 % of 753 mmHg
        ("sofa", {"pao2": "158 mmHg"}, {"pao2": "159 mmHg"}),
        ("apache-ii", {"pao2": "158 mmHg"}, {"pao2": "159 mmHg"}),
        ("apache-ii", {"fio2": "60 %", "a_a_gradient": "451 mmHg"}, {"fio2": "60 %", "a_a_gradient": "452 mmHg"}),
    ],
)
def test_there_is_no_more_oxygen_in_blood_than_is_breathed(id, possible, impossible):
    base = healthy(CALCULATORS[id])
    calculate(id, {**base, **possible})
    with pytest.raises(UserError, match=f"^{id}, input '{list(impossible)[-1]}': above the pressure of the oxygen"):
        calculate(id, {**base, **impossible})


@pytest.mark.parametrize("air", ["20.9 %", "20.95 %", {"value": 0.2095, "unit": "1"}, Amount(0.21, "1")])
def test_room_air_is_taken_in_its_usual_forms(air):
    gradient = calculate("a-a-gradient", {"fio2": air, "paco2": "40 mmHg", "pao2": "90 mmHg"}).value
    assert gradient == pytest.approx(9.73, abs=0.8)
    with pytest.raises(UserError, match="out of range"):
        calculate("a-a-gradient", {"fio2": "20.8 %", "paco2": "40 mmHg", "pao2": "90 mmHg"})


@pytest.mark.parametrize(("fio2", "name"), [("40 %", "pao2"), ("60 %", "a_a_gradient")])
def test_apache_asks_for_the_oxygen_that_it_needs(fio2, name):
    inputs = {**_good(CALCULATORS["apache-ii"]), "pao2": None, "a_a_gradient": None, "fio2": fio2}
    assert "missing" in _refused(CALCULATORS["apache-ii"], inputs, name)


def test_an_unknown_calculator_or_input_is_named():
    with pytest.raises(UserError, match="calculator 'bmj': there is none"):
        calculate("bmj", {})
    with pytest.raises(UserError, match="bmi: there is no such input as 'wieght'; it takes weight, height"):
        calculate("bmi", {"wieght": "70 kg"})


@settings(max_examples=150)
@given(
    value=st.one_of(
        st.text(max_size=12),
        st.floats(),
        st.integers(),
        st.none(),
        st.booleans(),
        st.lists(st.integers(), max_size=2),
        st.dictionaries(st.sampled_from(["value", "unit", "x"]), st.one_of(st.text(max_size=4), st.floats()), max_size=3),
    ),
    id=st.sampled_from(list(CALCULATORS)),
    data=st.data(),
)
def test_whatever_is_given_gives_a_result_or_a_sentence(value, id, data):
    name = data.draw(st.sampled_from([each.name for each in CALCULATORS[id].inputs]))
    try:
        calculate(id, {**_good(CALCULATORS[id]), name: value})
    except UserError as error:
        assert str(error).startswith(id) and "\n" not in str(error)


def test_one_amount_may_be_written_in_many_ways():
    ways = ["70 kg", "70kg", " 7e1 KG ", Amount(70, "kg"), Amount(70_000, "g"), {"value": 70, "unit": "kg"}, "70000 g"]
    assert {calculate("bmi", {**BMI, "weight": way}).value for way in ways} == {calculate("bmi", BMI).value}


def test_a_number_may_begin_with_its_point():
    assert calculate("schwartz-gfr", {"height": "120 cm", "creatinine": ".9mg/dL"}).inputs["creatinine"] == 0.9
    assert amount("-.5 kg") == Amount(-0.5, "kg")


def test_a_whole_number_may_have_a_point_where_nothing_follows_it():
    inputs = healthy(CALCULATORS["qsofa"])
    ways = (14, 14.0, "14", "14.0", " 14. ", "1.4e1")
    assert {calculate("qsofa", {**inputs, "glasgow_coma_scale": way}).inputs["glasgow_coma_scale"] for way in ways} == {14}
    assert "not a whole number" in _refused(CALCULATORS["qsofa"], {**inputs, "glasgow_coma_scale": "14.5"}, "glasgow_coma_scale")


# Arabic-Indic and full-width digits, which Python takes for digits too
@pytest.mark.parametrize(
    ("id", "inputs"),
    [
        ("bmi", {**BMI, "weight": "٧٠ kg"}),
        ("bmi", {**BMI, "weight": "７０ kg"}),
        ("bmi", {**BMI, "weight": "7٠ kg"}),
        ("qsofa", {"respiratory_rate": "16 /min", "systolic_pressure": "120 mmHg", "glasgow_coma_scale": "١٤"}),
        ("conception-date", {"last_menstrual_period": "２０２４-05-01"}),
    ],
)
def test_digits_are_those_from_0_to_9_everywhere(id, inputs):
    with pytest.raises(UserError):
        calculate(id, inputs)


def test_findings_choices_and_dates_may_be_texts():
    assert calculate("feverpain", {"fever": "Yes", "early_onset": "no", "inflamed_tonsils": True}).value == 2
    assert calculate("ideal-body-weight", {"sex": "MALE", "height": "70 in"}).value == 73
    assert calculate("conception-date", {"last_menstrual_period": date(2024, 5, 1)}).value == date(2024, 5, 15)


def test_what_was_assumed_is_said():
    result = calculate("child-pugh", {"bilirubin": "1 mg/dL", "albumin": "4 g/dL", "inr": 1, "ascites": "slight"})
    assert result.assumed == ("encephalopathy",)
    assert result.inputs["encephalopathy"] == "none"


def test_inputs_are_kept_in_the_units_of_the_formula():
    result = calculate("bmi", {"weight": "154 lb", "height": "70 in"})
    assert result.inputs == {"weight": 69.85322498, "height": 177.8}


@pytest.mark.parametrize("text", ["", "kg", "one kg", "-", "."])
def test_an_amount_begins_with_a_number(text):
    with pytest.raises(UserError, match="begin with a number"):
        amount(text)


def test_the_result_is_shown_as_usual():
    assert str(calculate("bmi", BMI)) == "22.9 kg/m2"
    assert (
        str(calculate("delta-ratio", {"chloride": "117 mmol/L", "bicarbonate": "8.6 mmol/L", "sodium": "148 mmol/L"})) == "0.68"
    )
    assert str(replace(calculate("bmi", BMI), decimals=0)) == "23 kg/m2"
