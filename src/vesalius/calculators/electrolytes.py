"""Concentrations in serum, corrected for what distorts them."""

from vesalius.calculators.form import Calculator, Choice, Steps
from vesalius.calculators.inputs import ALBUMIN, CALCIUM, GLUCOSE, SODIUM, UREA_NITROGEN
from vesalius.errors import UserError


def _calcium(*, calcium: float, albumin: float) -> Steps:
    correction = 0.8 * (4 - albumin)
    if calcium + correction < 0:
        raise UserError("input 'calcium': less than albumin alone binds; check both.")
    return ("correction for albumin, mg/dL", correction), ("corrected calcium, mg/dL", calcium + correction)


def _sodium(*, sodium: float, glucose: float, rule: str) -> Steps:
    correction = (0.024 if rule == "Hillier" else 0.016) * (glucose - 100)
    return ("correction for glucose, mmol/L", correction), ("corrected sodium, mmol/L", sodium + correction)


def _osmolality(*, sodium: float, urea_nitrogen: float, glucose: float) -> Steps:
    parts = (
        ("sodium and its anions, mosm/kg", 2 * sodium),
        ("urea, mosm/kg", urea_nitrogen / 2.8),
        ("glucose, mosm/kg", glucose / 18),
    )
    return (*parts, ("serum osmolality, mosm/kg", sum(value for _, value in parts)))


CALCULATORS = (
    Calculator(
        id="calcium-correction",
        name="Calcium correction for hypoalbuminemia",
        kind="equation",
        inputs=(CALCIUM, ALBUMIN),
        unit="mg/dL",
        decimals=1,
        formula="Ca + 0.8 * (4 - albumin), Ca in mg/dL, albumin in g/dL",
        source=(
            "Payne RB, et al. Interpretation of serum calcium in patients with abnormal serum proteins. Br Med J "
            "1973;4:643-6, as simplified: with a factor of 0.8."
        ),
        function=_calcium,
        benchmark=7,
        words="corrected hypercalcemia hypocalcemia albumin",
    ),
    Calculator(
        id="sodium-correction",
        name="Sodium correction for hyperglycemia",
        kind="equation",
        inputs=(SODIUM, GLUCOSE, Choice("rule", "whose factor is used", {"Hillier": 0, "Katz": 0}, default="Hillier")),
        unit="mmol/L",
        decimals=0,
        formula="Na + 0.024 (Hillier) or 0.016 (Katz) * (glucose - 100), glucose in mg/dL",
        source="Hillier TA, et al. Am J Med 1999;106:399-403. Katz MA. N Engl J Med 1973;289:843-4.",
        function=_sodium,
        benchmark=26,
        words="corrected hyponatremia glucose",
    ),
    Calculator(
        id="serum-osmolality",
        name="Serum osmolality",
        kind="equation",
        inputs=(SODIUM, UREA_NITROGEN, GLUCOSE),
        unit="mosm/kg",
        decimals=0,
        formula="2 * Na + BUN / 2.8 + glucose / 18, Na in mmol/L, BUN and glucose in mg/dL",
        source=(
            "Dorwart WV, Chalmers L. Comparison of methods for calculating serum osmolality. Clin Chem "
            "1975;21:190-4, as simplified."
        ),
        function=_osmolality,
        benchmark=30,
        words="calculated osmolarity osmolal gap",
    ),
)
"""Calculators of electrolytes."""
