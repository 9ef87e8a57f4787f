"""Pressure, rate and rhythm of the heart."""

from collections.abc import Callable
from dataclasses import replace
from math import cbrt, sqrt

from vesalius.calculators.form import Calculator, Quantity, Steps
from vesalius.calculators.inputs import ADULT_AGE, DIASTOLIC, HEART_RATE, SYSTOLIC, mean_pressure
from vesalius.errors import UserError

_QT = Quantity("qt_interval", "QT interval", "ms", 100, 900)


def _mean_pressure(*, systolic_pressure: float, diastolic_pressure: float) -> Steps:
    return (("mean arterial pressure, mmHg", mean_pressure(systolic_pressure, diastolic_pressure)),)


def _with_interval(heart_rate: float, corrected: Callable[[float], float]) -> Steps:
    interval = 60 / heart_rate
    return ("RR interval, s", interval), ("corrected QT interval, ms", corrected(interval))


def _bazett(*, heart_rate: float, qt_interval: float) -> Steps:
    return _with_interval(heart_rate, lambda interval: qt_interval / sqrt(interval))


def _fridericia(*, heart_rate: float, qt_interval: float) -> Steps:
    return _with_interval(heart_rate, lambda interval: qt_interval / cbrt(interval))


def _framingham(*, heart_rate: float, qt_interval: float) -> Steps:
    corrected = qt_interval + 154 * (1 - 60 / heart_rate)
    if corrected <= 0:
        raise UserError("input 'heart_rate': so slow that nothing is left of the QT interval; check both.")
    return _with_interval(heart_rate, lambda interval: corrected)


def _hodges(*, heart_rate: float, qt_interval: float) -> Steps:
    return (("corrected QT interval, ms", qt_interval + 1.75 * (heart_rate - 60)),)


def _rautaharju(*, heart_rate: float, qt_interval: float) -> Steps:
    return (("corrected QT interval, ms", qt_interval * (120 + heart_rate) / 180),)


def _target_rate(*, age: float, heart_rate: float, intensity: float) -> Steps:
    highest = 220 - age
    if heart_rate >= highest:
        raise UserError("input 'heart_rate': not below 220 less the age; give the heart rate at rest.")
    return (
        ("highest heart rate of the age, /min", highest),
        ("reserve, /min", highest - heart_rate),
        ("target heart rate, /min", heart_rate + (highest - heart_rate) * intensity / 100),
    )


CALCULATORS = (
    Calculator(
        id="mean-arterial-pressure",
        name="Mean arterial pressure (MAP)",
        kind="equation",
        inputs=(SYSTOLIC, DIASTOLIC),
        unit="mm[Hg]",
        decimals=0,
        formula="(systolic + 2 * diastolic) / 3, in mmHg",
        source=(
            "Sesso HD, et al. Systolic and diastolic blood pressure, pulse pressure, and mean arterial pressure. "
            "Hypertension 2000;36:801-7."
        ),
        function=_mean_pressure,
        benchmark=5,
        words="blood pressure",
    ),
    Calculator(
        id="qtc-bazett",
        name="Corrected QT interval (QTc), Bazett",
        kind="equation",
        inputs=(HEART_RATE, _QT),
        unit="ms",
        decimals=0,
        formula="QT / sqrt(RR), RR = 60 / heart rate in s",
        source="Bazett HC. An analysis of the time-relations of electrocardiograms. Heart 1920;7:353-70.",
        function=_bazett,
        benchmark=11,
        words="electrocardiogram torsades",
    ),
    Calculator(
        id="qtc-fridericia",
        name="Corrected QT interval (QTc), Fridericia",
        kind="equation",
        inputs=(HEART_RATE, _QT),
        unit="ms",
        decimals=0,
        formula="QT / RR^(1/3), RR = 60 / heart rate in s",
        source="Fridericia LS. Die Systolendauer im Elektrokardiogramm. Acta Med Scand 1920;53:469-86.",
        function=_fridericia,
        benchmark=56,
        words="electrocardiogram torsades Fredericia",
    ),
    Calculator(
        id="qtc-framingham",
        name="Corrected QT interval (QTc), Framingham",
        kind="equation",
        inputs=(HEART_RATE, _QT),
        unit="ms",
        decimals=0,
        formula="QT + 154 * (1 - RR), RR = 60 / heart rate in s, QT in ms",
        source="Sagie A, et al. An improved method for adjusting the QT interval for heart rate. Am J Cardiol 1992;70:797-801.",
        function=_framingham,
        benchmark=57,
        words="electrocardiogram torsades Sagie",
    ),
    Calculator(
        id="qtc-hodges",
        name="Corrected QT interval (QTc), Hodges",
        kind="equation",
        inputs=(HEART_RATE, _QT),
        unit="ms",
        decimals=0,
        formula="QT + 1.75 * (heart rate - 60), QT in ms",
        source="Hodges M, Salerno D, Erlien D. Bazett's QT correction reviewed. J Am Coll Cardiol 1983;1:694.",
        function=_hodges,
        benchmark=58,
        words="electrocardiogram torsades",
    ),
    Calculator(
        id="qtc-rautaharju",
        name="Corrected QT interval (QTc), Rautaharju",
        kind="equation",
        inputs=(HEART_RATE, _QT),
        unit="ms",
        decimals=0,
        formula="QT * (120 + heart rate) / 180, QT in ms",
        source="Rautaharju PM, Warren JW, Calhoun HP. Estimation of QT prolongation. J Electrocardiol 1990;23 Suppl:111-7.",
        function=_rautaharju,
        benchmark=59,
        words="electrocardiogram torsades",
    ),
    Calculator(
        id="target-heart-rate",
        name="Target heart rate (Karvonen)",
        kind="equation",
        inputs=(
            ADULT_AGE,
            replace(HEART_RATE, label="heart rate at rest", low=25, high=120),
            Quantity("intensity", "intensity of the exercise", "%", 20, 100),
        ),
        unit="/min",
        decimals=0,
        formula="rest + (220 - age - rest) * intensity",
        source="Karvonen MJ, Kentala E, Mustala O. Ann Med Exp Biol Fenn 1957;35:307-15.",
        function=_target_rate,
        words="exercise training reserve",
    ),
)
"""Calculators of the heart's work."""
