"""Severity of pneumonia acquired outside hospital."""

from vesalius.calculators.bands import bands, below, up_to
from vesalius.calculators.form import Choice, Quantity, YesNo
from vesalius.calculators.inputs import AGE, DIASTOLIC, SYSTOLIC, mean_pressure
from vesalius.calculators.scoring import Criterion, score
from vesalius.calculators.units import convert

_MOST_UREA = convert(7, "mmol/L", "mg/dL", substance="urea nitrogen")


def _low_pressure(systolic: float, diastolic: float) -> int:
    mean_pressure(systolic, diastolic)  # refuses the two in each other's place
    return int(systolic < 90 or diastolic <= 60)


CALCULATORS = (
    score(
        id="curb-65",
        name="CURB-65 score for the severity of pneumonia",
        inputs=(
            YesNo("confusion", "new confusion", 1),
            Quantity(
                "urea_nitrogen",
                "blood urea nitrogen",
                "mg/dL",
                1,
                300,
                "urea nitrogen",
                points=bands(up_to(_MOST_UREA, 0), beyond=1),
            ),
            Quantity("respiratory_rate", "respiratory rate", "/min", 0, 120, points=bands(below(30, 0), beyond=1)),
            SYSTOLIC,
            DIASTOLIC,
            Quantity("age", "age", "a", 18, 120, points=bands(below(65, 0), beyond=1)),
        ),
        criteria=(Criterion("low blood pressure", ("systolic_pressure", "diastolic_pressure"), _low_pressure),),
        formula=(
            "1 each: confusion, urea above 7 mmol/L (BUN above 19.6 mg/dL), respiratory rate from 30, systolic below 90 or "
            "diastolic up to 60, age from 65"
        ),
        source=(
            "Lim WS, et al. Defining community acquired pneumonia severity on presentation to hospital. Thorax 2003;58:377-82."
        ),
        bounds=(0, 5),
        benchmark=45,
        words="CAP mortality admission",
    ),
    score(
        id="pneumonia-severity-index",
        name="Pneumonia severity index (PSI, PORT score)",
        inputs=(
            AGE,
            Choice("sex", "sex", {"female": -10, "male": 0}),
            YesNo("nursing_home_resident", "resident of a nursing home", 10),
            YesNo("neoplastic_disease", "neoplastic disease", 30),
            YesNo("liver_disease", "liver disease", 20),
            YesNo("heart_failure", "congestive heart failure", 10),
            YesNo("cerebrovascular_disease", "cerebrovascular disease", 10),
            YesNo("renal_disease", "renal disease", 10),
            YesNo("altered_mental_status", "altered mental status", 20),
            Quantity("respiratory_rate", "respiratory rate", "/min", 0, 120, points=bands(below(30, 0), beyond=20)),
            Quantity("systolic_pressure", "systolic blood pressure", "mm[Hg]", 20, 350, points=bands(below(90, 20), beyond=0)),
            Quantity("temperature", "body temperature", "Cel", 13, 46, points=bands(below(35, 15), below(40, 0), beyond=15)),
            Quantity("heart_rate", "heart rate", "/min", 10, 350, points=bands(below(125, 0), beyond=10)),
            Quantity("ph", "arterial pH", "1", 6.3, 8, points=bands(below(7.35, 30), beyond=0)),
            Quantity(
                "urea_nitrogen", "blood urea nitrogen", "mg/dL", 1, 300, "urea nitrogen", points=bands(below(30, 0), beyond=20)
            ),
            Quantity("sodium", "serum sodium", "mmol/L", 90, 220, "sodium", points=bands(below(130, 20), beyond=0)),
            Quantity("glucose", "serum glucose", "mg/dL", 5, 2500, "glucose", points=bands(below(250, 0), beyond=10)),
            Quantity("hematocrit", "haematocrit", "%", 3, 80, points=bands(below(30, 10), beyond=0)),
            Quantity("pao2", "arterial partial pressure of oxygen", "mm[Hg]", 5, 700, points=bands(below(60, 10), beyond=0)),
            YesNo("pleural_effusion", "pleural effusion", 10),
        ),
        criteria=(Criterion("age, years", ("age",), int),),
        formula="age in years, -10 if female, and 10, 15, 20 or 30 for each of eighteen findings",
        source="Fine MJ, et al. A prediction rule to identify low-risk patients with pneumonia. N Engl J Med 1997;336:243-50.",
        bounds=(-10, 405),
        benchmark=29,
        words="CAP mortality admission",
    ),
)
"""Calculators of pneumonia."""
