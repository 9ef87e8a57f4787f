"""Distribution functions as plain floats.

`scipy.special` takes 0.14 s to load, so it is imported when the first of these is called.
"""

import math
from functools import cache
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike

from vesalius.statistics._checks import FloatArray


@cache
def special() -> ModuleType:
    """`scipy.special`, loaded late."""
    import scipy.special

    return scipy.special  # type: ignore[no-any-return, unused-ignore]


def normal_cdf(z: float) -> float:
    """P(Z <= z)."""
    return float(special().ndtr(z))


def normal_quantile(p: float) -> float:
    """Z with P(Z <= z) = p."""
    return float(special().ndtri(p))


def t_cdf(t: float, degrees_of_freedom: float) -> float:
    """P(T <= t); normal where the degrees of freedom are infinite."""
    return normal_cdf(t) if math.isinf(degrees_of_freedom) else float(special().stdtr(degrees_of_freedom, t))


def t_quantile(p: float, degrees_of_freedom: float) -> float:
    """T with P(T <= t) = p; normal where the degrees of freedom are infinite."""
    return normal_quantile(p) if math.isinf(degrees_of_freedom) else float(special().stdtrit(degrees_of_freedom, p))


def t_noncentral_cdf(t: float, degrees_of_freedom: float, noncentrality: float) -> float:
    """P(T <= t) for a noncentral t; normal where the degrees of freedom are infinite."""
    if math.isinf(degrees_of_freedom):
        return normal_cdf(t - noncentrality)
    return float(special().nctdtr(degrees_of_freedom, noncentrality, t))


def beta_quantile(p: float, a: float, b: float) -> float:
    """Quantile of the beta distribution."""
    return float(special().betaincinv(a, b, p))


def binomial_cdf(k: ArrayLike, n: ArrayLike, p: ArrayLike) -> FloatArray:
    """P(K <= k) of n draws, elementwise, for k from 0."""
    return np.asarray(special().bdtr(k, n, p))
