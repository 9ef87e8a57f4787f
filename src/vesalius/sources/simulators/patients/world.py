"""What patients of the simulated hospitals can have, and how it changes what happens to them: the planted truth.

Every hazard is the product of a base rate and the exponentials of effects (a proportional hazards model whose factors change with
time), so that a model of the right form can find it, and a test can hold it against what was planted. Codes are real ones of
ICD-10-CM, RxNorm and LOINC; rates and effects are of plausible size and no more than that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Hospital = Literal["north", "south"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A chronic condition.

    Attributes:
        code: of ICD-10-CM, as the north codes it.
        southern: as the south codes it.
        prevalence: when a patient of 60 years enters.
        onset: new cases a year.
    """

    code: str
    southern: str
    prevalence: float
    onset: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """A measurement; its value is ``exp(level + Σ raised + deviation)``, a patient's level fixed and each deviation drawn anew.

    Attributes:
        code: of LOINC.
        unit: of UCUM.
        level: natural logarithm of the median of those who have nothing that raises it.
        spread, deviation: standard deviations of the logarithm between patients, and of one between measurements.
        raised: by condition, added to the logarithm.
        measured: share of visits at which it is measured.
        by_condition: log odds of being measured where a recorded condition is there (missing at random).
        by_value: log odds for each standard deviation by which the value lies above its median (missing not at random).
    """

    code: str
    unit: str
    level: float
    spread: float
    deviation: float
    raised: Mapping[str, float]
    measured: float
    by_condition: Mapping[str, float]
    by_value: float = 0.0


CONDITIONS: Mapping[str, Condition] = {
    "diabetes": Condition(code="E11.9", southern="E11.65", prevalence=0.15, onset=0.012),
    "hypertension": Condition(code="I10", southern="I10", prevalence=0.40, onset=0.03),
    "kidney disease": Condition(code="N18.30", southern="N18.9", prevalence=0.08, onset=0.008),
    "copd": Condition(code="J44.9", southern="J44.9", prevalence=0.08, onset=0.006),
    "atrial fibrillation": Condition(code="I48.91", southern="I48.20", prevalence=0.05, onset=0.008),
    "hyperlipidaemia": Condition(code="E78.5", southern="E78.00", prevalence=0.30, onset=0.02),
    "osteoporosis": Condition(code="M81.0", southern="M81.0", prevalence=0.10, onset=0.012),
    "depression": Condition(code="F32.9", southern="F32.A", prevalence=0.12, onset=0.01),
}

MEDICINES: Mapping[str, tuple[str, str, float]] = {
    "metformin": ("6809", "diabetes", 0.7),
    "lisinopril": ("29046", "hypertension", 0.6),
    "apixaban": ("1364430", "atrial fibrillation", 0.5),
    "atorvastatin": ("83367", "hyperlipidaemia", 0.5),
    "sertraline": ("36437", "depression", 0.4),
}
"""By name, the RxNorm ingredient, what it is given for, and the chance of being started at a visit."""

LABS: Mapping[str, Lab] = {
    "creatinine": Lab(
        code="2160-0", unit="mg/dL", level=np.log(0.9), spread=0.15, deviation=0.08, raised={"kidney disease": 0.7},
        measured=0.35, by_condition={"kidney disease": 1.0}, by_value=0.8,
    ),
    "hba1c": Lab(
        code="4548-4", unit="%", level=np.log(5.5), spread=0.05, deviation=0.04, raised={"diabetes": 0.35},
        measured=0.10, by_condition={"diabetes": 2.5},
    ),
    "systolic": Lab(
        code="8480-6", unit="mm[Hg]", level=np.log(125), spread=0.07, deviation=0.06, raised={"hypertension": 0.15},
        measured=0.80, by_condition={},
    ),
    "ldl": Lab(
        code="13457-7", unit="mg/dL", level=np.log(110), spread=0.2, deviation=0.08, raised={"hyperlipidaemia": 0.35},
        measured=0.20, by_condition={"hyperlipidaemia": 1.5},
    ),
}  # fmt: skip

PASSING: Mapping[str, float] = {
    "Z00.00": 0.20, "J06.9": 0.10, "M54.50": 0.09, "R05.9": 0.07, "K21.9": 0.07, "H52.4": 0.05, "L30.9": 0.05, "R51.9": 0.05,
    "M25.561": 0.04, "N39.0": 0.03, "B34.9": 0.03, "R10.9": 0.03,
}  # fmt: skip
"""Codes that visits bear by chance and that mean nothing for what comes: share of the visits."""

DEATH = "death"
OUTCOMES: Mapping[str, tuple[str, float]] = {
    "stroke": ("I63.9", 0.006),
    "infarction": ("I21.9", 0.006),
    "heart failure": ("I50.9", 0.008),
    "kidney failure": ("N18.6", 0.001),
    "hip fracture": ("S72.009A", 0.004),
    "pneumonia": ("J18.9", 0.015),
    DEATH: ("MEDS_DEATH", 0.008),
}
"""By name, the code, and the hazard a year of a man of 60 years who has nothing."""

EFFECTS: Mapping[str, Mapping[str, float]] = {
    "stroke": {"age": 0.6, "atrial fibrillation": 1.3, "hypertension": 0.5, "apixaban": -0.9, "systolic": 0.2},
    "infarction": {
        "age": 0.4, "female": -0.6, "diabetes": 0.4, "diabetes of women": 0.7, "hyperlipidaemia": 0.4, "atorvastatin": -0.4,
        "ldl": 0.2,
    },
    "heart failure": {"age": 0.6, "hypertension": 0.5, "after infarction": 1.2, "kidney disease": 0.4, "lisinopril": -0.3},
    "kidney failure": {"kidney disease": 2.0, "diabetes": 0.6, "creatinine": 0.7},
    "hip fracture": {"age": 0.8, "female": 0.6, "osteoporosis": 1.2},
    "pneumonia": {"age": 0.4, "copd": 1.3, "after stroke": 0.6},
    DEATH: {
        "age": 0.9, "after stroke": 0.9, "after infarction": 0.7, "after heart failure": 1.0, "after kidney failure": 1.0,
        "after hip fracture": 0.6, "after pneumonia": 0.3,
    },
}  # fmt: skip
"""Logarithms of hazard ratios. ``age`` is a decade above 60; labs are a standard deviation above the median of the healthy;
``after`` is having had; diabetes counts more in women (the effect of a subgroup)."""

FACTORS: tuple[str, ...] = (
    "age",
    "female",
    *CONDITIONS,
    *MEDICINES,
    *(f"after {name}" for name in OUTCOMES if name != DEATH),
    *LABS,
    "diabetes of women",
)
"""What hazards depend on, in the order of the factors of a state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What differs between hospitals, with the same effects of the same factors: drift.

    Attributes:
        visits: a year, of a patient without conditions.
        prevalence: added to the log odds of every condition.
        hazards: factor on every base rate.
        measured: added to the log odds of measuring a lab.
        women: share.
        coded: chance that a visit records a condition that is there.
    """

    visits: float
    prevalence: float
    hazards: float
    measured: float
    women: float
    coded: float


SITES: Mapping[Hospital, Site] = {
    "north": Site(visits=2.0, prevalence=0.0, hazards=1.0, measured=0.0, women=0.52, coded=0.7),
    "south": Site(visits=1.3, prevalence=0.4, hazards=1.3, measured=-0.6, women=0.45, coded=0.5),
}


def effects() -> NDArray[np.float64]:
    """Outcomes × factors, as ``OUTCOMES`` and ``FACTORS`` have them.

    >>> bool(effects()[list(OUTCOMES).index("hip fracture"), FACTORS.index("osteoporosis")] == 1.2)
    True
    """
    return np.array([[EFFECTS[outcome].get(factor, 0.0) for factor in FACTORS] for outcome in OUTCOMES])
