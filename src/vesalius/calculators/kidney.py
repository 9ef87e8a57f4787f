"""Function of the kidneys: clearance, filtration, and what the urine says."""

from vesalius.calculators.body import adjusted_weight, ideal_weight
from vesalius.calculators.form import Calculator, Choice, Quantity, Steps, YesNo
from vesalius.calculators.inputs import ADULT_AGE, ADULT_HEIGHT, AGE, CREATININE, HEIGHT, SEX, SODIUM, WEIGHT


def _cockcroft_gault(*, age: float, sex: str, weight: float, height: float, creatinine: float, weight_used: str) -> Steps:
    index = weight / (height / 100) ** 2
    weights = {
        "actual": weight,
        "ideal": ideal_weight(sex, height),
        "adjusted": adjusted_weight(sex, height, weight),
    }
    if weight_used == "by BMI":
        used = weight if index < 18.5 else min(weight, weights["ideal"]) if index < 25 else weights["adjusted"]
    else:
        used = weights[weight_used]
    factor = 1 if sex == "male" else 0.85
    return (
        ("body mass index, kg/m2", index),
        ("ideal body weight, kg", weights["ideal"]),
        ("adjusted body weight, kg", weights["adjusted"]),
        ("weight that is used, kg", used),
        ("factor of sex", factor),
        ("creatinine clearance, mL/min", (140 - age) * used * factor / (72 * creatinine)),
    )


def _ckd_epi(*, age: float, sex: str, creatinine: float) -> Steps:
    female = sex == "female"
    ratio = creatinine / (0.7 if female else 0.9)
    power = (-0.241 if female else -0.302) if ratio <= 1 else -1.2
    of_age, of_sex = 0.9938**age, 1.012 if female else 1.0
    return (
        ("creatinine over the threshold of the sex", ratio),
        ("its power", ratio**power),
        ("factor of age", of_age),
        ("factor of sex", of_sex),
        ("GFR, mL/min/1.73 m2", 142 * ratio**power * of_age * of_sex),
    )


def _mdrd(*, age: float, sex: str, creatinine: float, black: bool) -> Steps:
    of_creatinine, of_age = creatinine**-1.154, age**-0.203
    factor = (0.742 if sex == "female" else 1.0) * (1.212 if black else 1.0)
    return (
        ("power of creatinine", of_creatinine),
        ("power of age", of_age),
        ("factors of sex and race", factor),
        ("GFR, mL/min/1.73 m2", 175 * of_creatinine * of_age * factor),
    )


def _schwartz(*, height: float, creatinine: float) -> Steps:
    return (("GFR, mL/min/1.73 m2", 0.413 * height / creatinine),)


def _sodium_excretion(*, sodium: float, creatinine: float, urine_sodium: float, urine_creatinine: float) -> Steps:
    return (
        ("urine over serum sodium", urine_sodium / sodium),
        ("urine over serum creatinine", urine_creatinine / creatinine),
        ("fractional excretion of sodium, %", 100 * urine_sodium * creatinine / (sodium * urine_creatinine)),
    )


def _water_deficit(*, age: float, sex: str, weight: float, sodium: float) -> Steps:
    if age < 18:
        share = 0.6
    elif age < 65:
        share = 0.6 if sex == "male" else 0.5
    else:
        share = 0.5 if sex == "male" else 0.45
    return (
        ("share of water in the body", share),
        ("total body water, L", share * weight),
        ("free water deficit, L", share * weight * (sodium / 140 - 1)),
    )


CALCULATORS = (
    Calculator(
        id="creatinine-clearance",
        name="Creatinine clearance (Cockcroft-Gault equation)",
        kind="equation",
        inputs=(
            ADULT_AGE,
            SEX,
            WEIGHT,
            ADULT_HEIGHT,
            CREATININE,
            Choice(
                "weight_used",
                "which weight is used; by BMI: actual below 18.5, the smaller of actual and ideal below 25, else adjusted",
                {"by BMI": 0, "actual": 0, "ideal": 0, "adjusted": 0},
                default="by BMI",
            ),
        ),
        unit="mL/min",
        decimals=0,
        formula="(140 - age) * weight * (0.85 if female) / (72 * creatinine), weight in kg, creatinine in mg/dL",
        source=(
            "Cockcroft DW, Gault MH. Nephron 1976;16:31-41. Choice of weight: Winter MA, et al. Pharmacotherapy 2012;32:604-12."
        ),
        function=_cockcroft_gault,
        benchmark=2,
        words="CrCl renal dosing",
    ),
    Calculator(
        id="ckd-epi-2021",
        name="CKD-EPI 2021 creatinine equation for glomerular filtration rate",
        kind="equation",
        inputs=(ADULT_AGE, SEX, CREATININE),
        unit="mL/min/{1.73_m2}",
        decimals=0,
        formula=(
            "142 * min(Cr/k, 1)^a * max(Cr/k, 1)^-1.2 * 0.9938^age * (1.012 if female); "
            "k 0.7, a -0.241 if female, else k 0.9, a -0.302; Cr in mg/dL"
        ),
        source=(
            "Inker LA, et al. New creatinine- and cystatin C-based equations to estimate GFR without race. NEJM 2021;385:1737-49."
        ),
        function=_ckd_epi,
        benchmark=3,
        words="eGFR kidney function chronic kidney disease",
    ),
    Calculator(
        id="mdrd-gfr",
        name="MDRD equation for glomerular filtration rate",
        kind="equation",
        inputs=(
            ADULT_AGE,
            SEX,
            CREATININE,
            YesNo("black", "counted as Black by the published equation, a factor that is no longer recommended"),
        ),
        unit="mL/min/{1.73_m2}",
        decimals=0,
        formula="175 * Cr^-1.154 * age^-0.203 * (0.742 if female) * (1.212 if Black), Cr in mg/dL",
        source=(
            "Levey AS, et al. Using standardized serum creatinine values in the MDRD study equation. Ann Intern "
            "Med 2006;145:247-54."
        ),
        function=_mdrd,
        benchmark=9,
        words="eGFR kidney function",
    ),
    Calculator(
        id="schwartz-gfr",
        name="Bedside Schwartz equation for glomerular filtration rate of children",
        kind="equation",
        inputs=(HEIGHT, CREATININE),
        unit="mL/min/{1.73_m2}",
        decimals=0,
        formula="0.413 * height / Cr, height in cm, Cr in mg/dL",
        source="Schwartz GJ, et al. New equations to estimate GFR in children with CKD. J Am Soc Nephrol 2009;20:629-37.",
        function=_schwartz,
        words="eGFR pediatric child kidney function",
    ),
    Calculator(
        id="fractional-excretion-of-sodium",
        name="Fractional excretion of sodium (FENa)",
        kind="equation",
        inputs=(
            SODIUM,
            CREATININE,
            Quantity("urine_sodium", "urine sodium", "mmol/L", 1, 400, "sodium"),
            Quantity("urine_creatinine", "urine creatinine", "mg/dL", 1, 1000, "creatinine"),
        ),
        unit="%",
        decimals=2,
        formula="100 * (urine Na * serum Cr) / (serum Na * urine Cr)",
        source="Espinel CH. The FENa test. Use in the differential diagnosis of acute renal failure. JAMA 1976;236:579-81.",
        function=_sodium_excretion,
        benchmark=40,
        words="prerenal acute kidney injury",
    ),
    Calculator(
        id="free-water-deficit",
        name="Free water deficit",
        kind="equation",
        inputs=(AGE, SEX, WEIGHT, SODIUM),
        unit="L",
        decimals=1,
        formula=(
            "share * weight * (Na / 140 - 1); share 0.6 of children and men, 0.5 of women and of men from 65 years, "
            "0.45 of women from 65 years; weight in kg, Na in mmol/L"
        ),
        source="Adrogué HJ, Madias NE. Hypernatremia. N Engl J Med 2000;342:1493-9.",
        function=_water_deficit,
        benchmark=38,
        words="hypernatremia dehydration",
    ),
)
"""Calculators of the kidney."""
