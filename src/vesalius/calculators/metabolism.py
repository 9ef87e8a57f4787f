"""Sugar, fat and blood formation."""

from dataclasses import replace

from vesalius.calculators.form import Calculator, Quantity, Steps
from vesalius.calculators.inputs import GLUCOSE, HDL, HEMATOCRIT, TOTAL_CHOLESTEROL, check_cholesterol
from vesalius.errors import UserError


def _insulin_resistance(*, insulin: float, glucose: float) -> Steps:
    return ("insulin x glucose", insulin * glucose), ("HOMA-IR", insulin * glucose / 405)


def _friedewald(*, total_cholesterol: float, hdl_cholesterol: float, triglycerides: float) -> Steps:
    check_cholesterol(total_cholesterol, hdl_cholesterol)
    # the last bits of a difference are no cholesterol
    ldl = round(total_cholesterol - hdl_cholesterol - triglycerides / 5, 9)
    if ldl < 0:
        raise UserError("input 'total_cholesterol': less than HDL and a fifth of the triglycerides; check the three.")
    return ("VLDL cholesterol, mg/dL", triglycerides / 5), ("LDL cholesterol, mg/dL", ldl)


def _reticulocytes(*, reticulocytes: float, hematocrit: float) -> Steps:
    return (("corrected reticulocyte count, %", reticulocytes * hematocrit / 45),)


CALCULATORS = (
    Calculator(
        id="homa-ir",
        name="Homeostatic model assessment for insulin resistance (HOMA-IR)",
        kind="equation",
        inputs=(
            Quantity("insulin", "fasting insulin", "m[IU]/L", 0.1, 1000, "insulin"),
            replace(GLUCOSE, label="fasting glucose"),
        ),
        unit="1",
        decimals=2,
        formula="insulin * glucose / 405, insulin in mIU/L, glucose in mg/dL",
        source="Matthews DR, et al. Homeostasis model assessment. Diabetologia 1985;28:412-9.",
        function=_insulin_resistance,
        benchmark=31,
        words="diabetes",
    ),
    Calculator(
        id="ldl-cholesterol",
        name="LDL cholesterol, calculated (Friedewald)",
        kind="equation",
        inputs=(
            TOTAL_CHOLESTEROL,
            HDL,
            Quantity("triglycerides", "fasting triglycerides, where the formula holds,", "mg/dL", 5, 400, "triglycerides"),
        ),
        unit="mg/dL",
        decimals=0,
        formula="total cholesterol - HDL - triglycerides / 5, in mg/dL; not above 400 mg/dL of triglycerides",
        source="Friedewald WT, Levy RI, Fredrickson DS. Clin Chem 1972;18:499-502.",
        function=_friedewald,
        benchmark=44,
        words="lipid low density lipoprotein",
    ),
    Calculator(
        id="corrected-reticulocyte-count",
        name="Corrected reticulocyte count",
        kind="equation",
        inputs=(Quantity("reticulocytes", "reticulocytes", "%", 0, 60), HEMATOCRIT),
        unit="%",
        decimals=1,
        formula="reticulocytes * haematocrit / 45, both in %",
        source="Hillman RS, Finch CA. The misused reticulocyte. Br J Haematol 1969;17:313-5.",
        function=_reticulocytes,
        words="anemia marrow",
    ),
)
"""Calculators of metabolism and blood."""
