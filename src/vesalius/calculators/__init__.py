"""Medical calculators: formulas and rules of clinical practice, with units.

``calculate`` takes inputs in any units and gives the result with every step; ``find`` chooses a calculator by words; ``schema``
describes one to a language model. They are the 55 of MedCalc-Bench (Khandekar et al. 2024) and a few more, by the formulas as
published: where that benchmark's own code departs from a paper, the paper is followed. Of a cut-off that a paper prints in two
units, rounded in one, that in mg/dL or mmHg is taken, and other units are converted to it exactly: a creatinine of 1.2 mg/dL is
106.1 umol/L here, not the 110 that SOFA prints beside it.
"""

from vesalius.calculators.form import Amount, Calculator, Choice, Day, Input, Quantity, Result, Steps, WholeNumber, YesNo
from vesalius.calculators.reading import amount
from vesalius.calculators.registry import CALCULATORS, calculate, named
from vesalius.calculators.search import find
from vesalius.calculators.tools import schema
from vesalius.calculators.units import SUBSTANCES, UNITS, Unit, convert, taken, unit

__all__ = [
    "CALCULATORS",
    "SUBSTANCES",
    "UNITS",
    "Amount",
    "Calculator",
    "Choice",
    "Day",
    "Input",
    "Quantity",
    "Result",
    "Steps",
    "Unit",
    "WholeNumber",
    "YesNo",
    "amount",
    "calculate",
    "convert",
    "find",
    "named",
    "schema",
    "taken",
    "unit",
]
