"""The paired bootstrap beside its peers, on the same input, in one process.

    python benchmarks/resampling.py

scipy resamples the difference as our function does. lm-eval has no paired interval: its `bootstrap_stderr` resamples one arm's
mean, in a pool of processes, and gives a standard error only, so that its part of the work is the smaller one.
"""

import contextlib
import io
from collections.abc import Callable

import numpy as np
from scipy import stats

from clock import milliseconds
from vesalius.statistics import paired_bootstrap

RECORDS = 1_273
RESAMPLES = 10_000
REPEATS = 5


def with_scipy(difference: np.ndarray) -> object:
    """Percentile interval of the mean difference."""
    return stats.bootstrap((difference,), np.mean, n_resamples=RESAMPLES, method="percentile", vectorized=True, rng=0)


def with_lm_eval(difference: np.ndarray) -> Callable[[], object] | None:
    """Standard error of a mean, or None where lm-eval is absent."""
    try:
        from lm_eval.api.metrics import bootstrap_stderr, mean
    except ImportError:
        return None
    values = difference.tolist()

    def quietly() -> object:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return bootstrap_stderr(mean, values, iters=RESAMPLES)

    return quietly


def main() -> None:
    """Prints milliseconds and the ratio of each peer to ours."""
    generator = np.random.default_rng(0)
    inputs = {
        "binary": (generator.random((2, RECORDS)) < [[0.62], [0.58]]).astype(float),
        "general": generator.random((2, RECORDS)),
    }
    print(f"{RECORDS} records, {RESAMPLES} resamples, best of {REPEATS}")
    print(f"{'input':<10}{'method':<28}{'ms':>10}{'ratio':>8}")
    for name, (a, b) in inputs.items():
        ours = milliseconds(lambda a=a, b=b: paired_bootstrap(a, b, resamples=RESAMPLES))
        rows = {"vesalius paired_bootstrap": ours, "scipy.stats.bootstrap": milliseconds(lambda d=a - b: with_scipy(d))}
        peer = with_lm_eval(a - b)
        if peer is not None:
            rows["lm-eval bootstrap_stderr"] = milliseconds(peer, repeats=1)
        for method, taken in rows.items():
            print(f"{name:<10}{method:<28}{taken:>10.1f}{taken / ours:>8.1f}")
    if peer is None:
        print("lm-eval is not installed: its row is absent.")


if __name__ == "__main__":
    main()
