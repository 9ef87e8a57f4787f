"""Which of several systems nobody beats in both cost and accuracy."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def pareto_front(costs: ArrayLike, accuracies: ArrayLike) -> NDArray[np.bool_]:
    """Systems that no other equals or betters in cost and accuracy and betters in one (Pareto 1906).

    Equal systems stand or fall together. A system of unknown cost or accuracy (NaN) is not on the front and keeps none off it.

    Args:
        costs: n numbers, lower is better: tokens, seconds or money a question.
        accuracies: n numbers, higher is better.

    Returns:
        n booleans, true on the front.

    Raises:
        ValueError: if the two differ in shape or are not one-dimensional.

    >>> pareto_front([1, 2, 3, 4], [0.5, 0.7, 0.6, 0.8]).tolist()
    [True, True, False, True]
    """
    cost_N, accuracy_N = np.asarray(costs, dtype=float), np.asarray(accuracies, dtype=float)
    if cost_N.ndim != 1 or cost_N.shape != accuracy_N.shape:
        raise ValueError(f"costs {cost_N.shape} and accuracies {accuracy_N.shape} are one number a system; give as many of each.")
    no_worse_NN = (cost_N[:, None] <= cost_N) & (accuracy_N[:, None] >= accuracy_N)
    better_NN = (cost_N[:, None] < cost_N) | (accuracy_N[:, None] > accuracy_N)
    known_N = ~(np.isnan(cost_N) | np.isnan(accuracy_N))
    return np.asarray(known_N & ~(no_worse_NN & better_NN).any(axis=0))
