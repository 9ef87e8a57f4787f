"""Cirrhosis, fibrosis and bleeding of the gut."""

from math import floor, log, sqrt

from vesalius.calculators.bands import bands, below, up_to
from vesalius.calculators.form import Calculator, Choice, Quantity, Steps, YesNo
from vesalius.calculators.inputs import ADULT_AGE, ALBUMIN, BILIRUBIN, CREATININE, HEMOGLOBIN, INR, PLATELETS, SEX, SODIUM
from vesalius.calculators.scoring import Criterion, score

_DIALYSIS = YesNo("dialysis", "dialysis twice within a week, or a day of continuous veno-venous haemodialysis")


def _rounded(value: float) -> int:
    """Halves go up, where Python's own rounding takes the even neighbour."""
    return floor(value + 0.5)


def _within(low: float, value: float, high: float) -> float:
    return min(max(value, low), high)


def _fib_4(*, age: float, ast: float, alt: float, platelets: float) -> Steps:
    return (
        ("age x AST", age * ast),
        ("platelets x root of ALT", platelets * sqrt(alt)),
        ("FIB-4", age * ast / (platelets * sqrt(alt))),
    )


def _meld_na(*, creatinine: float, bilirubin: float, inr: float, sodium: float, dialysis: bool) -> Steps:
    bounded = 4.0 if dialysis else _within(1, creatinine, 4)
    logarithms = 0.957 * log(bounded) + 0.378 * log(max(bilirubin, 1)) + 1.12 * log(max(inr, 1)) + 0.643
    initial = _rounded(10 * logarithms)
    lacking = 137 - _within(125, sodium, 137)
    added = 1.32 * lacking - 0.033 * initial * lacking if initial > 11 else 0.0
    return (
        ("creatinine within 1 to 4, mg/dL", bounded),
        ("bilirubin from 1, mg/dL", max(bilirubin, 1)),
        ("INR from 1", max(inr, 1)),
        ("sodium within 125 to 137, mmol/L", 137 - lacking),
        ("MELD without sodium, before rounding", 10 * logarithms),
        ("MELD without sodium", initial),
        ("added for sodium", added),
        ("MELD-Na", min(_rounded(initial + added), 40)),
    )


def _meld_3(*, sex: str, creatinine: float, bilirubin: float, inr: float, sodium: float, albumin: float, dialysis: bool) -> Steps:
    kidney = log(3.0 if dialysis else _within(1, creatinine, 3))
    yellow, clotting = log(max(bilirubin, 1)), log(max(inr, 1))
    lacking, lost = 137 - _within(125, sodium, 137), 3.5 - _within(1.5, albumin, 3.5)
    value = (
        (1.33 if sex == "female" else 0)
        + 4.56 * yellow
        + 0.82 * lacking
        - 0.24 * lacking * yellow
        + 9.09 * clotting
        + 11.14 * kidney
        + 1.85 * lost
        - 1.83 * lost * kidney
        + 6
    )
    return (
        ("logarithm of creatinine within 1 to 3", kidney),
        ("logarithm of bilirubin from 1", yellow),
        ("logarithm of INR from 1", clotting),
        ("137 less sodium within 125 to 137", lacking),
        ("3.5 less albumin within 1.5 to 3.5", lost),
        ("before rounding", value),
        ("MELD 3.0", min(_rounded(value), 40)),
    )


def _anemia(sex: str, hemoglobin: float) -> int:
    if hemoglobin < 10:
        return 6
    if sex == "female":
        return int(hemoglobin < 12)
    return 3 if hemoglobin < 12 else int(hemoglobin < 13)


CALCULATORS = (
    score(
        id="child-pugh",
        name="Child-Pugh score for mortality in cirrhosis",
        inputs=(
            Quantity(
                "bilirubin", "total bilirubin", "mg/dL", 0.05, 90, "bilirubin", points=bands(below(2, 1), up_to(3, 2), beyond=3)
            ),
            Quantity("albumin", "serum albumin", "g/dL", 0.3, 8, "albumin", points=bands(below(2.8, 3), up_to(3.5, 2), beyond=1)),
            Quantity("inr", INR.label, "1", 0.5, 30, points=bands(below(1.7, 1), up_to(2.3, 2), beyond=3)),
            Choice("ascites", "ascites", {"absent": 1, "slight": 2, "moderate": 3}, default="absent"),
            Choice("encephalopathy", "encephalopathy", {"none": 1, "grade 1-2": 2, "grade 3-4": 3}, default="none"),
        ),
        formula="1 to 3 each: bilirubin (2, 3 mg/dL), albumin (3.5, 2.8 g/dL), INR (1.7, 2.3), ascites, encephalopathy",
        source="Pugh RN, et al. Transection of the oesophagus for bleeding oesophageal varices. Br J Surg 1973;60:646-9.",
        bounds=(5, 15),
        benchmark=15,
        words="liver Child-Turcotte-Pugh",
    ),
    Calculator(
        id="fib-4",
        name="Fibrosis-4 (FIB-4) index for liver fibrosis",
        kind="equation",
        inputs=(
            ADULT_AGE,
            Quantity("ast", "aspartate aminotransferase", "U/L", 1, 30000),
            Quantity("alt", "alanine aminotransferase", "U/L", 1, 30000),
            PLATELETS,
        ),
        unit="1",
        decimals=2,
        formula="age * AST / (platelets * sqrt(ALT)), age in years, enzymes in U/L, platelets in 10^9/L",
        source="Sterling RK, et al. Development of a simple noninvasive index. Hepatology 2006;43:1317-25.",
        function=_fib_4,
        benchmark=19,
        words="hepatitis cirrhosis AST ALT",
    ),
    Calculator(
        id="meld-na",
        name="MELD-Na (UNOS/OPTN 2016)",
        kind="equation",
        inputs=(CREATININE, BILIRUBIN, INR, SODIUM, _DIALYSIS),
        unit="points",
        decimals=0,
        formula=(
            "MELD = 10 * (0.957 ln Cr + 0.378 ln bilirubin + 1.12 ln INR + 0.643), rounded; above 11 add 1.32 * (137 - Na) - "
            "0.033 * MELD * (137 - Na); Cr within 1 to 4 mg/dL, bilirubin and INR from 1, Na within 125 to 137; at most 40"
        ),
        source="OPTN policy 9.1, 2016; Kim WR, et al. Hyponatremia and mortality. N Engl J Med 2008;359:1018-26.",
        function=_meld_na,
        benchmark=23,
        words="end-stage liver disease transplant",
    ),
    Calculator(
        id="meld-3",
        name="MELD 3.0",
        kind="equation",
        inputs=(SEX, CREATININE, BILIRUBIN, INR, SODIUM, ALBUMIN, _DIALYSIS),
        unit="points",
        decimals=0,
        formula=(
            "1.33 if female + 4.56 ln bilirubin + 0.82 (137 - Na) - 0.24 (137 - Na) ln bilirubin + 9.09 ln INR + 11.14 ln Cr + "
            "1.85 (3.5 - albumin) - 1.83 (3.5 - albumin) ln Cr + 6; Cr within 1 to 3, albumin within 1.5 to 3.5; at most 40"
        ),
        source="Kim WR, et al. MELD 3.0. Gastroenterology 2021;161:1887-95, without a limit; that of 40 by OPTN policy 9.1.",
        function=_meld_3,
        words="end-stage liver disease transplant",
    ),
    score(
        id="glasgow-blatchford",
        name="Glasgow-Blatchford bleeding score (GBS)",
        inputs=(
            Quantity(
                "urea_nitrogen",
                "blood urea nitrogen",
                "mg/dL",
                1,
                300,
                "urea nitrogen",
                points=bands(below(18.2, 0), below(22.4, 2), below(28, 3), below(70, 4), beyond=6),
            ),
            SEX,
            HEMOGLOBIN,
            Quantity(
                "systolic_pressure",
                "systolic blood pressure",
                "mm[Hg]",
                20,
                350,
                points=bands(below(90, 3), below(100, 2), below(110, 1), beyond=0),
            ),
            Quantity("heart_rate", "heart rate", "/min", 10, 350, points=bands(below(100, 0), beyond=1)),
            YesNo("melena", "melaena", 1),
            YesNo("syncope", "syncope", 2),
            YesNo("hepatic_disease", "liver disease", 2),
            YesNo("cardiac_failure", "cardiac failure", 2),
        ),
        criteria=(Criterion("haemoglobin, by sex", ("sex", "hemoglobin"), _anemia),),
        formula=(
            "BUN 18.2, 22.4, 28, 70 mg/dL: 2, 3, 4, 6; haemoglobin below 13, 12, 10 g/dL: 1, 3, 6 (women 12, 10: 1, 6); "
            "systolic below 110, 100, 90: 1, 2, 3; heart rate from 100, melaena: 1; syncope, liver disease, cardiac failure: 2"
        ),
        source="Blatchford O, Murray WR, Blatchford M. Lancet 2000;356:1318-21.",
        bounds=(0, 23),
        benchmark=27,
        words="upper gastrointestinal hemorrhage",
    ),
)
"""Calculators of the liver and the gut."""
