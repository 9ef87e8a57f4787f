"""Consciousness and stroke."""

from vesalius.calculators.bands import bands, below
from vesalius.calculators.form import Choice, Quantity, YesNo
from vesalius.calculators.inputs import DIASTOLIC, SYSTOLIC, mean_pressure
from vesalius.calculators.scoring import Criterion, score


def _high_pressure(systolic: float, diastolic: float) -> int:
    mean_pressure(systolic, diastolic)  # refuses the two in each other's place
    return int(systolic >= 140 or diastolic >= 90)


CALCULATORS = (
    score(
        id="glasgow-coma-scale",
        name="Glasgow coma scale (GCS)",
        inputs=(
            Choice("eyes", "best eye response", {"none": 1, "to pain": 2, "to voice": 3, "spontaneous": 4}),
            Choice(
                "verbal",
                "best verbal response",
                {"none": 1, "incomprehensible sounds": 2, "inappropriate words": 3, "confused": 4, "oriented": 5},
            ),
            Choice(
                "motor",
                "best motor response",
                {
                    "none": 1,
                    "extension to pain": 2,
                    "flexion to pain": 3,
                    "withdrawal from pain": 4,
                    "localizes pain": 5,
                    "obeys commands": 6,
                },
            ),
        ),
        formula="eyes 1 to 4 + verbal 1 to 5 + motor 1 to 6",
        source="Teasdale G, Jennett B. Assessment of coma and impaired consciousness. Lancet 1974;2:81-4.",
        bounds=(3, 15),
        benchmark=21,
        words="consciousness head injury score",
    ),
    score(
        id="abcd2",
        name="ABCD2 score for stroke after transient ischemic attack",
        inputs=(
            Quantity("age", "age", "a", 18, 120, points=bands(below(60, 0), beyond=1)),
            SYSTOLIC,
            DIASTOLIC,
            Choice("features", "clinical features", {"other": 0, "speech disturbance": 1, "weakness of one side": 2}),
            Quantity("duration", "duration of the symptoms", "min", 0, 1440, points=bands(below(10, 0), below(60, 1), beyond=2)),
            YesNo("diabetes", "diabetes mellitus", 1),
        ),
        criteria=(Criterion("high blood pressure", ("systolic_pressure", "diastolic_pressure"), _high_pressure),),
        formula="age from 60: 1; pressure from 140/90: 1; weakness 2, speech 1; from 60 minutes 2, from 10 minutes 1; diabetes 1",
        source=(
            "Johnston SC, et al. Validation and refinement of scores to predict very early stroke risk. Lancet 2007;369:283-92."
        ),
        bounds=(0, 7),
        words="TIA",
    ),
)
"""Calculators of the nervous system."""
