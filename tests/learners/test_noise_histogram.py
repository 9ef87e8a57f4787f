"""The noise histogram and the three ways to pick from it."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from sklearn.linear_model import LogisticRegression
from sksurv.linear_model import CoxPHSurvivalAnalysis
from threadpoolctl import threadpool_limits

from vesalius.errors import UserError
from vesalius.learners.estimator import Estimator
from vesalius.learners.noise_histogram import (
    above_band,
    binomial_tail,
    learner_scoring,
    mixture_tail,
    noise_histogram,
    ridge_scoring,
)
from vesalius.metrics import auroc
from vesalius.sources.noise import LabelNoise, planted
from vesalius.sources.packaged.cohorts import cohort_task
from vesalius.sources.simulators.noisy_labels import NoisyLabels

REPETITIONS = 200


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """The products are small: threads of the numeric library would only wait for each other."""
    with threadpool_limits(1):
        yield


@settings(max_examples=25)
@given(records=st.integers(5, 30), folds=st.integers(2, 5), repetitions=st.integers(1, 50), seed=st.integers(0, 9))
def test_the_histogram_counts_the_members_of_the_worst_fold_of_each_repetition_and_no_others(
    records: int, folds: int, repetitions: int, seed: int
) -> None:
    badness = np.random.default_rng(seed).normal(size=records)
    expected = np.zeros(records, dtype=int)
    repetitions_seen = 0

    def scores(held_out_BN: np.ndarray) -> np.ndarray:
        nonlocal repetitions_seen
        performance = -(held_out_BN @ badness)
        for start in range(0, len(held_out_BN), folds):
            one_validation = held_out_BN[start : start + folds]
            assert (one_validation.sum(axis=0) == 1).all(), "every record is held out once a repetition"
            assert np.ptp(one_validation.sum(axis=1)) <= 1, "folds are of one size"
            worst = int(np.argmin(performance[start : start + folds]))
            np.add(expected, one_validation[worst], out=expected)
            repetitions_seen += 1
        return performance

    counts = noise_histogram(scores, records, repetitions=repetitions, folds=folds, seed=seed)
    assert np.array_equal(counts, expected)
    assert repetitions_seen == repetitions


def test_repetitions_draw_other_folds_and_a_seed_draws_the_same() -> None:
    def histogram(seed: int) -> np.ndarray:
        return noise_histogram(lambda held: held @ -np.arange(20.0), 20, repetitions=50, folds=5, seed=seed)

    assert len(np.unique(histogram(0))) > 3
    assert np.array_equal(histogram(0), histogram(0)) and not np.array_equal(histogram(0), histogram(1))


def test_a_fold_without_a_score_is_never_the_worst() -> None:
    counts = noise_histogram(lambda held: np.where(held[:, 0], np.nan, 1.0), 10, repetitions=40, folds=5, seed=0)
    assert counts[0] == 0 and counts.sum() == 80
    assert noise_histogram(lambda held: np.full(len(held), np.nan), 10, repetitions=40, folds=5, seed=0).sum() == 0


def test_fewer_records_than_folds_are_told() -> None:
    with pytest.raises(UserError, match="3 training records cannot make 5 folds"):
        noise_histogram(lambda held: held.sum(axis=1), 3, repetitions=1, folds=5, seed=0)


@pytest.mark.parametrize("outcome", ["label", "survival"])
def test_planted_noise_ranks_above_the_clean_records_and_a_histogram_of_any_fold_does_not(outcome: str) -> None:
    found, any_fold = [], []
    for seed in range(3):
        records = LabelNoise(rate=0.2, target=outcome).build(NoisyLabels(outcome).records()[:300], seed)
        scores = ridge_scoring(outcome)(records)
        noisy = planted(records).astype(int)
        counts = noise_histogram(scores, len(records), repetitions=REPETITIONS, folds=5, seed=seed)
        found.append(auroc(counts.astype(float), noisy))
        generator = np.random.default_rng(seed)
        counts = noise_histogram(
            lambda held, g=generator: g.random(len(held)), len(records), repetitions=REPETITIONS, folds=5, seed=seed
        )
        any_fold.append(auroc(counts.astype(float), noisy))
    assert np.mean(found) > 0.7
    assert abs(np.mean(any_fold) - 0.5) < 0.1


def test_the_band_is_two_standard_deviations_above_the_binomial_mean() -> None:
    limit = 1000 / 5 + 2 * np.sqrt(1000 * 4 / 25)
    counts = np.arange(150, 300)
    assert np.array_equal(above_band(counts, 1000, 5), counts > limit)
    assert not above_band(np.array([200]), 1000, 5)[0] and above_band(np.array([200]), 1000, 10)[0]


def test_the_binomial_way_corrects_for_the_number_of_records() -> None:
    suspicious = int(binom.isf(0.01, 1000, 0.2)) + 1
    alone = binomial_tail(np.array([suspicious]), 1000, 5)
    among_many = binomial_tail(np.array([suspicious] + [200] * 200), 1000, 5)
    assert alone[0] and not among_many.any()
    assert above_band(np.array([suspicious] + [200] * 200), 1000, 5)[0]


def test_the_binomial_way_keeps_false_discoveries_rare_where_there_is_only_chance() -> None:
    picked = [binomial_tail(np.random.default_rng(seed).binomial(1000, 0.2, 300), 1000, 5).any() for seed in range(100)]
    assert np.mean(picked) < 0.12


def test_the_mixture_way_takes_its_null_from_the_histogram_not_from_chance() -> None:
    """Clean records that are together harder than chance: the binomial ways drop them, the mixture does not."""
    generator = np.random.default_rng(0)
    counts = np.round(np.concatenate([generator.normal(260, 8, 170), generator.normal(120, 8, 80), generator.normal(400, 8, 50)]))
    clean = np.arange(300) < 250
    assert mixture_tail(counts.astype(int), 1000, 5)[~clean].all()
    assert mixture_tail(counts.astype(int), 1000, 5)[clean].mean() < 0.05
    assert binomial_tail(counts.astype(int), 1000, 5)[clean].mean() > 0.5


def test_the_mixture_way_finds_nothing_in_one_component_and_bears_equal_counts() -> None:
    assert mixture_tail(np.random.default_rng(0).binomial(1000, 0.2, 300), 1000, 5).mean() < 0.02
    assert not mixture_tail(np.full(50, 40), 200, 5).any()


@pytest.mark.parametrize(
    ("name", "build"), [("heart-attack-year", LogisticRegression), ("veterans", lambda: CoxPHSurvivalAnalysis(alpha=1))]
)
def test_scores_of_all_folds_at_once_are_those_of_one_learner_after_the_other(name: str, build: type) -> None:
    task = cohort_task(name)
    train = task.split(task.source.records()).train
    held_out_BN = np.random.default_rng(0).permutation(len(train)) % 5 == np.arange(5)[:, None]
    together = ridge_scoring(task.target)(train)(held_out_BN)
    apart = learner_scoring(lambda: Estimator(build(), target=task.target), task.target)(train)(held_out_BN)
    assert np.allclose(together, apart, atol=0.005)


@pytest.mark.parametrize(("clean", "other"), [(40, 10), (10, 40), (25, 60), (60, 25)])
def test_the_mixture_takes_the_heaviest_component_for_the_clean_records(clean, other):
    spread = np.array([-2, -1, 0, 1, 2])
    counts = np.concatenate([np.tile(other + spread, 4), np.tile(clean + spread, 12), [95, 97]])
    assert set(counts[mixture_tail(counts, 100, 5)]) == {95, 97} | (set(other + spread) if other > clean else set())
