"""The anion gap, what it becomes when albumin is low, and how it compares with the fall of bicarbonate."""

from vesalius.calculators.form import Calculator, Steps
from vesalius.calculators.inputs import ALBUMIN, BICARBONATE, CHLORIDE, SODIUM
from vesalius.errors import UserError

_EMMETT = "Emmett M, Narins RG. Clinical use of the anion gap. Medicine (Baltimore) 1977;56:38-54."
_FIGGE = "Figge J, et al. Anion gap and hypoalbuminemia. Crit Care Med 1998;26:1807-10."
_WRENN = "Wrenn K. The delta gap: an approach to mixed acid-base disorders. Ann Emerg Med 1990;19:1310-3."
_RASTEGAR = (
    "Rastegar A. Use of the ΔAG/ΔHCO3 ratio in the diagnosis of mixed acid-base disorders. J Am Soc Nephrol 2007;18:2429-31."
)


def _gap(sodium: float, chloride: float, bicarbonate: float) -> Steps:
    return (("anion gap, mmol/L", sodium - chloride - bicarbonate),)


def _corrected(sodium: float, chloride: float, bicarbonate: float, albumin: float) -> Steps:
    gap = sodium - chloride - bicarbonate
    return ("anion gap, mmol/L", gap), ("albumin corrected anion gap, mmol/L", gap + 2.5 * (4 - albumin))


def _excess(steps: Steps, name: str) -> Steps:
    gap = steps[-1][1]
    assert isinstance(gap, float)
    return (*steps, (f"{name}, mmol/L", gap - 12))


def _over_fall(steps: Steps, bicarbonate: float, name: str) -> Steps:
    excess, fall = steps[-1][1], 24 - bicarbonate
    assert isinstance(excess, float)
    if not fall:
        raise UserError("input 'bicarbonate': at 24 mmol/L there is no fall to divide by; take the delta gap instead.")
    return (*steps, ("fall of bicarbonate, mmol/L", fall), (name, excess / fall))


def _anion_gap(*, sodium: float, chloride: float, bicarbonate: float) -> Steps:
    return _gap(sodium, chloride, bicarbonate)


def _corrected_gap(*, sodium: float, chloride: float, bicarbonate: float, albumin: float) -> Steps:
    return _corrected(sodium, chloride, bicarbonate, albumin)


def _delta_gap(*, sodium: float, chloride: float, bicarbonate: float) -> Steps:
    return _excess(_gap(sodium, chloride, bicarbonate), "delta gap")


def _corrected_delta_gap(*, sodium: float, chloride: float, bicarbonate: float, albumin: float) -> Steps:
    return _excess(_corrected(sodium, chloride, bicarbonate, albumin), "albumin corrected delta gap")


def _delta_ratio(*, sodium: float, chloride: float, bicarbonate: float) -> Steps:
    steps = _delta_gap(sodium=sodium, chloride=chloride, bicarbonate=bicarbonate)
    return _over_fall(steps, bicarbonate, "delta ratio")


def _corrected_delta_ratio(*, sodium: float, chloride: float, bicarbonate: float, albumin: float) -> Steps:
    steps = _corrected_delta_gap(sodium=sodium, chloride=chloride, bicarbonate=bicarbonate, albumin=albumin)
    return _over_fall(steps, bicarbonate, "albumin corrected delta ratio")


_IONS = (SODIUM, CHLORIDE, BICARBONATE)

CALCULATORS = (
    Calculator(
        id="anion-gap",
        name="Anion gap",
        kind="equation",
        inputs=_IONS,
        unit="mmol/L",
        decimals=0,
        formula="Na - (Cl + HCO3), in mmol/L",
        source=_EMMETT,
        function=_anion_gap,
        benchmark=39,
        words="metabolic acidosis",
    ),
    Calculator(
        id="albumin-corrected-anion-gap",
        name="Albumin corrected anion gap",
        kind="equation",
        inputs=(*_IONS, ALBUMIN),
        unit="mmol/L",
        decimals=1,
        formula="anion gap + 2.5 * (4 - albumin), gap in mmol/L, albumin in g/dL",
        source=_FIGGE,
        function=_corrected_gap,
        benchmark=65,
        words="metabolic acidosis hypoalbuminemia",
    ),
    Calculator(
        id="delta-gap",
        name="Delta gap",
        kind="equation",
        inputs=_IONS,
        unit="mmol/L",
        decimals=0,
        formula="anion gap - 12, in mmol/L",
        source=_WRENN,
        function=_delta_gap,
        benchmark=63,
        words="mixed acid-base disorder",
    ),
    Calculator(
        id="delta-ratio",
        name="Delta ratio",
        kind="equation",
        inputs=_IONS,
        unit="1",
        decimals=2,
        formula="(anion gap - 12) / (24 - HCO3), in mmol/L",
        source=_RASTEGAR,
        function=_delta_ratio,
        benchmark=64,
        words="mixed acid-base disorder",
    ),
    Calculator(
        id="albumin-corrected-delta-gap",
        name="Albumin corrected delta gap",
        kind="equation",
        inputs=(*_IONS, ALBUMIN),
        unit="mmol/L",
        decimals=1,
        formula="albumin corrected anion gap - 12, in mmol/L",
        source=f"{_FIGGE} {_WRENN}",
        function=_corrected_delta_gap,
        benchmark=66,
        words="mixed acid-base disorder hypoalbuminemia",
    ),
    Calculator(
        id="albumin-corrected-delta-ratio",
        name="Albumin corrected delta ratio",
        kind="equation",
        inputs=(*_IONS, ALBUMIN),
        unit="1",
        decimals=2,
        formula="(albumin corrected anion gap - 12) / (24 - HCO3), in mmol/L",
        source=f"{_FIGGE} {_RASTEGAR}",
        function=_corrected_delta_ratio,
        benchmark=67,
        words="mixed acid-base disorder hypoalbuminemia",
    ),
)
"""Calculators of acid-base balance."""
