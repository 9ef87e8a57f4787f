"""Intervals for one proportion and for the difference of two paired proportions."""

import math

from vesalius.statistics._checks import check_between, check_count, check_level, check_total
from vesalius.statistics._distributions import beta_quantile, normal_quantile
from vesalius.statistics.estimate import Estimate


def wilson(successes: int, n: int, *, level: float = 0.95) -> Estimate:
    """Score interval of a proportion (Wilson 1927); its coverage is near the level on average over proportions.

    Args:
        successes: count from 0 to n.
        n: independent records.
        level: coverage.

    Returns:
        The proportion and its interval inside [0, 1].

    Raises:
        ValueError: counts out of range, or a level outside (0, 1).

    >>> e = wilson(81, 263)  # Newcombe 1998, table I
    >>> round(e.low, 4), round(e.high, 4)
    (0.2553, 0.3662)
    """
    _check(successes, n, level)
    z = normal_quantile((1 + level) / 2)
    proportion = successes / n
    centre = (proportion + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(proportion * (1 - proportion) / n + z * z / (4 * n * n))
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return Estimate(proportion, low, high, level, n, n, "Wilson score")


def clopper_pearson(successes: int, n: int, *, level: float = 0.95) -> Estimate:
    """Exact interval of a proportion (Clopper and Pearson 1934); its coverage is never below the level.

    Args:
        successes: count from 0 to n.
        n: independent records.
        level: coverage.

    Returns:
        The proportion and its interval inside [0, 1].

    Raises:
        ValueError: counts out of range, or a level outside (0, 1).

    >>> e = clopper_pearson(81, 263)  # Newcombe 1998, table I
    >>> round(e.low, 4), round(e.high, 4)
    (0.2527, 0.3676)
    """
    _check(successes, n, level)
    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else beta_quantile(tail, successes, n - successes + 1)
    high = 1.0 if successes == n else beta_quantile(1 - tail, successes + 1, n - successes)
    return Estimate(successes / n, low, high, level, n, n, "Clopper-Pearson")


def tango_test(b: int, c: int, n: int, *, null: float = 0.0) -> float:
    """Score statistic that the difference of two paired proportions equals `null` (Tango 1998).

    At `null = 0` it is McNemar's statistic without continuity correction.

    Args:
        b: pairs in which only the first arm is right.
        c: pairs in which only the second arm is right.
        n: all pairs.
        null: difference under the null hypothesis, inside (-1, 1).

    Returns:
        z, standard normal under the null hypothesis; 0 where there is nothing discordant and `null` is 0.

    Raises:
        ValueError: counts out of range, or `null` outside (-1, 1).

    >>> round(tango_test(12, 4, 100), 4)  # (12 - 4) / sqrt(12 + 4)
    2.0
    """
    _check_discordant(b, c, n)
    check_between("null", null, -1, 1)
    linear = -b - c + (2 * n - b + c) * null
    constant = -c * null * (1 - null)
    only_second = (math.sqrt(max(linear * linear - 8 * n * constant, 0.0)) - linear) / (4 * n)
    variance = n * (2 * only_second + null * (1 - null))
    distance = b - c - n * null
    if variance <= 0:
        return 0.0 if distance == 0 else math.copysign(math.inf, distance)
    return distance / math.sqrt(variance)


def tango(b: int, c: int, n: int, *, level: float = 0.95) -> Estimate:
    """Score interval for the difference of two paired proportions (Tango 1998, Statistics in Medicine 17:891).

    It holds its coverage where the normal interval fails, and keeps a width when no pair is discordant.

    Args:
        b: pairs in which only the first arm is right.
        c: pairs in which only the second arm is right.
        n: all pairs.
        level: coverage.

    Returns:
        `(b - c) / n` and its interval inside [-1, 1].

    Raises:
        ValueError: counts out of range, or a level outside (0, 1).

    >>> e = tango(1, 7, 21)  # airway hyper-responsiveness in Fagerland et al. 2014
    >>> round(e.value, 3), round(e.low, 3), round(e.high, 3)
    (-0.286, -0.517, -0.026)
    """
    _check_discordant(b, c, n)
    check_level(level)
    z = normal_quantile((1 + level) / 2)
    value = (b - c) / n
    low = -1.0 if value == -1 else _solve(b, c, n, z, value, -1.0)
    high = 1.0 if value == 1 else _solve(b, c, n, -z, value, 1.0)
    return Estimate(value, low, high, level, n, n, "Tango score")


def _solve(b: int, c: int, n: int, z: float, inner: float, outer: float) -> float:
    """Null difference between `inner` and `outer` whose score statistic is z; the statistic falls as the null rises."""
    for _ in range(54):
        middle = (inner + outer) / 2
        inside = abs(tango_test(b, c, n, null=middle)) < abs(z)
        inner, outer = (middle, outer) if inside else (inner, middle)
    return (inner + outer) / 2


def _check(successes: int, n: int, level: float) -> None:
    check_total(n)
    check_count("successes", successes, n)
    check_level(level)


def _check_discordant(b: int, c: int, n: int) -> None:
    check_total(n)
    check_count("b", b, n)
    check_count("c", c, n - b)
