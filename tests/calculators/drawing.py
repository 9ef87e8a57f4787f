"""Valid inputs of any calculator, drawn from a generator."""

from datetime import date, timedelta

from vesalius.calculators import Amount, Choice, Day, Quantity, WholeNumber, YesNo, calculate
from vesalius.errors import UserError

HEALTHY = {
    "age": "30 a", "sex": "male", "albumin": "4 g/dL", "bilirubin": "1 mg/dL", "inr": 1, "temperature": "37 Cel",
    "white_cells": "8 10*9/L", "urea_nitrogen": "10 mg/dL", "systolic_pressure": "120 mmHg", "diastolic_pressure": "80 mmHg",
    "hemoglobin": "15 g/dL", "platelets": "250 10*9/L", "creatinine": "1 mg/dL", "pao2": "95 mmHg", "fio2": "21 %", "ph": 7.4,
    "sodium": "140 mmol/L", "potassium": "4 mmol/L", "hematocrit": "42 %", "glucose": "90 mg/dL", "heart_rate": "72 /min",
    "respiratory_rate": "16 /min", "oxygen_saturation": "99 %", "glasgow_coma_scale": 15, "alcoholic_drinks": 0,
    "consciousness": "alert", "features": "other", "duration": "5 min",
    "eyes": "spontaneous", "verbal": "oriented", "motor": "obeys commands",
}  # fmt: skip


def drawn(calculator, rng):
    """Values of all inputs, in the units of the formula; what is optional is left out half of the time."""
    inputs = {each.name: one(each, rng) for each in calculator.inputs}
    first, second = inputs.get("diastolic_pressure"), inputs.get("systolic_pressure")
    if first is not None and second is not None and first.value > second.value:
        inputs["diastolic_pressure"], inputs["systolic_pressure"] = second, first
    oxygen, breathed = inputs.get("pao2"), inputs.get("fio2")
    if oxygen is not None and breathed is not None:
        inputs["pao2"] = Amount(min(oxygen.value, 7 * breathed.value), oxygen.unit)
    if "today" in inputs:
        inputs["today"] = inputs["last_menstrual_period"] + timedelta(rng.randint(0, 300))
    return inputs


def healthy(calculator):
    """Inputs of a patient who has nothing, in a text each; what can be left out is."""
    return {each.name: HEALTHY[each.name] for each in calculator.inputs if each.name in HEALTHY}


def one(each, rng):
    match each:
        case Quantity():
            if each.optional and rng.random() < 0.5:
                return None
            # near the lower end as often as elsewhere, where the limits of scores are
            share = rng.random() ** rng.choice((1, 3))
            value = float(f"{each.low + (each.high - each.low) * share:.6g}")
            return Amount(min(max(value, each.low), each.high), each.unit)
        case WholeNumber():
            return rng.randint(each.low, each.high)
        case YesNo():
            return rng.random() < 0.5
        case Choice():
            return rng.choice(list(each.options))
        case Day():
            return date(2024, 1, 1) + timedelta(rng.randint(0, 2000))


def value_or_none(id, inputs):
    """The value; None where inputs contradict each other, or too little is given."""
    try:
        return calculate(id, inputs).value
    except UserError:
        return None
