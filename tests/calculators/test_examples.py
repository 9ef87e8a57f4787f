from datetime import date

import pytest

from tests.calculators.drawing import healthy
from tests.calculators.examples import EXAMPLES
from tests.calculators.score_examples import SCORE_EXAMPLES
from vesalius.calculators import CALCULATORS, calculate


@pytest.mark.parametrize(("id", "inputs", "expected", "source"), EXAMPLES + SCORE_EXAMPLES)
def test_the_published_example_comes_out(id, inputs, expected, source):
    result = calculate(id, inputs)
    if isinstance(result.value, date):
        assert result.value.isoformat() == expected
    elif isinstance(expected, str):
        assert str(result).split()[0] == expected
    else:
        assert result.value == pytest.approx(expected, rel=3e-5, abs=1e-5)


def test_every_calculator_has_a_published_example():
    assert {id for id, *_, source in EXAMPLES + SCORE_EXAMPLES if not source.endswith("by hand")} == set(CALCULATORS)


def test_the_steps_of_a_gestational_age_are_weeks_and_days():
    steps = calculate("gestational-age", {"today": "2021-08-21", "last_menstrual_period": "2020-12-23"}).steps
    assert [value for _, value in steps] == [34, 3, 241]


# (140 - 60) * weight / 72 with a creatinine of 1 mg/dL is weight / 0.9; a man of 165 cm is ideal at 50 + 2.3 * 4.9606 kg
@pytest.mark.parametrize(("weight", "used"), [(45, 45), (60, 60), (65, 61.4094), (100, 61.4094 + 0.4 * 38.5906)])
def test_clearance_takes_the_weight_that_suits_the_bmi(weight, used):
    inputs = {"sex": "male", "age": "60 a", "weight": f"{weight} kg", "height": "165 cm", "creatinine": "1 mg/dL"}
    assert calculate("creatinine-clearance", inputs).value == pytest.approx(used / 0.9, rel=1e-4)


# limits as the papers have them, on either side
@pytest.mark.parametrize(
    ("id", "name", "points"),
    [
        ("cha2ds2-vasc", "age", {"64.9 a": 0, "65 a": 1, "74.9 a": 1, "75 a": 2}),
        ("has-bled", "age", {"65 a": 0, "66 a": 1}),
        ("child-pugh", "albumin", {"3.51 g/dL": 0, "3.5 g/dL": 1, "2.8 g/dL": 1, "2.79 g/dL": 2}),
        ("child-pugh", "bilirubin", {"1.9 mg/dL": 0, "2 mg/dL": 1, "3 mg/dL": 1, "3.1 mg/dL": 2}),
        ("sirs", "temperature", {"100.4 °F": 0, "100.5 °F": 1, "36 Cel": 0, "35.9 Cel": 1}),
        ("sirs", "white_cells", {"12 10*9/L": 0, "12.1 10*9/L": 1, "3.9 10*9/L": 1, "4000 /uL": 0}),
        (
            "curb-65",
            "urea_nitrogen",
            {"19 mg/dL": 0, "19.1 mg/dL": 0, "20 mg/dL": 1, "6.8 mmol/L": 0, "6.9 mmol/L": 0, "7 mmol/L": 0, "7.1 mmol/L": 1},
        ),
        ("curb-65", "diastolic_pressure", {"61 mmHg": 0, "60 mmHg": 1}),
        (
            "glasgow-blatchford",
            "urea_nitrogen",
            {"18.1 mg/dL": 0, "18.2 mg/dL": 2, "22.4 mg/dL": 3, "28 mg/dL": 4, "70 mg/dL": 6},
        ),
        ("glasgow-blatchford", "hemoglobin", {"13 g/dL": 0, "12 g/dL": 1, "10 g/dL": 3, "9.9 g/dL": 6}),
        ("sofa", "platelets", {"150 10*9/L": 0, "149 10*9/L": 1, "99 10*9/L": 2, "49 10*9/L": 3, "19 10*9/L": 4}),
        ("sofa", "norepinephrine", {"0 ug/kg/min": 0, "0.1 ug/kg/min": 3, "0.101 ug/kg/min": 4}),
        ("sofa", "dopamine", {"5 ug/kg/min": 2, "5.1 ug/kg/min": 3, "15.1 ug/kg/min": 4}),
        ("sofa", "urine_output", {"500 mL/d": 0, "499 mL/d": 3, "199 mL/d": 4}),
        ("apache-ii", "temperature", {"38.4 Cel": 0, "38.5 Cel": 1, "39 Cel": 3, "41 Cel": 4, "35.9 Cel": 1, "29.9 Cel": 4}),
        ("apache-ii", "ph", {"7.33": 0, "7.32": 2, "7.24": 3, "7.14": 4, "7.5": 1, "7.6": 3, "7.7": 4}),
        ("apache-ii", "glasgow_coma_scale", {"15": 0, "3": 12}),
        ("wells-pe", "heart_rate", {"100 /min": 0, "101 /min": 1.5}),
        ("perc", "oxygen_saturation", {"95 %": 0, "94 %": 1}),
        ("caprini", "age", {"40.9 a": 0, "41 a": 1, "61 a": 2, "75 a": 3}),
        ("caprini", "bmi", {"25 kg/m2": 0, "25.1 kg/m2": 1}),
        ("charlson", "age", {"49 a": 0, "50 a": 1, "60 a": 2, "70 a": 3, "80 a": 4}),
        ("pneumonia-severity-index", "temperature", {"35 Cel": 0, "34.9 Cel": 15, "39.9 Cel": 0, "40 Cel": 15}),
        ("centor", "age", {"14 a": 1, "15 a": 0, "45 a": -1}),
        ("centor", "temperature", {"38 Cel": 0, "38.1 Cel": 1}),
        ("has-bled", "alcoholic_drinks", {"7": 0, "8": 1}),
        ("heart-score", "age", {"44 a": 0, "45 a": 0, "46 a": 1, "64 a": 1, "65 a": 2}),
        ("revised-cardiac-risk-index", "creatinine", {"2 mg/dL": 0, "2.1 mg/dL": 1}),
        ("perc", "age", {"49 a": 0, "50 a": 1}),
        ("perc", "heart_rate", {"99 /min": 0, "100 /min": 1}),
        ("child-pugh", "inr", {"1.69": 0, "1.7": 1, "2.3": 1, "2.31": 2}),
        ("sirs", "heart_rate", {"90 /min": 0, "91 /min": 1}),
        ("sirs", "respiratory_rate", {"20 /min": 0, "21 /min": 1}),
        ("sirs", "paco2", {"32 mmHg": 0, "31 mmHg": 1}),
        ("sirs", "band_forms", {"10 %": 0, "11 %": 1}),
        ("qsofa", "respiratory_rate", {"21 /min": 0, "22 /min": 1}),
        ("qsofa", "systolic_pressure", {"101 mmHg": 0, "100 mmHg": 1}),
        ("qsofa", "glasgow_coma_scale", {"15": 0, "14": 1}),
        ("curb-65", "respiratory_rate", {"29 /min": 0, "30 /min": 1}),
        ("curb-65", "systolic_pressure", {"90 mmHg": 0, "89 mmHg": 1}),
        ("curb-65", "age", {"64 a": 0, "65 a": 1}),
        ("pneumonia-severity-index", "age", {"30 a": 0, "77 a": 47}),
        ("pneumonia-severity-index", "respiratory_rate", {"29 /min": 0, "30 /min": 20}),
        ("pneumonia-severity-index", "systolic_pressure", {"90 mmHg": 0, "89 mmHg": 20}),
        ("pneumonia-severity-index", "heart_rate", {"124 /min": 0, "125 /min": 10}),
        ("pneumonia-severity-index", "ph", {"7.35": 0, "7.34": 30}),
        ("pneumonia-severity-index", "urea_nitrogen", {"29 mg/dL": 0, "30 mg/dL": 20}),
        ("pneumonia-severity-index", "sodium", {"130 mmol/L": 0, "129 mmol/L": 20}),
        ("pneumonia-severity-index", "glucose", {"249 mg/dL": 0, "250 mg/dL": 10}),
        ("pneumonia-severity-index", "hematocrit", {"30 %": 0, "29 %": 10}),
        ("pneumonia-severity-index", "pao2", {"60 mmHg": 0, "59 mmHg": 10}),
        ("glasgow-blatchford", "systolic_pressure", {"110 mmHg": 0, "109 mmHg": 1, "99 mmHg": 2, "89 mmHg": 3}),
        ("glasgow-blatchford", "heart_rate", {"99 /min": 0, "100 /min": 1}),
        ("sofa", "pao2", {"84 mmHg": 0, "83 mmHg": 1, "63 mmHg": 1, "62 mmHg": 2, "20 mmHg": 2}),
        ("sofa", "bilirubin", {"1.1 mg/dL": 0, "1.2 mg/dL": 1, "2 mg/dL": 2, "6 mg/dL": 3, "12 mg/dL": 4}),
        ("sofa", "glasgow_coma_scale", {"15": 0, "13": 1, "12": 2, "9": 3, "5": 4}),
        ("sofa", "creatinine", {"1.1 mg/dL": 0, "1.2 mg/dL": 1, "2 mg/dL": 2, "3.5 mg/dL": 3, "5 mg/dL": 4}),
        ("sofa", "dobutamine", {"0 ug/kg/min": 0, "1 ug/kg/min": 2}),
        ("apache-ii", "age", {"44 a": 0, "45 a": 2, "55 a": 3, "65 a": 5, "75 a": 6}),
        (
            "apache-ii",
            "heart_rate",
            {"109 /min": 0, "110 /min": 2, "140 /min": 3, "180 /min": 4, "69 /min": 2, "54 /min": 3, "39 /min": 4},
        ),
        (
            "apache-ii",
            "respiratory_rate",
            {"24 /min": 0, "25 /min": 1, "35 /min": 3, "50 /min": 4, "11 /min": 1, "9 /min": 2, "5 /min": 4},
        ),
        ("apache-ii", "sodium", {"149 mmol/L": 0, "150 mmol/L": 1, "155 mmol/L": 2, "160 mmol/L": 3, "180 mmol/L": 4}),
        ("apache-ii", "sodium", {"130 mmol/L": 0, "129 mmol/L": 2, "119 mmol/L": 3, "110 mmol/L": 4}),
        ("apache-ii", "potassium", {"5.4 mmol/L": 0, "5.5 mmol/L": 1, "6 mmol/L": 3, "7 mmol/L": 4}),
        ("apache-ii", "potassium", {"3.5 mmol/L": 0, "3.4 mmol/L": 1, "2.9 mmol/L": 2, "2.4 mmol/L": 4}),
        ("apache-ii", "creatinine", {"0.5 mg/dL": 2, "0.6 mg/dL": 0, "1.5 mg/dL": 2, "2 mg/dL": 3, "3.5 mg/dL": 4}),
        ("apache-ii", "hematocrit", {"45 %": 0, "46 %": 1, "50 %": 2, "60 %": 4, "29 %": 2, "19 %": 4}),
        (
            "apache-ii",
            "white_cells",
            {"14.9 10*9/L": 0, "15 10*9/L": 1, "20 10*9/L": 2, "40 10*9/L": 4, "2.9 10*9/L": 2, "0.9 10*9/L": 4},
        ),
        ("apache-ii", "pao2", {"71 mmHg": 0, "70 mmHg": 1, "60 mmHg": 3, "54 mmHg": 4}),
        ("apache-ii", "systolic_pressure", {"120 mmHg": 0, "169 mmHg": 0, "170 mmHg": 2, "230 mmHg": 3, "320 mmHg": 4}),
        ("news2", "respiratory_rate", {"8 /min": 3, "9 /min": 1, "12 /min": 0, "20 /min": 0, "21 /min": 2, "25 /min": 3}),
        ("news2", "oxygen_saturation", {"91 %": 3, "92 %": 2, "94 %": 1, "96 %": 0}),
        ("news2", "systolic_pressure", {"90 mmHg": 3, "91 mmHg": 2, "101 mmHg": 1, "111 mmHg": 0, "219 mmHg": 0, "220 mmHg": 3}),
        ("news2", "heart_rate", {"40 /min": 3, "41 /min": 1, "51 /min": 0, "91 /min": 1, "111 /min": 2, "131 /min": 3}),
        ("news2", "temperature", {"35 Cel": 3, "35.1 Cel": 1, "36.1 Cel": 0, "38 Cel": 0, "38.1 Cel": 1, "39.1 Cel": 2}),
        ("abcd2", "age", {"59 a": 0, "60 a": 1}),
        ("abcd2", "duration", {"9 min": 0, "10 min": 1, "59 min": 1, "60 min": 2}),
        ("abcd2", "diastolic_pressure", {"89 mmHg": 0, "90 mmHg": 1}),
        ("apache-ii", "temperature", {"36 Cel": 0, "34 Cel": 1, "33.9 Cel": 2, "32 Cel": 2, "31.9 Cel": 3, "30 Cel": 3}),
        ("apache-ii", "diastolic_pressure", {"45 mmHg": 0, "44 mmHg": 2, "15 mmHg": 2, "14 mmHg": 4}),
        ("apache-ii", "heart_rate", {"70 /min": 0, "55 /min": 2, "40 /min": 3}),
        ("apache-ii", "respiratory_rate", {"12 /min": 0, "10 /min": 1, "6 /min": 2}),
        ("apache-ii", "sodium", {"120 mmol/L": 2, "111 mmol/L": 3}),
        ("apache-ii", "potassium", {"3 mmol/L": 1, "2.5 mmol/L": 2}),
        ("apache-ii", "hematocrit", {"30 %": 0, "20 %": 2}),
        ("apache-ii", "white_cells", {"3 10*9/L": 0, "1 10*9/L": 2}),
        ("apache-ii", "pao2", {"55 mmHg": 3, "61 mmHg": 1}),
        ("sofa", "platelets", {"100 10*9/L": 1, "50 10*9/L": 2, "20 10*9/L": 3}),
        ("sofa", "glasgow_coma_scale", {"14": 1, "10": 2, "6": 3}),
        ("sofa", "diastolic_pressure", {"45 mmHg": 0, "44 mmHg": 1}),
        ("sofa", "urine_output", {"200 mL/d": 3}),
        ("glasgow-blatchford", "systolic_pressure", {"100 mmHg": 1, "90 mmHg": 2}),
        ("abcd2", "systolic_pressure", {"139 mmHg": 0, "140 mmHg": 1}),
    ],
)
def test_points_change_at_the_limits_of_the_paper(id, name, points):
    base = healthy(CALCULATORS[id])

    def value(text):
        return calculate(id, {**base, name: text}).value

    least = {"child-pugh": 5, "pneumonia-severity-index": 30}.get(id, 0)
    assert {text: value(text) - least for text in points} == points
