import math
from random import Random

import pytest

from tests.calculators.drawing import drawn, one, value_or_none
from vesalius.calculators import CALCULATORS, Amount, Choice, Quantity, WholeNumber, YesNo, calculate, convert, taken

ALL = pytest.mark.parametrize("calculator", CALCULATORS.values(), ids=list(CALCULATORS))
SCORES = [each for each in CALCULATORS.values() if each.bounds]
DRAWS = 12

# what the value does where an input grows and the rest stays, as the formula implies: 1 rises, -1 falls (or stays)
MONOTONE = {
    ("bmi", "weight"): 1,
    ("bmi", "height"): -1,
    ("body-surface-area", "weight"): 1,
    ("body-surface-area", "height"): 1,
    ("ideal-body-weight", "height"): 1,
    ("adjusted-body-weight", "weight"): 1,
    ("target-weight", "target_bmi"): 1,
    ("target-weight", "height"): 1,
    ("maintenance-fluids", "weight"): 1,
    ("creatinine-clearance", "age"): -1,
    ("ckd-epi-2021", "age"): -1,
    ("ckd-epi-2021", "creatinine"): -1,
    ("mdrd-gfr", "age"): -1,
    ("mdrd-gfr", "creatinine"): -1,
    ("schwartz-gfr", "height"): 1,
    ("schwartz-gfr", "creatinine"): -1,
    ("fractional-excretion-of-sodium", "urine_sodium"): 1,
    ("fractional-excretion-of-sodium", "urine_creatinine"): -1,
    ("fractional-excretion-of-sodium", "sodium"): -1,
    ("fractional-excretion-of-sodium", "creatinine"): 1,
    ("free-water-deficit", "sodium"): 1,
    ("calcium-correction", "calcium"): 1,
    ("calcium-correction", "albumin"): -1,
    ("sodium-correction", "sodium"): 1,
    ("sodium-correction", "glucose"): 1,
    ("serum-osmolality", "sodium"): 1,
    ("serum-osmolality", "urea_nitrogen"): 1,
    ("serum-osmolality", "glucose"): 1,
    ("anion-gap", "sodium"): 1,
    ("anion-gap", "chloride"): -1,
    ("anion-gap", "bicarbonate"): -1,
    ("albumin-corrected-anion-gap", "albumin"): -1,
    ("delta-gap", "sodium"): 1,
    ("albumin-corrected-delta-gap", "albumin"): -1,
    ("homa-ir", "insulin"): 1,
    ("homa-ir", "glucose"): 1,
    ("ldl-cholesterol", "total_cholesterol"): 1,
    ("ldl-cholesterol", "hdl_cholesterol"): -1,
    ("ldl-cholesterol", "triglycerides"): -1,
    ("corrected-reticulocyte-count", "hematocrit"): 1,
    ("mean-arterial-pressure", "systolic_pressure"): 1,
    ("mean-arterial-pressure", "diastolic_pressure"): 1,
    ("qtc-bazett", "heart_rate"): 1,
    ("qtc-bazett", "qt_interval"): 1,
    ("qtc-fridericia", "heart_rate"): 1,
    ("qtc-fridericia", "qt_interval"): 1,
    ("qtc-framingham", "heart_rate"): 1,
    ("qtc-framingham", "qt_interval"): 1,
    ("qtc-hodges", "heart_rate"): 1,
    ("qtc-hodges", "qt_interval"): 1,
    ("qtc-rautaharju", "heart_rate"): 1,
    ("qtc-rautaharju", "qt_interval"): 1,
    ("target-heart-rate", "age"): -1,
    ("target-heart-rate", "intensity"): 1,
    ("framingham-risk", "systolic_pressure"): 1,
    ("framingham-risk", "hdl_cholesterol"): -1,
    ("a-a-gradient", "fio2"): 1,
    ("a-a-gradient", "pao2"): -1,
    ("a-a-gradient", "paco2"): -1,
    ("fib-4", "age"): 1,
    ("fib-4", "ast"): 1,
    ("fib-4", "alt"): -1,
    ("fib-4", "platelets"): -1,
    ("meld-na", "creatinine"): 1,
    ("meld-na", "bilirubin"): 1,
    ("meld-na", "inr"): 1,
    ("meld-3", "inr"): 1,
    ("meld-3", "creatinine"): 1,
    ("steroid-conversion", "dose"): 1,
    ("morphine-equivalents", "morphine"): 1,
    ("morphine-equivalents", "fentanyl_patch"): 1,
    ("due-date", "cycle_length"): 1,
    ("cha2ds2-vasc", "age"): 1,
    ("has-bled", "alcoholic_drinks"): 1,
    ("heart-score", "age"): 1,
    ("child-pugh", "albumin"): -1,
    ("child-pugh", "inr"): 1,
    ("glasgow-blatchford", "hemoglobin"): -1,
    ("glasgow-blatchford", "urea_nitrogen"): 1,
    ("sofa", "platelets"): -1,
    ("sofa", "glasgow_coma_scale"): -1,
    ("sofa", "creatinine"): 1,
    ("sofa", "dopamine"): 1,
    ("sofa", "norepinephrine"): 1,
    ("apache-ii", "age"): 1,
    ("apache-ii", "a_a_gradient"): 1,
    ("apache-ii", "glasgow_coma_scale"): -1,
    ("pneumonia-severity-index", "age"): 1,
    ("pneumonia-severity-index", "pao2"): -1,
    ("curb-65", "urea_nitrogen"): 1,
    ("centor", "age"): -1,
    ("caprini", "age"): 1,
    ("charlson", "age"): 1,
}


def _cases(calculator, seed=0):
    rng = Random(f"{calculator.id} {seed}")
    for _ in range(DRAWS):
        inputs = drawn(calculator, rng)
        if value_or_none(calculator.id, inputs) is not None:
            yield rng, inputs


@ALL
def test_most_drawn_inputs_can_be_calculated_with(calculator):
    assert len(list(_cases(calculator))) >= DRAWS // 4


@ALL
def test_the_same_amount_in_another_unit_gives_the_same(calculator):
    quantities = {each.name: each for each in calculator.inputs if isinstance(each, Quantity)}
    for rng, inputs in _cases(calculator):
        other = dict(inputs)
        for name, each in quantities.items():
            if inputs[name] is not None:
                unit = rng.choice(taken(each.unit, substance=each.substance))
                other[name] = Amount(convert(inputs[name].value, each.unit, unit, substance=each.substance), unit)
        assert calculate(calculator.id, other) == calculate(calculator.id, inputs)


@ALL
def test_the_steps_end_in_the_value(calculator):
    for _, inputs in _cases(calculator):
        result = calculate(calculator.id, inputs)
        assert result.steps[-1][1] == result.value
        assert len({label for label, _ in result.steps}) == len(result.steps)
        if calculator.kind == "score":
            assert sum(points for _, points in result.steps[:-1]) == result.value
        if not isinstance(result.value, bool) and calculator.kind != "date":
            assert math.isfinite(result.value)


@ALL
def test_every_input_can_change_the_value(calculator):
    for each in calculator.inputs:
        rng = Random(f"{calculator.id} {each.name}")
        for _ in range(600):
            inputs = drawn(calculator, rng)
            changed = {**inputs, each.name: one(each, rng)}
            values = value_or_none(calculator.id, inputs), value_or_none(calculator.id, changed)
            if None not in values and values[0] != values[1]:
                break
        else:
            pytest.fail(f"{each.name} changes nothing")


@pytest.mark.parametrize(("id", "name"), MONOTONE)
def test_the_value_follows_the_input_as_the_formula_says(id, name):
    calculator = CALCULATORS[id]
    each = next(one for one in calculator.inputs if one.name == name)
    rng = Random(f"{id} {name}")
    compared = 0
    for _ in range(100):
        inputs = drawn(calculator, rng)
        two = [value for value in (one(each, rng), one(each, rng)) if value is not None]
        two.sort(key=lambda value: value.value if isinstance(value, Amount) else value)
        values = [value_or_none(id, {**inputs, name: value}) for value in two]
        if len(values) == 2 and None not in values:
            low, high = values if MONOTONE[id, name] == 1 else values[::-1]
            assert low <= high
            compared += low < high
    assert compared


def _candidates(each, rng):
    match each:
        case YesNo():
            return [False, True]
        case Choice():
            return list(each.options)
        case WholeNumber():
            return [each.low, each.high]
    # the limits of criteria that take several inputs lie low in their range
    shares = (0, 0.003, 0.01, 0.03, 0.1, 1)
    ends = [Amount(each.low + (each.high - each.low) * share, each.unit) for share in shares]
    return [*ends, *(one(each, rng) for _ in range(20))]


def _climbed(calculator, sign, rng):
    """The most points (or the least) that are found by changing one input after the other."""
    best = -math.inf
    for findings in (False, True):
        inputs = {**drawn(calculator, rng), **{each.name: findings for each in calculator.inputs if isinstance(each, YesNo)}}
        here = -math.inf
        for each in calculator.inputs * 3:
            for candidate in _candidates(each, rng):
                value = value_or_none(calculator.id, {**inputs, each.name: candidate})
                if value is not None and sign * value > here:
                    here, inputs = sign * value, {**inputs, each.name: candidate}
        best = max(best, here)
    return sign * best


@pytest.mark.parametrize("calculator", SCORES, ids=[each.id for each in SCORES])
def test_a_score_reaches_its_bounds_and_does_not_pass_them(calculator):
    rng = Random(calculator.id)
    assert (_climbed(calculator, -1, rng), _climbed(calculator, 1, rng)) == calculator.bounds


@ALL
def test_calculating_leaves_its_inputs_alone_and_is_repeatable(calculator):
    for _, inputs in _cases(calculator):
        kept = dict(inputs)
        assert calculate(calculator.id, inputs) == calculate(calculator.id, inputs)
        assert inputs == kept
