"""From a value and its standard error to an interval, p values and the smallest detectable difference.

A sample without any spread has a standard error of 0, and calling its mean certain would be false: three records on which two
arms agree prove little. What is then known is that a share q of records that behave otherwise would have gone unseen in n
independent units with probability (1 - q) ** n; q is at most 1 - (alpha / 2) ** (1 / n), the "rule of three". Records that
behave otherwise can be as far off as the range of the scores allows, which bounds the mean. For scores that are all 0 or all 1
this is the exact interval of Clopper and Pearson. Equivalence is asked the same question where there is a spread: a
difference is not shown to lie within a margin that a share of unseen units could break.
"""

import math

import numpy as np

from vesalius.statistics._checks import FloatArray
from vesalius.statistics._distributions import t_cdf, t_quantile
from vesalius.statistics.equivalence import tost
from vesalius.statistics.estimate import Difference, Estimate
from vesalius.statistics.power import smallest_detectable

NO_SPREAD = "no spread: rule of three"


def score_range(*scores: FloatArray) -> tuple[float, float]:
    """Range that scores are taken to have: the smallest that holds them and [0, 1]."""
    return min(0.0, *(float(array.min()) for array in scores)), max(1.0, *(float(array.max()) for array in scores))


def unseen_share(level: float, units: int) -> float:
    """Largest share of units that could have gone unseen."""
    return float(1 - ((1 - level) / 2) ** (1 / units))


def t_estimate(
    value: float,
    standard_error: float,
    degrees_of_freedom: float,
    *,
    level: float,
    n: int,
    clusters: int,
    method: str,
    units: int,
    span: tuple[float, float],
) -> Estimate:
    """Interval of Student's form, or of `without_spread`."""
    if standard_error <= 0:
        return without_spread(value, level=level, n=n, clusters=clusters, method=method, units=units, span=span)
    half = t_quantile((1 + level) / 2, degrees_of_freedom) * standard_error
    return Estimate(value, value - half, value + half, level, n, clusters, method)


def without_spread(
    value: float, *, level: float, n: int, clusters: int, method: str, units: int, span: tuple[float, float]
) -> Estimate:
    """Interval of the rule of three, for scores that range over `span`."""
    share = unseen_share(level, units)
    low, high = (value + share * (end - value) for end in span)
    return Estimate(value, low, high, level, n, clusters, f"{method}; {NO_SPREAD}")


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
    reach: float,
) -> Difference:
    """Difference of Student's form; without spread by the rule of three, for differences of at most `reach` either way."""
    p_equivalence = math.nan
    if standard_error > 0:
        p = 2 * t_cdf(-abs(value) / standard_error, degrees_of_freedom)
        if margin is not None:
            # The error knows nothing of rare units far off that this sample has missed: a small margin asks for many units.
            unseen = _unseen_p(value, margin, reach, units)
            p_equivalence = max(tost(value, standard_error, degrees_of_freedom, margin), unseen)
        detectable = smallest_detectable(standard_error, degrees_of_freedom, alpha=1 - level)
        half = t_quantile((1 + level) / 2, degrees_of_freedom) * standard_error
        low, high = value - half, value + half
    else:
        # The share of unseen units, as far off as they can be, that would make the true difference 0, or the margin.
        p = min(1.0, 2 * (reach / (reach + abs(value))) ** units)
        if margin is not None:
            p_equivalence = _unseen_p(value, margin, reach, units)
        share = unseen_share(level, units)
        low, high = value - share * (reach + value), value + share * (reach - value)
        detectable, method = math.nan, f"{method}; {NO_SPREAD}"
    return Difference(
        value=value,
        low=low,
        high=high,
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


def _unseen_p(value: float, margin: float, reach: float, units: int) -> float:
    """Chance of not seeing the share of units, as far off as can be, that would bring the true difference to the margin."""
    share = (margin - abs(value)) / (reach - abs(value)) if reach > abs(value) else 0.0
    return float((1 - np.clip(share, 0.0, 1.0)) ** units)
