"""Equal doses of different drugs."""

from vesalius.calculators.form import Calculator, Choice, Quantity, Steps
from vesalius.errors import UserError

# milligrams that are worth as much as 5 mg of prednisone
_STEROIDS = {
    "betamethasone IV": 0.75,
    "cortisone PO": 25,
    "dexamethasone IV": 0.75,
    "dexamethasone PO": 0.75,
    "hydrocortisone IV": 20,
    "hydrocortisone PO": 20,
    "methylprednisolone IV": 4,
    "methylprednisolone PO": 4,
    "prednisolone PO": 5,
    "prednisone PO": 5,
    "triamcinolone IV": 4,
}
_NAMES = dict.fromkeys(_STEROIDS, 0.0)

# factor, unit of the dose, highest dose that is taken for meant
_OPIOIDS = {
    "codeine": (0.15, "mg/d", 1000),
    "fentanyl_buccal": (0.13, "ug/d", 20000),
    "fentanyl_patch": (2.4, "ug/h", 1000),
    "hydrocodone": (1, "mg/d", 2000),
    "hydromorphone": (5, "mg/d", 1000),
    "methadone": (4.7, "mg/d", 1000),
    "morphine": (1, "mg/d", 5000),
    "oxycodone": (1.5, "mg/d", 3000),
    "oxymorphone": (3, "mg/d", 1000),
    "tapentadol": (0.4, "mg/d", 2000),
    "tramadol": (0.2, "mg/d", 2000),
    "buprenorphine": (10, "mg/d", 100),
}


def _steroid(*, steroid: str, dose: float, target: str) -> Steps:
    factor = _STEROIDS[target] / _STEROIDS[steroid]
    return (f"mg of {target} for 1 mg of {steroid}", factor), (f"{target}, mg", dose * factor)


def _morphine(**doses: float | None) -> Steps:
    parts = tuple(
        (f"{drug.replace('_', ' ')}, MME a day", _OPIOIDS[drug][0] * dose) for drug, dose in doses.items() if dose is not None
    )
    if not parts:
        raise UserError(f"no dose is given; give that of at least one of {', '.join(_OPIOIDS)}.")
    return (*parts, ("morphine equivalents, mg a day", sum(dose for _, dose in parts)))


CALCULATORS = (
    Calculator(
        id="steroid-conversion",
        name="Steroid conversion",
        kind="conversion",
        inputs=(
            Choice("steroid", "steroid that is given", _NAMES),
            Quantity("dose", "its dose", "mg", 0, 5000),
            Choice("target", "steroid that it is turned into", _NAMES),
        ),
        unit="mg",
        decimals=2,
        formula="dose * equivalent of the target / equivalent of the steroid; 5 mg of prednisone are worth "
        + ", ".join(f"{dose:g} mg {name}" for name, dose in _STEROIDS.items()),
        source="Meikle AW, Tyler FH. Potency and duration of action of glucocorticoids. Am J Med 1977;63:200-7.",
        function=_steroid,
        benchmark=24,
        words="corticosteroid glucocorticoid equivalent dose",
    ),
    Calculator(
        id="morphine-equivalents",
        name="Morphine milligram equivalents (MME)",
        kind="conversion",
        inputs=tuple(
            Quantity(drug, f"daily dose of {drug.replace('_', ' ')}", unit, 0, high, optional=True)
            for drug, (_, unit, high) in _OPIOIDS.items()
        ),
        unit="mg/d",
        decimals=1,
        formula="sum of daily dose * factor: " + ", ".join(f"{drug} {factor:g}" for drug, (factor, _, _) in _OPIOIDS.items()),
        source=(
            "Dowell D, et al. CDC clinical practice guideline for prescribing opioids for pain. MMWR Recomm Rep 2022;71(3):1-95; "
            "buccal fentanyl and buprenorphine, for which it has no factor, as in MedCalc-Bench."
        ),
        function=_morphine,
        benchmark=49,
        words="opioid daily dose",
    ),
)
"""Calculators of drugs."""
