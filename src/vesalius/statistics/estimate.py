"""What every method of this package returns."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its confidence interval.

    `n` counts records, `clusters` the independent units among them (subjects; equal to `n` where every record stands alone).

    >>> Estimate(0.8, 0.7, 0.9, level=0.95, n=100, clusters=50, method="example").high
    0.9
    """

    value: float
    low: float
    high: float
    level: float
    n: int
    clusters: int
    method: str


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference `a - b` of two arms that saw the same records.

    Attributes:
        value: `a - b`.
        low: lower bound of the confidence interval.
        high: upper bound of the confidence interval.
        level: coverage of the interval.
        standard_error: of `value`.
        degrees_of_freedom: of `standard_error`; infinite where the method is asymptotic.
        p: two-sided, for a true difference of 0.
        p_equivalence: of two one-sided tests that the true difference lies within ±`margin`; NaN without a margin.
        smallest_detectable: true difference that a study of this size finds with 80 % power at two-sided `1 - level`;
            NaN where the data show no spread to compute it from.
        margin: the difference declared to be of no importance, or None.
        n: records.
        clusters: independent units among the records.
        seeds: training runs of each arm.
        method: name of the method, and what the interval covers where that is less than records and seeds.

    >>> d = Difference(0.1, 0.0, 0.2, level=0.95, standard_error=0.05, degrees_of_freedom=99.0, p=0.05, p_equivalence=1.0,
    ...     smallest_detectable=0.14, margin=0.02, n=100, clusters=100, seeds=1, method="example")
    >>> d.value
    0.1
    """

    value: float
    low: float
    high: float
    level: float
    standard_error: float
    degrees_of_freedom: float
    p: float
    p_equivalence: float
    smallest_detectable: float
    margin: float | None
    n: int
    clusters: int
    seeds: int
    method: str


@dataclass(frozen=True, slots=True)
class Test:
    """The outcome of a significance test on `n` records; `p` is two-sided.

    >>> Test(statistic=2.0, p=0.29, n=10, method="example").p
    0.29
    """

    __test__ = False  # pytest would collect the class by its name

    statistic: float
    p: float
    n: int
    method: str
