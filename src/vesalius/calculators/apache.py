"""APACHE II, which has tables of its own.

The points of mean pressure, creatinine and renal failure are those of the paper: up to 49 mmHg are 4, creatinine counts without
renal failure, and acute renal failure doubles what is given for a high creatinine. Calculators in circulation differ in these.
"""

from vesalius.calculators.bands import bands, below, up_to
from vesalius.calculators.form import Choice, Quantity, YesNo
from vesalius.calculators.inputs import COMA_SCALE, CREATININE, DIASTOLIC, FIO2, SYSTOLIC, check_oxygen, mean_pressure
from vesalius.calculators.scoring import Criterion, score
from vesalius.errors import UserError

_AGE = bands(below(45, 0), below(55, 2), below(65, 3), below(75, 5), beyond=6)
_TEMPERATURE = bands(below(30, 4), below(32, 3), below(34, 2), below(36, 1), below(38.5, 0), below(39, 1), below(41, 3), beyond=4)
_PRESSURE = bands(below(50, 4), below(70, 2), below(110, 0), below(130, 2), below(160, 3), beyond=4)
_HEART_RATE = bands(below(40, 4), below(55, 3), below(70, 2), below(110, 0), below(140, 2), below(180, 3), beyond=4)
_BREATHS = bands(below(6, 4), below(10, 2), below(12, 1), below(25, 0), below(35, 1), below(50, 3), beyond=4)
_PH = bands(below(7.15, 4), below(7.25, 3), below(7.33, 2), below(7.5, 0), below(7.6, 1), below(7.7, 3), beyond=4)
_SODIUM = bands(below(111, 4), below(120, 3), below(130, 2), below(150, 0), below(155, 1), below(160, 2), below(180, 3), beyond=4)
_POTASSIUM = bands(below(2.5, 4), below(3, 2), below(3.5, 1), below(5.5, 0), below(6, 1), below(7, 3), beyond=4)
_HEMATOCRIT = bands(below(20, 4), below(30, 2), below(46, 0), below(50, 1), below(60, 2), beyond=4)
_WHITE_CELLS = bands(below(1, 4), below(3, 2), below(15, 0), below(20, 1), below(40, 2), beyond=4)
_CREATININE = bands(below(0.6, 2), below(1.5, 0), below(2, 2), below(3.5, 3), beyond=4)
_GRADIENT = bands(below(200, 0), below(350, 2), below(500, 3), beyond=4)
_PAO2 = bands(below(55, 4), up_to(60, 3), up_to(70, 1), beyond=0)


def _pressure(systolic: float, diastolic: float) -> float:
    return _PRESSURE.of(mean_pressure(systolic, diastolic))


def _oxygenation(fio2: float, pao2: float | None, gradient: float | None) -> float:
    if fio2 < 50:
        if pao2 is None:
            raise UserError("input 'pao2': missing; give it in mmHg where less than 50 % of oxygen is breathed.")
        check_oxygen("pao2", pao2, fio2)
        return _PAO2.of(pao2)
    if gradient is None:
        raise UserError("input 'a_a_gradient': missing; give it in mmHg where 50 % of oxygen or more is breathed.")
    check_oxygen("a_a_gradient", gradient, fio2)
    return _GRADIENT.of(gradient)


def _kidney(creatinine: float, acute: bool) -> float:
    return _CREATININE.of(creatinine) * (2 if acute and creatinine >= 1.5 else 1)


APACHE_II = score(
    id="apache-ii",
    name="APACHE II score",
    inputs=(
        Quantity("age", "age", "a", 16, 120, points=_AGE),
        Choice(
            "chronic_health",
            "severe organ insufficiency or immunocompromise, by the way of admission",
            {"none": 0, "yes, after elective surgery": 2, "yes, without surgery or after emergency surgery": 5},
            default="none",
        ),
        Quantity("temperature", "rectal temperature", "Cel", 13, 46, points=_TEMPERATURE),
        SYSTOLIC,
        DIASTOLIC,
        Quantity("heart_rate", "heart rate", "/min", 10, 350, points=_HEART_RATE),
        Quantity("respiratory_rate", "respiratory rate", "/min", 0, 120, points=_BREATHS),
        FIO2,
        Quantity("pao2", "arterial partial pressure of oxygen, below 50 % of oxygen,", "mm[Hg]", 5, 700, optional=True),
        Quantity("a_a_gradient", "alveolar-arterial gradient, from 50 % of oxygen,", "mm[Hg]", 0, 720, optional=True),
        Quantity("ph", "arterial pH", "1", 6.3, 8, points=_PH),
        Quantity("sodium", "serum sodium", "mmol/L", 90, 220, "sodium", points=_SODIUM),
        Quantity("potassium", "serum potassium", "mmol/L", 1, 12, "potassium", points=_POTASSIUM),
        CREATININE,
        YesNo("acute_renal_failure", "acute renal failure"),
        Quantity("hematocrit", "haematocrit", "%", 3, 80, points=_HEMATOCRIT),
        Quantity("white_cells", "white blood cell count", "10*9/L", 0, 1000, points=_WHITE_CELLS),
        COMA_SCALE,
    ),
    criteria=(
        Criterion("mean arterial pressure", ("systolic_pressure", "diastolic_pressure"), _pressure),
        Criterion("oxygenation", ("fio2", "pao2", "a_a_gradient"), _oxygenation),
        Criterion("creatinine, twice in acute renal failure", ("creatinine", "acute_renal_failure"), _kidney),
        Criterion("15 less the Glasgow coma scale", ("glasgow_coma_scale",), lambda scale: 15 - scale),
    ),
    formula=(
        "0 to 4 for each of eleven measurements (creatinine doubled in acute renal failure), 15 - GCS, age 0 to 6, "
        "chronic health 0 to 5"
    ),
    source="Knaus WA, et al. APACHE II: a severity of disease classification system. Crit Care Med 1985;13:818-29.",
    bounds=(0, 71),
    benchmark=28,
    words="intensive care ICU mortality acute physiology chronic health",
)
