"""Ridge logistic and ridge Cox regression of many cross-validation folds at once.

The folds of a repeated cross-validation share their records, so one Newton step for all of them is a few matrix products. Every
fold gets the optimum that ``Estimator`` gets with scikit-learn's ``LogisticRegression()`` or scikit-survival's
``CoxPHSurvivalAnalysis(alpha=1)`` on the fold's training records: to standardise a covariate by them is to penalise its squared
coefficient times its variance in them, and that is done here. Missing values alone differ: they take the median of all records
given, not of each fold.

Axes: B folds, N records, P covariates.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Derivatives = Callable[[Floats], tuple[Floats, Floats]]
"""From coefficients [B, P], the gradient [B, P] and the Hessian [B, P, P] of the penalised loss."""

STEPS = 50
LARGEST_MOVE = 2.0
"""A Newton step may move no record's linear score by more; far from the optimum a full step can overshoot."""

SMALLEST_MOVE = 1e-6
"""Newton's method stops after a step that moves none by as much; its error is then of the order of the square."""


def logistic_scores(values_NP: Floats, labels_N: NDArray[np.integer], held_out_BN: Bools) -> Floats:
    """Log odds of every record from the model fitted without a fold's held-out records.

    The loss is the sum of the log losses plus half the squared coefficients of the standardised covariates, the intercept free.

    Args:
        values_NP: covariates, NaN where missing.
        labels_N: 0 or 1.
        held_out_BN: which records each fold leaves out.

    Returns:
        Log odds [B, N].

    >>> values, labels = np.arange(10.0)[:, None], np.repeat([0, 1], 5)
    >>> logistic_scores(values, labels, np.zeros((1, 10), dtype=bool)).round(1)
    array([[-2.3, -1.8, -1.3, -0.8, -0.3,  0.3,  0.8,  1.3,  1.8,  2.3]])
    """
    design_NP = np.column_stack([np.ones(len(values_NP)), _scaled(values_NP)])
    products = _products(design_NP)

    def loss(trained_BN: Floats) -> Derivatives:
        penalty_BP = _variances(design_NP, trained_BN)
        penalty_BP[:, 0] = 0.0

        def derivatives(beta_BP: Floats) -> tuple[Floats, Floats]:
            chance_BN = 1.0 / (1.0 + np.exp(-(beta_BP @ design_NP.T)))
            gradient_BP = (trained_BN * (chance_BN - labels_N)) @ design_NP + penalty_BP * beta_BP
            return gradient_BP, _gram(trained_BN * chance_BN * (1.0 - chance_BN), products, penalty_BP)

        return derivatives

    return _optima(loss, design_NP, ~held_out_BN) @ design_NP.T


def cox_scores(values_NP: Floats, times_N: Floats, events_N: Bools, held_out_BN: Bools) -> Floats:
    """Log hazards of every record from the model fitted without a fold's held-out records.

    The loss is the negative log partial likelihood (Cox 1972; ties after Breslow 1974) plus half the squared coefficients of the
    standardised covariates.

    Args:
        values_NP: covariates, NaN where missing.
        times_N: of the event or of censoring.
        events_N: whether the event was seen.
        held_out_BN: which records each fold leaves out.

    Returns:
        Log hazards [B, N].

    >>> values, times = np.arange(6.0)[:, None], np.array([6.0, 5.0, 4.0, 3.0, 2.0, 1.0])
    >>> cox_scores(values, times, np.ones(6, dtype=bool), np.zeros((1, 6), dtype=bool)).round(1)
    array([[-2.2, -1.3, -0.4,  0.4,  1.3,  2.2]])
    """
    order = np.argsort(-times_N, kind="stable")
    events_N, descending_N = events_N[order], -times_N[order]
    last_N = np.searchsorted(descending_N, descending_N, side="right") - 1
    first_N = np.searchsorted(descending_N, descending_N, side="left")
    design_NP = _scaled(values_NP[order])
    products = _products(design_NP)

    def loss(trained_BN: Floats) -> Derivatives:
        penalty_BP = _variances(design_NP, trained_BN)
        seen_BN = trained_BN * events_N

        def derivatives(beta_BP: Floats) -> tuple[Floats, Floats]:
            hazard_BN = trained_BN * np.exp(beta_BP @ design_NP.T)
            at_risk_BN = np.maximum(np.cumsum(hazard_BN, axis=1)[:, last_N], np.finfo(float).tiny)
            cumulative_BN = np.cumsum((seen_BN / at_risk_BN)[:, ::-1], axis=1)[:, ::-1][:, first_N]
            expected_BN = hazard_BN * cumulative_BN
            gradient_BP = (expected_BN - seen_BN) @ design_NP + penalty_BP * beta_BP
            sums_BNP = np.cumsum(hazard_BN[:, :, None] * design_NP, axis=1)[:, last_N]
            means_BNP = sums_BNP * (np.sqrt(seen_BN) / at_risk_BN)[:, :, None]
            return gradient_BP, _gram(expected_BN, products, penalty_BP) - means_BNP.transpose(0, 2, 1) @ means_BNP

        return derivatives

    scores_BN = np.empty(held_out_BN.shape)
    scores_BN[:, order] = _optima(loss, design_NP, ~held_out_BN[:, order]) @ design_NP.T
    return scores_BN


def _scaled(values_NP: Floats) -> Floats:
    """Covariates with medians for missing values, and all on one scale."""
    median_P = np.array([np.median(column[~np.isnan(column)]) if not np.isnan(column).all() else 0.0 for column in values_NP.T])
    filled_NP = np.where(np.isnan(values_NP), median_P, values_NP)
    spread_P = filled_NP.std(axis=0)
    return np.asarray((filled_NP - filled_NP.mean(axis=0)) / np.where(spread_P > 0, spread_P, 1.0))


def _variances(design_NP: Floats, trained_BN: Floats) -> Floats:
    """Each fold's variances of the columns, which are its penalties: B × P, and 1 where nothing varies."""
    count_B1 = trained_BN.sum(axis=1, keepdims=True)
    mean_BP = trained_BN @ design_NP / count_B1
    variance_BP = trained_BN @ design_NP**2 / count_B1 - mean_BP**2
    return np.where(variance_BP > 1e-12, variance_BP, 1.0)


def _products(design_NP: Floats) -> Floats:
    """Every record's outer product with itself, flattened: N × P²."""
    return (design_NP[:, :, None] * design_NP[:, None, :]).reshape(len(design_NP), -1)


def _gram(weights_BN: Floats, products: Floats, penalty_BP: Floats) -> Floats:
    """Weighted sums of the outer products, with the penalty on the diagonal: B × P × P."""
    width = penalty_BP.shape[1]
    gram_BPP = (weights_BN @ products).reshape(-1, width, width)
    gram_BPP[:, np.arange(width), np.arange(width)] += penalty_BP
    return gram_BPP


def _optima(loss: Callable[[Floats], Derivatives], design_NP: Floats, trained_BN: Bools) -> Floats:
    """Coefficients of every fold [B, P], sought from those of all records together, which are near."""
    everyone_1N = np.ones((1, len(design_NP)))
    pooled_1P = _newton(loss(everyone_1N), design_NP, np.zeros((1, design_NP.shape[1])))
    return _newton(loss(trained_BN.astype(float)), design_NP, np.repeat(pooled_1P, len(trained_BN), axis=0))


def _newton(derivatives: Derivatives, design_NP: Floats, beta_BP: Floats) -> Floats:
    """Coefficients [B, P] where the gradient vanishes, by Newton's method, all folds together."""
    for _ in range(STEPS):
        gradient_BP, hessian_BPP = derivatives(beta_BP)
        step_BP = np.linalg.solve(hessian_BPP, gradient_BP[:, :, None])[:, :, 0]
        move_B1 = np.abs(step_BP @ design_NP.T).max(axis=1, keepdims=True)
        beta_BP = beta_BP - step_BP * np.minimum(1.0, LARGEST_MOVE / np.maximum(move_B1, LARGEST_MOVE))
        if move_B1.max() < SMALLEST_MOVE:
            break
    return beta_BP
