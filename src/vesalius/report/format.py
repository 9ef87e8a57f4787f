"""Numbers as a page shows them."""

import math
import re

UNKNOWN = "not recorded"
UNDEFINED = "undefined"
_MINUS = "−"

SYMBOLS = {"better": "▲", "worse": "▼", "tied": "=", "undecided": "○"}
"""A sign beside every colour, for those who do not see it and for print."""


def number(value: float | None, digits: int = 3) -> str:
    """A score.

    >>> number(0.81249), number(-0.5), number(float("nan"))
    ('0.812', '−0.500', 'undefined')
    """
    if value is None or math.isnan(value):
        return UNDEFINED
    rounded = round(value, digits) or 0.0 if math.isfinite(value) else value  # no sign on a zero
    return f"{rounded:.{digits}f}".replace("-", _MINUS).replace("inf", "∞")


def signed(value: float, digits: int = 3) -> str:
    """A difference, with its sign.

    >>> signed(0.012), signed(-0.012), signed(0.0)
    ('+0.012', '−0.012', '0.000')
    """
    shown = number(value, digits)
    return f"+{shown}" if value > 0.5 * 10**-digits else shown


def span(low: float, high: float, digits: int = 3) -> str:
    """An interval.

    >>> span(-0.01, 0.2)
    '−0.010 to 0.200'
    """
    return UNDEFINED if math.isnan(low) or math.isnan(high) else f"{number(low, digits)} to {number(high, digits)}"


def p_value(value: float) -> str:
    """A p value, as journals print it.

    >>> p_value(0.0004), p_value(0.0421), p_value(1.0)
    ('< 0.001', '0.042', '1.000')
    """
    return UNDEFINED if math.isnan(value) else "< 0.001" if value < 0.001 else f"{value:.3f}"


def amount(value: float | None) -> str:
    """A count, or the mean of counts.

    >>> amount(12345.0), amount(3.25), amount(None)
    ('12,345', '3.25', 'not recorded')
    """
    if value is None or math.isnan(value):
        return UNKNOWN
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 100 else f"{value:,.3g}"


def seconds(value: float | None) -> str:
    """A duration.

    >>> seconds(0.004), seconds(12.34), seconds(754.0), seconds(None)
    ('4 ms', '12.3 s', '12 min 34 s', 'not recorded')
    """
    if value is None or math.isnan(value):
        return UNKNOWN
    if value >= 120:
        return f"{value // 60:.0f} min {value % 60:02.0f} s"
    return "< 1 ms" if value < 0.001 else f"{1000 * value:.0f} ms" if value < 0.9995 else f"{value:.3g} s"


def typeset(sentence: str) -> str:
    r"""A sentence with true minus signs, and without a line break before a number.

    >>> typeset("-0.010 to -0.002; p = 0.03").replace("\u00a0", "_")
    '−0.010 to −0.002; p_=_0.03'
    """
    return re.sub(r"(?<![^\s(])-(?=\d)", _MINUS, re.sub(r" ([=<]) ", "\u00a0\\1\u00a0", sentence))


_METRIC_NAMES = {
    "auprc": "AUPRC",
    "auroc": "AUROC",
    "boundary_iou": "Boundary IoU",
    "brier": "Brier score",
    "c_index": "C-index",
    "hd95": "HD95",
    "iou": "IoU",
    "uno_c": "Uno’s C",
}


def metric_name(identity: str) -> str:
    """A metric's name as prose has it.

    >>> metric_name("c_index@1"), metric_name("auroc@1"), metric_name("dice@1")
    ('C-index', 'AUROC', 'Dice')
    """
    name = identity.partition("@")[0]
    return _METRIC_NAMES.get(name, name.replace("_", " ").capitalize())
