"""What a study of a given size can show, and what size it takes."""

import math
from collections.abc import Callable

import numpy as np

from vesalius.statistics._checks import IndexArray, check_between, check_positive, check_total
from vesalius.statistics._distributions import binomial_cdf, special, t_noncentral_cdf, t_quantile

_LARGEST_SAMPLE = 2**40
_HALVINGS = 40  # to 1e-12 of the bracket


def smallest_detectable(standard_error: float, degrees_of_freedom: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """True difference that a two-sided t test with this standard error finds with the given power.

    Solved on the noncentral t distribution; a rejection in the wrong direction does not count as finding it.

    Args:
        standard_error: of the difference, above 0.
        degrees_of_freedom: of the standard error; `math.inf` for a z test.
        alpha: two-sided level of the test.
        power: wanted probability of rejection.

    Returns:
        A positive difference, in the unit of the standard error.

    Raises:
        ValueError: alpha or power outside (0, 1), or a standard error or degrees of freedom that are not positive.

    >>> round(smallest_detectable(1.0, math.inf), 3)
    2.802
    """
    check_positive("standard_error", standard_error)
    check_between("alpha", alpha, 0, 1)
    check_between("power", power, 0, 1)
    if not degrees_of_freedom > 0:
        raise ValueError(f"degrees_of_freedom must be positive, not {degrees_of_freedom}.")
    critical = t_quantile(1 - alpha / 2, degrees_of_freedom)
    high = critical + t_quantile(max(power, 0.5), min(degrees_of_freedom, 1.0)) + 1.0
    shift = _bisect(lambda x: 1 - t_noncentral_cdf(critical, degrees_of_freedom, x) >= power, 0.0, 4 * high)
    return shift * standard_error


def power_paired_mean(difference: float, deviation: float, n: int, *, alpha: float = 0.05) -> float:
    """Power of the two-sided paired t test (noncentral t distribution; Cohen 1988).

    Args:
        difference: true mean difference.
        deviation: standard deviation of the paired differences.
        n: number of pairs, at least 2.
        alpha: two-sided level.

    Returns:
        Probability of rejection in either direction.

    Raises:
        ValueError: fewer than two pairs, a deviation that is not positive, alpha outside (0, 1).

    >>> round(power_paired_mean(0.5, 1.0, 34), 3)
    0.808
    """
    check_between("alpha", alpha, 0, 1)
    check_positive("deviation", deviation)
    check_total(n)
    if n < 2:
        raise ValueError("n must be at least 2, for one pair has no spread.")
    critical = t_quantile(1 - alpha / 2, n - 1)
    shift = abs(difference) / deviation * math.sqrt(n)
    return 1 - t_noncentral_cdf(critical, n - 1, shift) + t_noncentral_cdf(-critical, n - 1, shift)


def sample_size_paired_mean(difference: float, deviation: float, *, alpha: float = 0.05, power: float = 0.8) -> int:
    """Smallest number of pairs at which the paired t test has the wanted power; inverse of `power_paired_mean`.

    Args:
        difference: true mean difference, not 0.
        deviation: standard deviation of the paired differences.
        alpha: two-sided level.
        power: wanted probability of rejection.

    Returns:
        Number of pairs.

    Raises:
        ValueError: a difference of 0, or power not above alpha.

    >>> sample_size_paired_mean(0.5, 1.0)
    34
    """
    _check_wanted(difference, alpha, power)
    return _smallest_sample(lambda n: power_paired_mean(difference, deviation, n, alpha=alpha) >= power)


def power_paired_binary(discordant: float, difference: float, n: int, *, alpha: float = 0.05) -> float:
    """Exact power of the exact two-sided McNemar test (Duffy 1984): no normal approximation.

    The number of discordant pairs is binomial(n, discordant); given it, the pairs that favour a are binomial with
    probability `(1 + difference / discordant) / 2`.

    Args:
        discordant: probability that exactly one arm is right, above 0.
        difference: true difference of the two proportions, at most `discordant` in size.
        n: number of pairs.
        alpha: two-sided level.

    Returns:
        Probability of rejection in either direction.

    Raises:
        ValueError: a difference larger than the discordance, or a probability outside its range.

    >>> round(power_paired_binary(0.2, 0.1, 200), 3)
    0.875
    """
    check_between("alpha", alpha, 0, 1)
    check_total(n)
    if not 0 < discordant <= 1:
        raise ValueError(f"discordant must lie in (0, 1], not be {discordant}.")
    if not abs(difference) <= discordant:
        raise ValueError(f"The difference {difference} can't exceed the share of discordant pairs, {discordant}.")
    reach = 8 * math.sqrt(n * discordant * (1 - discordant)) + 10  # beyond it the binomial holds less than 1e-12
    pairs = np.arange(max(0, math.floor(n * discordant - reach)), min(n, math.ceil(n * discordant + reach)) + 1)
    probability = np.diff(binomial_cdf(pairs, n, discordant), prepend=float(_below(pairs[0], n, discordant)))
    critical = _mcnemar_critical(pairs, alpha)
    favours_a = (1 + difference / discordant) / 2
    low = np.where(critical < 0, 0.0, binomial_cdf(np.maximum(critical, 0), pairs, favours_a))
    high = np.where(critical < 0, 0.0, binomial_cdf(np.maximum(critical, 0), pairs, 1 - favours_a))
    return float(min(1.0, probability @ (low + high)))


def _below(k: int, n: int, p: float) -> float:
    return float(binomial_cdf(k - 1, n, p)) if k > 0 else 0.0


def _mcnemar_critical(pairs: IndexArray, alpha: float) -> IndexArray:
    """Largest k for which k of the discordant pairs are few enough to reject; -1 where none is."""
    start = np.floor(pairs / 2 + special().ndtri(alpha / 2) * np.sqrt(pairs) / 2).astype(int) + 3
    critical = np.minimum(start, pairs // 2)
    for _ in range(12):
        too_many = (critical >= 0) & (2 * binomial_cdf(np.maximum(critical, 0), pairs, 0.5) > alpha)
        critical = critical - too_many
    return np.asarray(critical)


def sample_size_paired_binary(discordant: float, difference: float, *, alpha: float = 0.05, power: float = 0.8) -> int:
    """Number of pairs at which the exact McNemar test has the wanted power; inverse of `power_paired_binary`.

    Exact power climbs in small steps that dip now and then; the answer is where the bisection meets the wanted power, so that
    a slightly smaller n may also reach it.

    Args:
        discordant: probability that exactly one arm is right.
        difference: true difference, not 0.
        alpha: two-sided level.
        power: wanted probability of rejection.

    Returns:
        Number of pairs.

    Raises:
        ValueError: a difference of 0 or larger than the discordance, or power not above alpha.

    >>> sample_size_paired_binary(0.2, 0.1)
    168
    """
    _check_wanted(difference, alpha, power)
    return _smallest_sample(lambda n: power_paired_binary(discordant, difference, n, alpha=alpha) >= power)


def smallest_detectable_binary(discordant: float, n: int, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """True difference of two paired proportions that the exact McNemar test finds with the given power.

    A difference can't exceed the share of discordant pairs. Where even a difference of that size would go unseen, the share is
    raised together with the difference: all discordant pairs then favour one arm.

    Args:
        discordant: share of pairs in which exactly one arm is right; may be 0.
        n: number of pairs.
        alpha: two-sided level.
        power: wanted probability of rejection.

    Returns:
        A positive difference; NaN where n is so small that no difference reaches the power.

    Raises:
        ValueError: alpha, power or discordant outside their range.

    >>> round(smallest_detectable_binary(0.2, 200), 3)
    0.091
    """
    check_between("alpha", alpha, 0, 1)
    check_between("power", power, 0, 1)
    check_total(n)
    if not 0 <= discordant <= 1:
        raise ValueError(f"discordant must lie in [0, 1], not be {discordant}.")

    def found(difference: float) -> bool:
        return power_paired_binary(max(discordant, difference), difference, n, alpha=alpha) >= power

    return _bisect(found, 0.0, 1.0) if found(1.0) else math.nan


def _check_wanted(difference: float, alpha: float, power: float) -> None:
    if not (math.isfinite(difference) and difference != 0):
        raise ValueError(f"difference must be a number other than 0, not {difference}.")
    check_between("alpha", alpha, 0, 1)
    check_between("power", power, alpha, 1)


def _bisect(found: Callable[[float], bool], low: float, high: float) -> float:
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high


def _smallest_sample(enough: Callable[[int], bool]) -> int:
    high = 2
    while not enough(high):
        high *= 2
        if high > _LARGEST_SAMPLE:
            raise ValueError("No sample of a practicable size reaches the power; the difference is too small.")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
