"""Size of the body, and what is dosed by it."""

from math import sqrt

from vesalius.calculators.form import Calculator, Choice, Quantity, Steps
from vesalius.calculators.inputs import ADULT_HEIGHT, HEIGHT, SEX, WEIGHT


def _mass_index(*, weight: float, height: float) -> Steps:
    meters = height / 100
    return ("height, m", meters), ("body mass index, kg/m2", weight / meters**2)


def _surface_area(*, weight: float, height: float, formula: str) -> Steps:
    if formula == "Mosteller":
        return ("weight x height, kg cm", weight * height), ("body surface area, m2", sqrt(weight * height / 3600))
    return (("body surface area, m2", 0.007184 * weight**0.425 * height**0.725),)


def _inches(height: float) -> float:
    return height / 2.54


def ideal_weight(sex: str, height: float) -> float:
    """Ideal body weight by Devine in kg, of sex and height in cm.

    >>> ideal_weight("male", 177.8)
    73.0
    """
    return (50 if sex == "male" else 45.5) + 2.3 * (_inches(height) - 60)


def adjusted_weight(sex: str, height: float, weight: float) -> float:
    """Adjusted body weight in kg, of sex, height in cm and weight in kg: the ideal one and 0.4 of the excess.

    >>> adjusted_weight("male", 177.8, 100)
    83.8
    """
    ideal = ideal_weight(sex, height)
    return ideal + 0.4 * (weight - ideal)


def _ideal(*, sex: str, height: float) -> Steps:
    return ("height, in", _inches(height)), ("ideal body weight, kg", ideal_weight(sex, height))


def _adjusted(*, sex: str, height: float, weight: float) -> Steps:
    return (
        ("height, in", _inches(height)),
        ("ideal body weight, kg", ideal_weight(sex, height)),
        ("adjusted body weight, kg", adjusted_weight(sex, height, weight)),
    )


def _target_weight(*, target_bmi: float, height: float) -> Steps:
    meters = height / 100
    return ("height, m", meters), ("target weight, kg", target_bmi * meters**2)


def _maintenance(*, weight: float) -> Steps:
    first = 4 * min(weight, 10)
    second = 2 * min(max(weight - 10, 0), 10)
    rest = max(weight - 20, 0)
    return (
        ("first 10 kg, mL/h", first),
        ("second 10 kg, mL/h", second),
        ("each further kg, mL/h", rest),
        ("maintenance fluids, mL/h", first + second + rest),
    )


CALCULATORS = (
    Calculator(
        id="bmi",
        name="Body mass index (BMI)",
        kind="equation",
        inputs=(WEIGHT, HEIGHT),
        unit="kg/m2",
        decimals=1,
        formula="weight / height^2, weight in kg, height in m",
        source="Keys A, et al. Indices of relative weight and obesity. J Chronic Dis 1972;25:329-43.",
        function=_mass_index,
        benchmark=6,
        words="obesity overweight underweight Quetelet",
    ),
    Calculator(
        id="body-surface-area",
        name="Body surface area (BSA)",
        kind="equation",
        inputs=(
            WEIGHT,
            HEIGHT,
            Choice("formula", "formula that is used", {"Mosteller": 0, "Du Bois": 0}, default="Mosteller"),
        ),
        unit="m2",
        decimals=2,
        formula=(
            "Mosteller: sqrt(weight * height / 3600); Du Bois: 0.007184 * weight^0.425 * height^0.725; weight in kg, height in cm"
        ),
        source="Mosteller RD. N Engl J Med 1987;317:1098. Du Bois D, Du Bois EF. Arch Intern Med 1916;17:863-71.",
        function=_surface_area,
        benchmark=60,
        words="chemotherapy dosing",
    ),
    Calculator(
        id="ideal-body-weight",
        name="Ideal body weight (Devine)",
        kind="equation",
        inputs=(SEX, ADULT_HEIGHT),
        unit="kg",
        decimals=1,
        formula="(50 if male, 45.5 if female) + 2.3 * (height - 60), height in inches",
        source="Devine BJ. Gentamicin therapy. Drug Intell Clin Pharm 1974;8:650-5.",
        function=_ideal,
        benchmark=10,
        words="IBW predicted",
    ),
    Calculator(
        id="adjusted-body-weight",
        name="Adjusted body weight",
        kind="equation",
        inputs=(SEX, ADULT_HEIGHT, WEIGHT),
        unit="kg",
        decimals=1,
        formula="ideal + 0.4 * (weight - ideal), the ideal body weight by Devine, in kg",
        source="Bauer LA, et al. Influence of weight on aminoglycoside pharmacokinetics. Eur J Clin Pharmacol 1983;24:643-7.",
        function=_adjusted,
        benchmark=62,
        words="ABW dosing obesity",
    ),
    Calculator(
        id="target-weight",
        name="Target weight for a body mass index",
        kind="equation",
        inputs=(Quantity("target_bmi", "body mass index to be reached", "kg/m2", 10, 80), HEIGHT),
        unit="kg",
        decimals=1,
        formula="target BMI * height^2, BMI in kg/m2, height in m",
        source="Keys A, et al. Indices of relative weight and obesity. J Chronic Dis 1972;25:329-43, solved for weight.",
        function=_target_weight,
        benchmark=61,
        words="goal BMI",
    ),
    Calculator(
        id="maintenance-fluids",
        name="Maintenance fluids (4-2-1 rule)",
        kind="equation",
        inputs=(WEIGHT,),
        unit="mL/h",
        decimals=0,
        formula="4 mL/kg/h for the first 10 kg, 2 for the second 10 kg, 1 for each further kg",
        source="Holliday MA, Segar WE. The maintenance need for water in parenteral fluid therapy. Pediatrics 1957;19:823-32.",
        function=_maintenance,
        benchmark=22,
        words="Holliday-Segar infusion hourly rate",
    ),
)
"""Calculators of body size."""
