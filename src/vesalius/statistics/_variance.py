"""Variance of a mean over training seeds that all scored the same test records."""

from dataclasses import dataclass

import numpy as np

from vesalius.statistics._checks import FloatArray
from vesalius.statistics._clusters import Clusters

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Variance:
    """Standard error and degrees of freedom of a mean over seeds, what the error covers, and the independent units."""

    standard_error: float
    degrees_of_freedom: float
    covers: str
    units: int


FEW_SEEDS = 5
"""With fewer, the spread of the seeds is too poorly known for Satterthwaite's formula: it holds too few verdicts back."""


def crossed_variance(between: float, covariance: float, seeds: int, clusters: int, *, scale: float) -> Variance:
    """Adds the part of the seeds and the part of the records, with Satterthwaite's degrees of freedom.

    Args:
        between: sample variance of the statistic over seeds (0 for one seed).
        covariance: over records: mean covariance of two seeds' statistics, or the variance for one seed.
        seeds: number of seeds.
        clusters: number of independent units.
        scale: size of the numbers that were averaged; a spread that is rounding error beside it is none.
    """
    of_seeds, of_records = between / seeds, max(covariance, 0.0)
    if seeds == 1 and clusters == 1:
        raise ValueError("One seed and one cluster have no spread to estimate; give more seeds or more clusters.")
    total = of_seeds + of_records
    if total <= (_ROUNDING * scale) ** 2:
        degrees = max(seeds, clusters) - 1.0
        total = 0.0
    else:
        squares = (of_seeds**2 / (seeds - 1) if seeds > 1 else 0.0) + (of_records**2 / (clusters - 1) if clusters > 1 else 0.0)
        degrees = total**2 / squares
        if 1 < seeds < FEW_SEEDS and of_seeds > (_ROUNDING * scale) ** 2:
            degrees = min(degrees, seeds - 1.0)
    covers = "seeds and records"
    if seeds == 1:
        covers = "one seed: interval covers records only"
    elif clusters == 1:
        covers = "one cluster: interval covers seeds only"
    return Variance(float(np.sqrt(total)), degrees, covers, clusters if clusters > 1 else seeds)


def variance_of_mean(
    values_SN: FloatArray, groups: Clusters, *, scale: float, independent: int | None = None
) -> tuple[float, Variance]:
    """Mean over seeds and records, and its variance by linearisation over clusters.

    ``independent`` counts the units that carry the information where these are fewer than the clusters.
    """
    seeds, n = values_SN.shape
    theta_S = values_SN.mean(axis=1)
    between = float(theta_S.var(ddof=1)) if seeds > 1 else 0.0
    # The residual of a ratio of sums, sum of scores by number of records, so that clusters of any size are right.
    residual_SG = groups.sum(values_SN - theta_S[:, None]) / n
    own = float((residual_SG**2).sum())
    pairs = float((residual_SG.sum(axis=0) ** 2).sum()) - own
    correction = groups.count / (groups.count - 1) if groups.count > 1 else 0.0
    covariance = correction * (own if seeds == 1 else pairs / (seeds * (seeds - 1)))
    units = groups.count if independent is None else min(independent, groups.count)
    return float(theta_S.mean()), crossed_variance(between, covariance, seeds, units, scale=scale)


def variance_of_draws(theta_S: FloatArray, draws_RS: FloatArray, clusters: int, *, scale: float) -> tuple[float, Variance]:
    """Mean over seeds of a statistic, and its variance from resamples that were shared by the seeds."""
    seeds = len(theta_S)
    between = float(theta_S.var(ddof=1)) if seeds > 1 else 0.0
    correction = clusters / (clusters - 1) if clusters > 1 else 0.0  # the bootstrap variance lacks this factor
    variances = float(draws_RS.var(axis=0, ddof=1).sum())
    whole = float(draws_RS.sum(axis=1).var(ddof=1))
    covariance = correction * (variances if seeds == 1 else (whole - variances) / (seeds * (seeds - 1)))
    return float(theta_S.mean()), crossed_variance(between, covariance, seeds, clusters, scale=scale)
