"""Risk of the heart and of its treatment."""

from math import exp, log

from vesalius.calculators.bands import bands, below, up_to
from vesalius.calculators.form import Calculator, Choice, Quantity, Steps, WholeNumber, YesNo
from vesalius.calculators.inputs import ADULT_AGE, HDL, SEX, SYSTOLIC, TOTAL_CHOLESTEROL, check_cholesterol
from vesalius.calculators.scoring import Criterion, score

# Framingham's hard coronary heart disease: logarithms of age, total cholesterol, HDL and systolic pressure, treatment, smoking,
# age with cholesterol, age (up to a limit) with smoking, age squared; then the constant, survival at ten years, and the limit
_MALE = (52.00961, 20.014077, -0.905964, 1.305784, 0.241549, 12.096316, -4.605038, -2.84367, -2.93323), 172.300168, 0.9402, 70
_FEMALE = (31.764001, 22.465206, -1.187731, 2.552905, 0.420251, 13.07543, -5.060998, -2.996945, 0.0), 146.5933061, 0.98767, 78


def _framingham(
    *,
    age: float,
    sex: str,
    total_cholesterol: float,
    hdl_cholesterol: float,
    systolic_pressure: float,
    smoker: bool,
    treated_for_pressure: bool,
) -> Steps:
    check_cholesterol(total_cholesterol, hdl_cholesterol)
    weights, constant, survival, oldest = _MALE if sex == "male" else _FEMALE
    years, fat = log(age), log(total_cholesterol)
    terms = (
        years,
        fat,
        log(hdl_cholesterol),
        log(systolic_pressure),
        treated_for_pressure,
        smoker,
        years * fat,
        log(min(age, oldest)) * smoker,
        years**2,
    )
    sum_of_terms = sum(weight * term for weight, term in zip(weights, terms, strict=True))
    return (
        ("age in the term of smoking, years", min(age, oldest)),
        ("sum of the terms", sum_of_terms),
        ("above the mean", sum_of_terms - constant),
        ("risk in ten years, %", 100 * (1 - survival ** exp(sum_of_terms - constant))),
    )


def _risk_factors(*present: bool) -> int:
    *factors, atherosclerosis = present
    return 2 if atherosclerosis or sum(factors) > 2 else int(any(factors))


_FACTORS = (
    YesNo("hypertension", "hypertension"),
    YesNo("hypercholesterolemia", "hypercholesterolaemia"),
    YesNo("diabetes", "diabetes mellitus"),
    YesNo("obesity", "obesity, a body mass index above 30 kg/m2"),
    YesNo("smoking", "smoking, now or until three months ago"),
    YesNo("family_history", "cardiovascular disease in the family before the age of 65"),
    YesNo("atherosclerotic_disease", "atherosclerotic disease: infarction, revascularisation, stroke, peripheral artery disease"),
)

CALCULATORS = (
    score(
        id="cha2ds2-vasc",
        name="CHA2DS2-VASc score for the risk of stroke in atrial fibrillation",
        inputs=(
            Quantity("age", "age", "a", 18, 120, points=bands(below(65, 0), below(75, 1), beyond=2)),
            Choice("sex", "sex", {"female": 1, "male": 0}),
            YesNo("heart_failure", "congestive heart failure", 1),
            YesNo("hypertension", "hypertension", 1),
            YesNo("stroke", "stroke, transient ischaemic attack or thromboembolism", 2),
            YesNo("vascular_disease", "vascular disease: infarction, peripheral artery disease, aortic plaque", 1),
            YesNo("diabetes", "diabetes mellitus", 1),
        ),
        formula=(
            "heart failure, hypertension, vascular disease, diabetes, female sex, age 65 to 74: 1 each; stroke, "
            "age from 75: 2 each"
        ),
        source="Lip GY, et al. Refining clinical risk stratification in atrial fibrillation. Chest 2010;137:263-72.",
        bounds=(0, 9),
        benchmark=4,
        words="anticoagulation",
    ),
    score(
        id="has-bled",
        name="HAS-BLED score for the risk of major bleeding",
        inputs=(
            YesNo("hypertension", "uncontrolled hypertension, above 160 mmHg systolic", 1),
            YesNo("renal_disease", "dialysis, transplant, or creatinine above 2.26 mg/dL", 1),
            YesNo("liver_disease", "cirrhosis, or bilirubin above twice with enzymes above three times normal", 1),
            YesNo("stroke", "stroke in the past", 1),
            YesNo("bleeding", "major bleeding in the past, or a predisposition to it", 1),
            YesNo("labile_inr", "labile INR, less than 60 % of the time in range", 1),
            Quantity("age", "age", "a", 18, 120, points=bands(up_to(65, 0), beyond=1)),
            YesNo("drugs", "antiplatelet or non-steroidal anti-inflammatory drugs", 1),
            WholeNumber("alcoholic_drinks", "alcoholic drinks a week", 0, 200, bands(below(8, 0), beyond=1)),
        ),
        formula="1 for each of nine criteria; age above 65 years, 8 drinks or more a week",
        source="Pisters R, et al. A novel user-friendly score (HAS-BLED). Chest 2010;138:1093-100.",
        bounds=(0, 9),
        benchmark=25,
        words="anticoagulation atrial fibrillation",
    ),
    score(
        id="heart-score",
        name="HEART score for major cardiac events",
        inputs=(
            Choice(
                "history",
                "history",
                {"slightly suspicious": 0, "moderately suspicious": 1, "highly suspicious": 2},
                default="slightly suspicious",
            ),
            Choice(
                "electrocardiogram",
                "electrocardiogram",
                {"normal": 0, "non-specific repolarization disturbance": 1, "significant ST deviation": 2},
                default="normal",
            ),
            # 45 years are 0 and three times the limit is 2 in the paper's table, as BMJ Open and Emerg Med J reprint it;
            # calculators in circulation differ
            Quantity("age", "age", "a", 18, 120, points=bands(up_to(45, 0), below(65, 1), beyond=2)),
            Choice(
                "troponin",
                "initial troponin",
                {"normal": 0, "above the limit, below three times": 1, "three times the limit or more": 2},
                default="normal",
            ),
            *_FACTORS,
        ),
        criteria=(Criterion("risk factors", tuple(each.name for each in _FACTORS), _risk_factors),),
        formula=(
            "history, ECG, age (above 45 years: 1; from 65: 2), risk factors (one or two: 1; three or more, or atherosclerotic "
            "disease: 2), troponin: 0 to 2 each"
        ),
        source=(
            "Six AJ, Backus BE, Kelder JC. Chest pain in the emergency room: value of the HEART score. Neth Heart "
            "J 2008;16:191-6."
        ),
        bounds=(0, 10),
        benchmark=18,
        words="chest pain acute coronary syndrome",
    ),
    score(
        id="revised-cardiac-risk-index",
        name="Revised cardiac risk index for preoperative risk (RCRI)",
        inputs=(
            YesNo("elevated_risk_surgery", "intraperitoneal, intrathoracic or suprainguinal vascular surgery", 1),
            YesNo("ischemic_heart_disease", "ischaemic heart disease", 1),
            YesNo("heart_failure", "congestive heart failure", 1),
            YesNo("cerebrovascular_disease", "stroke or transient ischaemic attack", 1),
            YesNo("insulin", "preoperative treatment with insulin", 1),
            Quantity(
                "creatinine", "preoperative creatinine", "mg/dL", 0.1, 40, "creatinine", points=bands(up_to(2, 0), beyond=1)
            ),
        ),
        formula="1 for each of six criteria; creatinine above 2 mg/dL",
        source="Lee TH, et al. Derivation and prospective validation of a simple index. Circulation 1999;100:1043-9.",
        bounds=(0, 6),
        benchmark=17,
        words="Lee surgery perioperative",
    ),
    Calculator(
        id="framingham-risk",
        name="Framingham risk score for hard coronary heart disease",
        kind="equation",
        inputs=(
            Quantity("age", ADULT_AGE.label, "a", 30, 79),
            SEX,
            TOTAL_CHOLESTEROL,
            HDL,
            SYSTOLIC,
            YesNo("smoker", "smoker"),
            YesNo("treated_for_pressure", "treated for high blood pressure"),
        ),
        unit="%",
        decimals=1,
        formula=(
            "100 * (1 - S^exp(sum - constant)), S 0.9402 of men and 0.98767 of women; sum of weighted logarithms, "
            "cholesterol in mg/dL"
        ),
        source="Adult Treatment Panel III final report. Circulation 2002;106:3143-421.",
        function=_framingham,
        benchmark=46,
        words="myocardial infarction ten-year cholesterol",
    ),
)
"""Calculators of cardiac risk."""
