"""Exchange of gases."""

from vesalius.calculators.form import Calculator, Quantity, Steps
from vesalius.calculators.inputs import FIO2, HIGHEST_ATMOSPHERIC, PACO2, PAO2, inspired_oxygen
from vesalius.errors import UserError

_SLACK = 10
"""A healthy gradient may come out a few mmHg below zero: the pressure of sea level and the quotient of 0.8 are assumptions."""


def _gradient(*, fio2: float, paco2: float, pao2: float, atmospheric_pressure: float | None) -> Steps:
    outside = 760.0 if atmospheric_pressure is None else atmospheric_pressure
    alveolar = inspired_oxygen(fio2, outside) - paco2 / 0.8
    if pao2 > alveolar + _SLACK:
        raise UserError("input 'pao2': above the oxygen in the alveoli; check it, 'paco2' and 'fio2'.")
    return ("alveolar oxygen, mmHg", alveolar), ("alveolar-arterial gradient, mmHg", alveolar - pao2)


CALCULATORS = (
    Calculator(
        id="a-a-gradient",
        name="Alveolar-arterial oxygen gradient (A-a gradient)",
        kind="equation",
        inputs=(
            FIO2,
            PACO2,
            PAO2,
            Quantity(
                "atmospheric_pressure",
                "atmospheric pressure, that of sea level if not given,",
                "mm[Hg]",
                230,
                HIGHEST_ATMOSPHERIC,
                optional=True,
            ),
        ),
        unit="mm[Hg]",
        decimals=0,
        formula="FiO2 * (760 - 47) - PaCO2 / 0.8 - PaO2, in mmHg",
        source="Kanber GJ, et al. The alveolar-arterial oxygen gradient. Am Rev Respir Dis 1968;97:376-81.",
        function=_gradient,
        words="hypoxemia oxygenation",
    ),
)
"""Calculators of the lungs."""
