"""From a value and its standard error to an interval, p values and the smallest detectable difference."""

import math

from vesalius.statistics._distributions import t_cdf, t_quantile
from vesalius.statistics.equivalence import tost
from vesalius.statistics.estimate import Difference, Estimate
from vesalius.statistics.power import smallest_detectable

NO_SPREAD = "no spread: interval without width, p by the sign test"


def t_estimate(
    value: float, standard_error: float, degrees_of_freedom: float, *, level: float, n: int, clusters: int, method: str
) -> Estimate:
    """Interval of Student's form."""
    half = t_quantile((1 + level) / 2, degrees_of_freedom) * standard_error
    return Estimate(value, value - half, value + half, level, n, clusters, method)


def t_difference(
    value: float,
    standard_error: float,
    degrees_of_freedom: float,
    *,
    level: float,
    margin: float | None,
    n: int,
    clusters: int,
    seeds: int,
    method: str,
    units: int,
) -> Difference:
    """Difference of Student's form.

    A sample without spread carries no standard error, and calling its difference certain would be false: three records with
    the same difference prove little. The p values then come from the sign test of `units` equal signs: `2 ** (1 - units)`
    two-sided (1 where the difference is 0), and `2 ** -units` for equivalence where the value lies inside the margin. The
    interval has no width, the smallest detectable difference is NaN, and the method says so.
    """
    if standard_error > 0:
        p = 2 * t_cdf(-abs(value) / standard_error, degrees_of_freedom)
        p_equivalence = math.nan if margin is None else tost(value, standard_error, degrees_of_freedom, margin)
        detectable = smallest_detectable(standard_error, degrees_of_freedom, alpha=1 - level)
        half = t_quantile((1 + level) / 2, degrees_of_freedom) * standard_error
    else:
        p = 1.0 if value == 0 else 2.0 ** (1 - units)
        p_equivalence = math.nan if margin is None else (2.0**-units if abs(value) < margin else 1.0)
        detectable, half, method = math.nan, 0.0, f"{method}; {NO_SPREAD}"
    return Difference(
        value=value,
        low=value - half,
        high=value + half,
        level=level,
        standard_error=standard_error,
        degrees_of_freedom=degrees_of_freedom,
        p=p,
        p_equivalence=p_equivalence,
        smallest_detectable=detectable,
        margin=margin,
        n=n,
        clusters=clusters,
        seeds=seeds,
        method=method,
    )
