"""Patients in intensive care or on the way there."""

from vesalius.calculators.apache import APACHE_II
from vesalius.calculators.bands import bands, below, up_to
from vesalius.calculators.form import Choice, Quantity, WholeNumber, YesNo
from vesalius.calculators.inputs import DIASTOLIC, FIO2, OXYGEN_SATURATION, PAO2, SYSTOLIC, check_oxygen, mean_pressure
from vesalius.calculators.scoring import Criterion, score

_VASOPRESSORS = tuple(
    Quantity(drug, f"infusion of {drug}", "ug/kg/min", 0, high, optional=True)
    for drug, high in (("dopamine", 60), ("dobutamine", 60), ("epinephrine", 10), ("norepinephrine", 10))
)


def _oxygen(pao2: float, fio2: float, supported: bool) -> float:
    check_oxygen("pao2", pao2, fio2)
    ratio = 100 * pao2 / fio2
    if supported and ratio < 200:
        return 4 if ratio < 100 else 3
    return bands(below(300, 2), below(400, 1), beyond=0).of(ratio)


def _circulation(systolic: float, diastolic: float, *infusions: float | None) -> int:
    dopamine, dobutamine, epinephrine, norepinephrine = (each or 0 for each in infusions)
    if dopamine > 15 or max(epinephrine, norepinephrine) > 0.1:
        return 4
    if dopamine > 5 or max(epinephrine, norepinephrine) > 0:
        return 3
    if dopamine > 0 or dobutamine > 0:
        return 2
    return int(mean_pressure(systolic, diastolic) < 70)


def _kidney(creatinine: float, urine: float | None) -> float:
    points = bands(below(1.2, 0), below(2, 1), below(3.5, 2), below(5, 3), beyond=4).of(creatinine)
    return points if urine is None else max(points, bands(below(200, 4), below(500, 3), beyond=0).of(urine))


def _saturation(saturation: float, hypercapnic: bool, oxygen: bool) -> float:
    if not hypercapnic:
        return bands(below(92, 3), below(94, 2), below(96, 1), beyond=0).of(saturation)
    low = bands(below(84, 3), below(86, 2), below(88, 1), beyond=0).of(saturation)
    return max(low, bands(below(93, 0), below(95, 1), below(97, 2), beyond=3).of(saturation)) if oxygen else low


CALCULATORS = (
    score(
        id="sofa",
        name="Sequential organ failure assessment (SOFA) score",
        inputs=(
            PAO2,
            FIO2,
            YesNo("ventilated", "mechanical ventilation or continuous positive airway pressure"),
            Quantity(
                "platelets",
                "platelet count",
                "10*9/L",
                0.5,
                5000,
                points=bands(below(20, 4), below(50, 3), below(100, 2), below(150, 1), beyond=0),
            ),
            Quantity(
                "bilirubin",
                "total bilirubin",
                "mg/dL",
                0.05,
                90,
                "bilirubin",
                points=bands(below(1.2, 0), below(2, 1), below(6, 2), below(12, 3), beyond=4),
            ),
            WholeNumber(
                "glasgow_coma_scale",
                "Glasgow coma scale",
                3,
                15,
                bands(below(6, 4), below(10, 3), below(13, 2), below(15, 1), beyond=0),
            ),
            SYSTOLIC,
            DIASTOLIC,
            *_VASOPRESSORS,
            Quantity("creatinine", "serum creatinine", "mg/dL", 0.1, 40, "creatinine"),
            Quantity("urine_output", "urine output", "mL/d", 0, 30000, optional=True),
        ),
        criteria=(
            Criterion("PaO2 over FiO2", ("pao2", "fio2", "ventilated"), _oxygen),
            Criterion(
                "mean arterial pressure and vasopressors",
                ("systolic_pressure", "diastolic_pressure", *(each.name for each in _VASOPRESSORS)),
                _circulation,
            ),
            Criterion("creatinine and urine output", ("creatinine", "urine_output"), _kidney),
        ),
        formula=(
            "0 to 4 each: PaO2/FiO2, platelets, bilirubin, mean pressure or vasopressors, Glasgow coma scale, creatinine or urine"
        ),
        source="Vincent JL, et al. The SOFA score to describe organ dysfunction/failure. Intensive Care Med 1996;22:707-10.",
        bounds=(0, 24),
        benchmark=43,
        words="sepsis mortality",
    ),
    APACHE_II,
    score(
        id="news2",
        name="National early warning score 2 (NEWS2)",
        inputs=(
            Quantity(
                "respiratory_rate",
                "respiratory rate",
                "/min",
                0,
                120,
                points=bands(below(9, 3), below(12, 1), below(21, 0), below(25, 2), beyond=3),
            ),
            OXYGEN_SATURATION,
            YesNo("hypercapnic", "hypercapnic failure with a target saturation of 88 to 92 %"),
            YesNo("oxygen", "supplemental oxygen", 2),
            Quantity(
                "systolic_pressure",
                "systolic blood pressure",
                "mm[Hg]",
                20,
                350,
                points=bands(below(91, 3), below(101, 2), below(111, 1), below(220, 0), beyond=3),
            ),
            Quantity(
                "heart_rate",
                "heart rate",
                "/min",
                10,
                350,
                points=bands(below(41, 3), below(51, 1), below(91, 0), below(111, 1), below(131, 2), beyond=3),
            ),
            Choice("consciousness", "consciousness", {"alert": 0, "confused": 3, "voice": 3, "pain": 3, "unresponsive": 3}),
            Quantity(
                "temperature",
                "body temperature",
                "Cel",
                13,
                46,
                points=bands(up_to(35, 3), up_to(36, 1), up_to(38, 0), up_to(39, 1), beyond=2),
            ),
        ),
        criteria=(Criterion("oxygen saturation", ("oxygen_saturation", "hypercapnic", "oxygen"), _saturation),),
        formula="0 to 3 each: respiratory rate, saturation, systolic pressure, heart rate, consciousness, temperature; oxygen: 2",
        source="Royal College of Physicians. National Early Warning Score (NEWS) 2. London: RCP, 2017.",
        bounds=(0, 20),
        words="deterioration vital signs",
    ),
)
"""Calculators of critical care."""
