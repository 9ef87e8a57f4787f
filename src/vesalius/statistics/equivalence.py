"""Tests against a margin that was declared beforehand."""

import math

from vesalius.statistics._checks import check_positive
from vesalius.statistics._distributions import t_cdf


def tost(value: float, standard_error: float, degrees_of_freedom: float, margin: float) -> float:
    """P value of two one-sided tests that the true difference lies within ±margin (Schuirmann 1987).

    It is below alpha exactly where the interval of level `1 - 2 alpha` lies inside the margin.

    Args:
        value: estimated difference.
        standard_error: of the difference, above 0.
        degrees_of_freedom: of the standard error; `math.inf` for a normal reference.
        margin: positive, in the unit of the difference.

    Returns:
        The larger of the two one-sided p values.

    Raises:
        ValueError: a standard error or margin that is not positive, or a value that is not finite.

    >>> round(tost(0.0, 0.01, math.inf, 0.02), 4)
    0.0228
    """
    check_positive("margin", margin)
    _check_estimate(value, standard_error, degrees_of_freedom)
    above_low = t_cdf(-(value + margin) / standard_error, degrees_of_freedom)
    below_high = t_cdf((value - margin) / standard_error, degrees_of_freedom)
    return max(above_low, below_high)


def non_inferior(value: float, standard_error: float, degrees_of_freedom: float, margin: float) -> float:
    """One-sided p value that a is not worse than b by the margin; H0: true difference <= -margin.

    The reference is the t distribution (Piaggio et al., JAMA 2012, for the design).

    Args:
        value: estimated difference `a - b`, higher is better.
        standard_error: of the difference, above 0.
        degrees_of_freedom: of the standard error; `math.inf` for a normal reference.
        margin: positive, in the unit of the difference.

    Returns:
        The one-sided p value.

    Raises:
        ValueError: a standard error or margin that is not positive, or a value that is not finite.

    >>> round(non_inferior(-0.01, 0.01, math.inf, 0.03), 4)
    0.0228
    """
    check_positive("margin", margin)
    _check_estimate(value, standard_error, degrees_of_freedom)
    return t_cdf(-(value + margin) / standard_error, degrees_of_freedom)


def _check_estimate(value: float, standard_error: float, degrees_of_freedom: float) -> None:
    if not math.isfinite(value):
        raise ValueError(f"value must be finite, not {value}.")
    check_positive("standard_error", standard_error)
    if not degrees_of_freedom > 0:
        raise ValueError(f"degrees_of_freedom must be positive, not {degrees_of_freedom}.")
