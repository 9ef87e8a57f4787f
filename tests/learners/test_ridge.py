"""The batched fits are those of scikit-learn and scikit-survival."""

import numpy as np
import pytest

from vesalius.learners.estimator import covariate_matrix, outcomes
from vesalius.learners.ridge import cox_scores, logistic_scores
from vesalius.sources.noise import LabelNoise
from vesalius.sources.packaged.cohorts import COHORTS


def standardised(values_NP: np.ndarray, train_N: np.ndarray) -> np.ndarray:
    from sklearn.preprocessing import StandardScaler

    return np.asarray(StandardScaler().fit(values_NP[train_N]).transform(values_NP))


def held_out(records: int, folds: int) -> np.ndarray:
    return np.random.default_rng(1).permutation(records) % folds == np.arange(folds)[:, None]


@pytest.mark.parametrize("name", ["breast-cancer", "heart-attack-year"])
@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_logistic_scores_are_those_of_scikit_learn(name: str, rate: float) -> None:
    from sklearn.linear_model import LogisticRegression

    records = LabelNoise(rate=rate, target="label").build(COHORTS[name].records()[:300], seed=0)
    values_NP, labels_N = covariate_matrix(records), outcomes(records, "label")
    held_out_BN = held_out(len(records), 5)
    for held, scores_N in zip(held_out_BN, logistic_scores(values_NP, labels_N, held_out_BN)):
        scaled_NP = standardised(values_NP, ~held)
        peer = LogisticRegression(tol=1e-9, max_iter=10_000).fit(scaled_NP[~held], labels_N[~held])
        assert np.allclose(scores_N, peer.decision_function(scaled_NP), atol=1e-4)


@pytest.mark.parametrize("name", ["heart-attack", "gbsg2", "veterans"])
@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_cox_scores_are_those_of_scikit_survival_ties_and_censoring_included(name: str, rate: float) -> None:
    from sksurv.linear_model import CoxPHSurvivalAnalysis

    records = LabelNoise(rate=rate, target="survival").build(COHORTS[name].records()[:200], seed=0)
    values_NP, truths = covariate_matrix(records), outcomes(records, "survival")
    assert len(np.unique(truths["time"])) < len(records) and not truths["event"].all()
    held_out_BN = held_out(len(records), 5)
    for held, scores_N in zip(held_out_BN, cox_scores(values_NP, truths["time"], truths["event"], held_out_BN)):
        scaled_NP = standardised(values_NP, ~held)
        peer = CoxPHSurvivalAnalysis(alpha=1.0, tol=1e-12).fit(scaled_NP[~held], truths[~held])
        assert np.allclose(scores_N - scores_N[0], peer.predict(scaled_NP) - peer.predict(scaled_NP)[0], atol=1e-5)


def test_a_column_that_does_not_vary_and_one_that_is_never_measured_change_nothing() -> None:
    records = COHORTS["heart-attack-year"].records()
    values_NP, labels_N = covariate_matrix(records), outcomes(records, "label")
    held_out_BN = held_out(len(records), 5)
    padded_NP = np.column_stack([values_NP, np.ones(len(values_NP)), np.full(len(values_NP), np.nan)])
    plain_BN = logistic_scores(values_NP, labels_N, held_out_BN)
    assert np.allclose(logistic_scores(padded_NP, labels_N, held_out_BN), plain_BN, atol=1e-8)


def test_the_held_out_labels_have_no_part_in_a_fold() -> None:
    records = COHORTS["heart-attack-year"].records()
    values_NP, labels_N = covariate_matrix(records), outcomes(records, "label")
    held_out_BN = held_out(len(records), 5)
    flipped_N = np.where(held_out_BN[2], 1 - labels_N, labels_N)
    before_N, after_N = (logistic_scores(values_NP, labels, held_out_BN)[2] for labels in (labels_N, flipped_N))
    assert np.allclose(before_N, after_N, atol=1e-8)
