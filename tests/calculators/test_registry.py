"""That all are there, are described, and are found."""

import inspect

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.calculators.drawing import drawn
from vesalius.calculators import CALCULATORS, SUBSTANCES, Amount, Choice, Quantity, calculate, find, schema, unit

ALL = pytest.mark.parametrize("calculator", CALCULATORS.values(), ids=list(CALCULATORS))

# number and name of each calculator in MedCalc-Bench, calculator_implementations/calc_path.json
MEDCALC_BENCH = {
    2: "Creatinine Clearance (Cockcroft-Gault Equation)",
    3: "CKD-EPI Equations for Glomerular Filtration Rate",
    4: "CHA2DS2-VASc Score for Atrial Fibrillation Stroke Risk",
    5: "Mean Arterial Pressure (MAP)",
    6: "Body Mass Index (BMI)",
    7: "Calcium Correction for Hypoalbuminemia",
    8: "Wells' Criteria for Pulmonary Embolism",
    9: "MDRD GFR Equation",
    10: "Ideal Body Weight",
    11: "QTc Bazett Calculator",
    13: "Estimated Due Date",
    15: "Child-Pugh Score for Cirrhosis Mortality",
    16: "Wells' Criteria for DVT",
    17: "Revised Cardiac Risk Index for Pre-Operative Risk",
    18: "HEART Score for Major Cardiac Events",
    19: "Fibrosis-4 (FIB-4) Index for Liver Fibrosis",
    20: "Centor Score (Modified/McIsaac) for Strep Pharyngitis",
    21: "Glasgow Coma Score (GCS)",
    22: "Maintenance Fluids Calculations",
    23: "MELD Na (UNOS/OPTN)",
    24: "Steroid Conversion Calculator",
    25: "HAS-BLED Score for Major Bleeding Risk",
    26: "Sodium Correction for Hyperglycemia",
    27: "Glasgow-Blatchford Bleeding Score (GBS)",
    28: "APACHE II Score",
    29: "PSI Score: Pneumonia Severity Index for CAP",
    30: "Serum Osmolality",
    31: "HOMA-IR (Homeostatic Model Assessment for Insulin Resistance)",
    32: "Charlson Comorbidity Index (CCI)",
    33: "FeverPAIN Score for Strep Pharyngitis",
    36: "Caprini Score for Venous Thromboembolism (2005)",
    38: "Free Water Deficit",
    39: "Anion Gap",
    40: "Fractional Excretion of Sodium (FENa)",
    43: "Sequential Organ Failure Assessment (SOFA) Score",
    44: "LDL Calculated",
    45: "CURB-65 Score for Pneumonia Severity",
    46: "Framingham Risk Score for Hard Coronary Heart Disease",
    48: "PERC Rule for Pulmonary Embolism",
    49: "Morphine Milligram Equivalents (MME) Calculator",
    51: "SIRS Criteria",
    56: "QTc Fridericia Calculator",
    57: "QTc Framingham Calculator",
    58: "QTc Hodges Calculator",
    59: "QTc Rautaharju Calculator",
    60: "Body Surface Area Calculator",
    61: "Target weight",
    62: "Adjusted Body Weight",
    63: "Delta Gap",
    64: "Delta Ratio",
    65: "Albumin Corrected Anion Gap",
    66: "Albumin Corrected Delta Gap",
    67: "Albumin Corrected Delta Ratio",
    68: "Estimated of Conception",
    69: "Estimated Gestational Age",
}


def test_all_55_of_medcalc_bench_are_there_once():
    numbers = [each.benchmark for each in CALCULATORS.values() if each.benchmark is not None]
    assert sorted(numbers) == sorted(MEDCALC_BENCH)
    assert len(MEDCALC_BENCH) == 55


@pytest.mark.parametrize("number", MEDCALC_BENCH)
def test_the_name_that_the_benchmark_gives_finds_the_calculator(number):
    assert find(MEDCALC_BENCH[number])[0].benchmark == number


@ALL
def test_a_calculator_is_found_by_its_own_name(calculator):
    assert find(calculator.name)[0] == calculator


@pytest.mark.parametrize(
    ("question", "id"),
    [
        ("What is the patient's BMI?", "bmi"),
        ("How many points on the scale for coma: eyes, verbal and motor response?", "glasgow-coma-scale"),
        ("Which dose of dexamethasone is equivalent to this steroid?", "steroid-conversion"),
        ("When is the baby due, the delivery date by Naegele?", "due-date"),
        ("estimate kidney function of a child in pediatrics", "schwartz-gfr"),
        ("risk of stroke after a TIA", "abcd2"),
        ("early warning of deterioration from vital signs", "news2"),
    ],
)
def test_a_question_finds_its_calculator(question, id):
    assert find(question)[0].id == id


def test_find_gives_no_more_than_asked_and_nothing_for_nothing():
    assert len(find("score", most=3)) == 3
    assert find("") == find("zzz qqq") == ()


@ALL
def test_a_calculator_is_described(calculator):
    assert calculator.id == calculator.id.lower() and calculator.formula and "." in calculator.source
    assert calculator.kind in {"equation", "score", "date", "conversion"}
    assert (calculator.kind == "score") == (calculator.bounds is not None)
    if calculator.unit not in {"points", "date", "1"}:
        assert unit(calculator.unit).code == calculator.unit
    names = [each.name for each in calculator.inputs]
    assert len(set(names)) == len(names)
    for each in calculator.inputs:
        assert each.name.isidentifier() and each.label
        if isinstance(each, Quantity):
            assert each.low < each.high and unit(each.unit).code == each.unit
            assert each.substance is None or each.substance in SUBSTANCES
        if isinstance(each, Choice):
            assert len(each.options) > 1 and each.default in (None, *each.options)


def test_a_source_says_where_the_formula_is_not_the_paper_s():
    assert "as simplified: with a factor of 0.8" in CALCULATORS["calcium-correction"].source
    assert "that of 40 by OPTN policy" in CALCULATORS["meld-3"].source


def test_the_calf_is_as_thick_as_in_the_paper():
    # Wells 2003, as NICE reprints it with the author's permission: at least 3 cm larger than on the other side
    labels = {each.name: each.label for each in CALCULATORS["wells-dvt"].inputs}
    assert "at least 3 cm" in labels["calf_swelling"]


@ALL
def test_the_function_takes_the_inputs_that_are_declared(calculator):
    parameters = inspect.signature(calculator.function).parameters.values()
    if not any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters):
        assert {each.name for each in parameters} == {each.name for each in calculator.inputs}


def test_the_same_name_means_the_same_measurement_everywhere():
    units, substances = {}, {}
    for calculator in CALCULATORS.values():
        for each in calculator.inputs:
            if isinstance(each, Quantity):
                assert units.setdefault(each.name, each.unit) == each.unit, (calculator.id, each.name)
                assert substances.setdefault(each.name, each.substance) == each.substance, (calculator.id, each.name)


def _as_json(value):
    if isinstance(value, Amount):
        return value.value if value.unit == "1" else {"value": value.value, "unit": value.unit}
    return value if isinstance(value, bool | int | float | str) else value.isoformat()


@ALL
def test_the_schema_allows_what_is_taken(calculator):
    described = schema(calculator)["parameters"]
    jsonschema.Draft202012Validator.check_schema(described)
    validator = jsonschema.Draft202012Validator(described)

    @settings(max_examples=5)
    @given(rng=st.randoms(use_true_random=False))
    def check(rng):
        inputs = drawn(calculator, rng)
        given = {name: _as_json(value) for name, value in inputs.items() if value is not None}
        validator.validate(given)
        try:
            expected = calculate(calculator.id, inputs)
        except Exception as error:
            with pytest.raises(type(error)):
                calculate(calculator.id, given)
            return
        assert calculate(calculator.id, given).steps == expected.steps

    check()
    assert not validator.is_valid({"no such input": 1})
