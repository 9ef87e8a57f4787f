"""Inputs that several calculators take, with their units and the range of what is possible in a patient."""

from vesalius.calculators.form import Choice, Day, Quantity, WholeNumber
from vesalius.errors import UserError

AGE = Quantity("age", "age", "a", 0, 120)
ADULT_AGE = Quantity("age", "age of an adult", "a", 18, 120)
SEX = Choice("sex", "sex", {"female": 0, "male": 0})
WEIGHT = Quantity("weight", "body weight", "kg", 0.3, 650)
HEIGHT = Quantity("height", "height", "cm", 20, 275)
ADULT_HEIGHT = Quantity("height", "height of an adult", "cm", 120, 275)

HEART_RATE = Quantity("heart_rate", "heart rate", "/min", 10, 350)
RESPIRATORY_RATE = Quantity("respiratory_rate", "respiratory rate", "/min", 0, 120)
SYSTOLIC = Quantity("systolic_pressure", "systolic blood pressure", "mm[Hg]", 20, 350)
DIASTOLIC = Quantity("diastolic_pressure", "diastolic blood pressure", "mm[Hg]", 5, 250)
TEMPERATURE = Quantity("temperature", "body temperature", "Cel", 13, 46)
OXYGEN_SATURATION = Quantity("oxygen_saturation", "oxygen saturation", "%", 20, 100)
COMA_SCALE = WholeNumber("glasgow_coma_scale", "Glasgow coma scale", 3, 15)

HIGHEST_ATMOSPHERIC = 800.0
"""In mmHg, at any place and weather."""
PAO2 = Quantity("pao2", "arterial partial pressure of oxygen", "mm[Hg]", 5, 700)
PACO2 = Quantity("paco2", "arterial partial pressure of carbon dioxide", "mm[Hg]", 5, 250)
# dry air has 20.95 % of oxygen
FIO2 = Quantity("fio2", "inspired fraction of oxygen", "%", 20.9, 100)
PH = Quantity("ph", "arterial pH", "1", 6.3, 8)

ALBUMIN = Quantity("albumin", "serum albumin", "g/dL", 0.3, 8, "albumin")
BICARBONATE = Quantity("bicarbonate", "serum bicarbonate", "mmol/L", 1, 60, "bicarbonate")
BILIRUBIN = Quantity("bilirubin", "total bilirubin", "mg/dL", 0.05, 90, "bilirubin")
CALCIUM = Quantity("calcium", "total serum calcium", "mg/dL", 1, 30, "calcium")
CHLORIDE = Quantity("chloride", "serum chloride", "mmol/L", 40, 170, "chloride")
CREATININE = Quantity("creatinine", "serum creatinine", "mg/dL", 0.1, 40, "creatinine")
GLUCOSE = Quantity("glucose", "serum glucose", "mg/dL", 5, 2500, "glucose")
HEMOGLOBIN = Quantity("hemoglobin", "haemoglobin", "g/dL", 1, 25, "hemoglobin")
HEMATOCRIT = Quantity("hematocrit", "haematocrit", "%", 3, 80)
INR = Quantity("inr", "international normalised ratio", "1", 0.5, 30)
PLATELETS = Quantity("platelets", "platelet count", "10*9/L", 0.5, 5000)
POTASSIUM = Quantity("potassium", "serum potassium", "mmol/L", 1, 12, "potassium")
SODIUM = Quantity("sodium", "serum sodium", "mmol/L", 90, 220, "sodium")
TOTAL_CHOLESTEROL = Quantity("total_cholesterol", "total cholesterol", "mg/dL", 30, 1500, "cholesterol")
HDL = Quantity("hdl_cholesterol", "HDL cholesterol", "mg/dL", 3, 250, "cholesterol")
UREA_NITROGEN = Quantity("urea_nitrogen", "blood urea nitrogen", "mg/dL", 1, 300, "urea nitrogen")
WHITE_CELLS = Quantity("white_cells", "white blood cell count", "10*9/L", 0, 1000)

LAST_PERIOD = Day("last_menstrual_period", "first day of the last menstrual period")


def mean_pressure(systolic: float, diastolic: float) -> float:
    """Mean arterial pressure: two thirds diastole, a third systole.

    >>> mean_pressure(120, 90)
    100.0

    Raises:
        UserError: if the two have changed places.
    """
    if diastolic > systolic:
        raise UserError("input 'diastolic_pressure': above 'systolic_pressure'; give them the other way round.")
    return (systolic + 2 * diastolic) / 3


def check_cholesterol(total: float, hdl: float) -> None:
    """Refuse more HDL than cholesterol.

    Raises:
        UserError: if a part is above the whole.

    >>> check_cholesterol(200, 50)
    """
    if hdl > total:
        raise UserError("input 'hdl_cholesterol': above 'total_cholesterol', of which it is a part; check both.")


def inspired_oxygen(fio2: float, atmospheric: float) -> float:
    """Partial pressure of the oxygen that is breathed, moist, in mmHg, of its share in % and the atmospheric pressure in mmHg.

    >>> round(inspired_oxygen(21, 760), 2)
    149.73
    """
    return fio2 / 100 * (atmospheric - 47)


def check_oxygen(name: str, pressure: float, fio2: float) -> None:
    """Refuse a pressure of oxygen, or a fall of it, in mmHg, that what is breathed does not have, in %.

    Raises:
        UserError: naming the input.

    >>> check_oxygen("pao2", 95, 21)
    """
    if pressure > inspired_oxygen(fio2, HIGHEST_ATMOSPHERIC):
        raise UserError(f"input {name!r}: above the pressure of the oxygen that is breathed; check it and 'fio2'.")
