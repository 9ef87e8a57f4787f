"""Branches and bounds of equations and conversions, beside the worked examples."""

from math import exp, log

import pytest

from vesalius.calculators import calculate
from vesalius.errors import UserError


# each is worth 5 mg of prednisone; Meikle and Tyler 1977, as in every formulary
@pytest.mark.parametrize(
    ("target", "milligrams"),
    [
        ("betamethasone IV", 0.75),
        ("cortisone PO", 25),
        ("dexamethasone IV", 0.75),
        ("dexamethasone PO", 0.75),
        ("hydrocortisone IV", 20),
        ("hydrocortisone PO", 20),
        ("methylprednisolone IV", 4),
        ("methylprednisolone PO", 4),
        ("prednisolone PO", 5),
        ("triamcinolone IV", 4),
    ],
)
def test_steroids_are_worth_what_the_table_says(target, milligrams):
    there = calculate("steroid-conversion", {"steroid": "prednisone PO", "dose": "5 mg", "target": target})
    back = calculate("steroid-conversion", {"steroid": target, "dose": f"{milligrams} mg", "target": "prednisone PO"})
    assert (there.value, back.value) == pytest.approx((milligrams, 5))


# CDC 2022, table of conversion factors; a patch in micrograms an hour
@pytest.mark.parametrize(
    ("drug", "dose", "equivalents"),
    [
        ("codeine", "100 mg/d", 15),
        ("fentanyl_patch", "25 ug/h", 60),
        ("hydromorphone", "10 mg/d", 50),
        ("methadone", "10 mg/d", 47),
        ("oxymorphone", "10 mg/d", 30),
        ("tapentadol", "100 mg/d", 40),
        ("tramadol", "100 mg/d", 20),
        ("buprenorphine", "2 mg/d", 20),
    ],
)
def test_opioids_are_worth_what_the_table_says(drug, dose, equivalents):
    assert calculate("morphine-equivalents", {drug: dose}).value == pytest.approx(equivalents)


LIVER = {"creatinine": "2 mg/dL", "bilirubin": "3 mg/dL", "inr": 1.8, "sodium": "130 mmol/L"}


@pytest.mark.parametrize(
    ("id", "one", "other"),
    [
        ("meld-na", {"sodium": "120 mmol/L"}, {"sodium": "125 mmol/L"}),
        ("meld-na", {"sodium": "145 mmol/L"}, {"sodium": "137 mmol/L"}),
        ("meld-na", {"creatinine": "0.4 mg/dL"}, {"creatinine": "1 mg/dL"}),
        ("meld-na", {"creatinine": "6 mg/dL"}, {"creatinine": "4 mg/dL"}),
        ("meld-na", {"dialysis": True}, {"creatinine": "4 mg/dL"}),
        ("meld-na", {"bilirubin": "0.3 mg/dL"}, {"bilirubin": "1 mg/dL"}),
        ("meld-na", {"inr": 0.8}, {"inr": 1}),
        ("meld-3", {"sodium": "120 mmol/L"}, {"sodium": "125 mmol/L"}),
        ("meld-3", {"sodium": "145 mmol/L"}, {"sodium": "137 mmol/L"}),
        ("meld-3", {"creatinine": "0.4 mg/dL"}, {"creatinine": "1 mg/dL"}),
        ("meld-3", {"creatinine": "6 mg/dL"}, {"creatinine": "3 mg/dL"}),
        ("meld-3", {"dialysis": True}, {"creatinine": "3 mg/dL"}),
        ("meld-3", {"albumin": "1 g/dL"}, {"albumin": "1.5 g/dL"}),
        ("meld-3", {"albumin": "5 g/dL"}, {"albumin": "3.5 g/dL"}),
    ],
)
def test_meld_keeps_its_inputs_within_bounds(id, one, other):
    base = {**LIVER, **({"sex": "female", "albumin": "2.5 g/dL"} if id == "meld-3" else {})}
    first, second = (calculate(id, {**base, **each}).steps for each in (one, other))
    assert first == second != calculate(id, base).steps


def test_meld_takes_sodium_above_eleven_only():
    # 10 * (0.378 ln 1.2 + 1.12 ln b + 0.643): b of 1.4 gives 10.9, b of 1.5 gives 11.7
    low, high = ({"creatinine": "1 mg/dL", "bilirubin": "1.2 mg/dL", "inr": inr, "sodium": "127 mmol/L"} for inr in (1.4, 1.5))
    assert (calculate("meld-na", low).value, calculate("meld-na", high).value) == (11, 21)


def test_meld_before_rounding_is_as_the_papers_have_it():
    # 9.57 ln 2.7 + 3.78 ln 1.5 + 11.2 ln 1.1 + 6.43 = 9.5054 + 1.5327 + 1.0675 + 6.43
    inputs = {"creatinine": "2.7 mg/dL", "bilirubin": "1.5 mg/dL", "inr": 1.1, "sodium": "135 mmol/L"}
    result = calculate("meld-na", inputs)
    assert dict(result.steps)["MELD without sodium, before rounding"] == pytest.approx(18.5356, abs=1e-3)
    # 19 + 1.32 * 2 - 0.033 * 19 * 2
    assert dict(result.steps)["added for sodium"] == pytest.approx(1.386) and result.value == 20
    # 1.33 + 4.56*1.09861 + 0.82*7 - 0.24*7*1.09861 + 9.09*0.58779 + 11.14*0.69315 + 1.85 - 1.83*0.69315 + 6
    result = calculate("meld-3", {**LIVER, "sex": "female", "albumin": "2.5 g/dL"})
    assert dict(result.steps)["before rounding"] == pytest.approx(29.881, abs=2e-3)


@pytest.mark.parametrize(
    ("age", "sex", "share"),
    [("17.9 a", "male", 0.6), ("18 a", "female", 0.5), ("64.9 a", "male", 0.6), ("65 a", "male", 0.5), ("65 a", "female", 0.45)],
)
def test_the_share_of_water_is_that_of_age_and_sex(age, sex, share):
    inputs = {"age": age, "sex": sex, "weight": "100 kg", "sodium": "154 mmol/L"}
    assert calculate("free-water-deficit", inputs).value == pytest.approx(share * 10)


@pytest.mark.parametrize(
    ("height", "weight", "used"),
    [
        # a man of 130 cm is ideal at 29.717 kg: below a BMI of 18.5 the actual weight is used, above it the smaller one
        ("130 cm", 18.4 * 1.69, 18.4 * 1.69),
        ("130 cm", 18.6 * 1.69, 29.717),
        # a man of 165 cm at 61.4094 kg: from a BMI of 25 on the adjusted weight
        ("165 cm", 24.9 * 2.7225, 61.4094),
        ("165 cm", 25.1 * 2.7225, 61.4094 + 0.4 * (25.1 * 2.7225 - 61.4094)),
    ],
)
def test_clearance_changes_the_weight_at_the_limits_of_bmi(height, weight, used):
    inputs = {"sex": "male", "age": "60 a", "weight": f"{weight:.6f} kg", "height": height, "creatinine": "1 mg/dL"}
    assert calculate("creatinine-clearance", inputs).value == pytest.approx(used / 0.9, rel=1e-4)
    # the other sex has 0.85 of it, by its own ideal weight
    actual = {**inputs, "weight_used": "actual"}
    ratio = calculate("creatinine-clearance", {**actual, "sex": "female"}).value / calculate("creatinine-clearance", actual).value
    assert ratio == pytest.approx(0.85)


def test_framingham_has_the_coefficients_of_the_panel():
    """Of men and women who smoke and are treated, at ages on either side of the limit of smoking."""
    for age in (45, 79):
        years, fat, good, systole = log(age), log(230), log(45), log(150)
        inputs = {
            "age": f"{age} a",
            "total_cholesterol": "230 mg/dL",
            "hdl_cholesterol": "45 mg/dL",
            "systolic_pressure": "150 mmHg",
            "smoker": True,
            "treated_for_pressure": True,
        }
        man = 52.00961 * years + 20.014077 * fat - 0.905964 * good + 1.305784 * systole + 0.241549 + 12.096316
        man += -4.605038 * years * fat - 2.84367 * log(min(age, 70)) - 2.93323 * years * years - 172.300168
        woman = 31.764001 * years + 22.465206 * fat - 1.187731 * good + 2.552905 * systole + 0.420251 + 13.07543
        woman += -5.060998 * years * fat - 2.996945 * log(min(age, 78)) - 146.5933061
        for sex, expected in (("male", 1 - 0.9402 ** exp(man)), ("female", 1 - 0.98767 ** exp(woman))):
            assert calculate("framingham-risk", {**inputs, "sex": sex}).value == pytest.approx(100 * expected, rel=1e-9)


def test_other_branches_of_the_equations():
    # 142 * (0.8 / 0.9)^-0.302 * 0.9938^40 = 142 * 1.03621 * 0.77979
    gfr = calculate("ckd-epi-2021", {"age": "40 a", "sex": "male", "creatinine": "0.8 mg/dL"}).value
    assert gfr == pytest.approx(114.74, abs=0.02)
    # 142 * (1.4 / 0.7)^-1.2 * 0.9938^60 * 1.012 = 142 * 0.43528 * 0.68858 * 1.012
    gfr = calculate("ckd-epi-2021", {"age": "60 a", "sex": "female", "creatinine": "1.4 mg/dL"}).value
    assert gfr == pytest.approx(43.07, abs=0.02)
    # 175 * 1.5^-1.154 * 50^-0.203 * 1.212 = 175 * 0.62633 * 0.45196 * 1.212
    gfr = calculate("mdrd-gfr", {"age": "50 a", "sex": "male", "creatinine": "1.5 mg/dL", "black": True}).value
    assert gfr == pytest.approx(60.04, abs=0.03)


def test_a_pregnancy_lasts_forty_five_weeks_at_most():
    inputs = {"last_menstrual_period": "2023-01-01"}
    assert calculate("gestational-age", {**inputs, "today": "2023-11-12"}).value == 315
    with pytest.raises(UserError, match="315 days"):
        calculate("gestational-age", {**inputs, "today": "2023-11-13"})
