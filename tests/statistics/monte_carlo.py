"""Is a simulated rate what it should be, within the error of the simulation?"""

import numpy as np

SIGMAS = 3.0


def tolerance(rate, replications):
    """Three standard errors of a rate that is estimated from that many replications."""
    return SIGMAS * np.sqrt(rate * (1 - rate) / replications)


def assert_coverage(covered, *, level=0.95, at_least=False, shortfall=0.0):
    """The share of intervals that hold the truth is the level; `shortfall` is a deficit that the docstring admits."""
    covered = np.asarray(covered)
    rate, allowed = covered.mean(), tolerance(level, len(covered))
    assert rate >= level - shortfall - allowed, f"covers {rate:.4f} of {len(covered)}"
    if not at_least:
        assert rate <= level + allowed, f"covers {rate:.4f} of {len(covered)}"


def assert_size(p, *, alpha=0.05):
    """A true null hypothesis is rejected at most as often as alpha says."""
    p = np.asarray(p)
    rate = np.mean(p < alpha)
    assert rate <= alpha + tolerance(alpha, len(p)), f"rejects {rate:.4f} of {len(p)}"


def assert_oversized(p, *, alpha=0.05):
    """The test that ignores the structure of the data rejects more than twice too often."""
    assert np.mean(np.asarray(p) < alpha) > 2 * alpha


def holds(interval, truth):
    return interval.low <= truth <= interval.high
