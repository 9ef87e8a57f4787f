"""Properties that every comparison and every interval of the package shares."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import vesalius.statistics as s

N = 24
TRUTH = np.arange(N) % 2
TIME = 1 + np.arange(N) // 2
LABELS = np.arange(N) // 2


def by_statistic(a, b):
    return s.compare_statistics(lambda i, r: np.median(a[r]), lambda i, r: np.median(b[r]), 1, N, margin=0.1, resamples=100)


COMPARE = {
    "means": lambda a, b: s.compare_means(a, b, margin=0.1),
    "means of clusters": lambda a, b: s.compare_means(a, b, clusters=LABELS, margin=0.1),
    "means over seeds": lambda a, b: s.compare_means(np.stack([a, a**2]), np.stack([b, b**2]), margin=0.1),
    "bootstrap": lambda a, b: s.paired_bootstrap(a, b, margin=0.1, resamples=200),
    "bootstrap of clusters": lambda a, b: s.paired_bootstrap(a, b, clusters=LABELS, margin=0.1, resamples=200),
    "binary": lambda a, b: s.compare_binary(a > 0.5, b > 0.5, margin=0.1),
    "auroc": lambda a, b: s.compare_auroc(TRUTH, a, b, margin=0.1),
    "c_index": lambda a, b: s.compare_c_index(TIME, TRUTH, a, b, clusters=LABELS, margin=0.1),
    "statistic": by_statistic,
}
ESTIMATE = {
    "wilson": lambda v, level: s.wilson(int((v > 0.5).sum()), N, level=level),
    "clopper_pearson": lambda v, level: s.clopper_pearson(int((v > 0.5).sum()), N, level=level),
    "tango": lambda v, level: s.tango(int((v[::2] > 0.5).sum()), int((v[1::2] > 0.5).sum()), N, level=level),
    "bootstrap": lambda v, level: s.bootstrap(np.median, v, level=level, resamples=100),
    "bca": lambda v, level: s.bootstrap(np.mean, v, level=level, resamples=200, kind="bca"),
    "bootstrap_mean": lambda v, level: s.bootstrap_mean(v, level=level, resamples=200),
    "mean_over_seeds": lambda v, level: s.mean_over_seeds(np.stack([v, v[::-1] ** 2]), level=level),
    "hierarchical": lambda v, level: s.hierarchical_bootstrap(np.stack([v, v[::-1]]), level=level, resamples=100),
    "delong": lambda v, level: s.delong(TRUTH, v, level=level),
    "statistic": lambda v, level: s.statistic_over_seeds(lambda i, r: v[r].max(), 2, N, level=level, resamples=100),
}
RESAMPLED = {"bootstrap", "bootstrap of clusters", "statistic"}

# Rounded scores tie often, which is where mistakes hide.
scores = st.lists(st.integers(0, 10), min_size=N, max_size=N).map(lambda values: np.array(values) / 10)


@pytest.mark.parametrize("name", COMPARE)
@given(scores, scores)
@settings(max_examples=25)
def test_swapping_the_arms_negates_the_difference_and_keeps_the_p_values(name, a, b):
    there, back = COMPARE[name](a, b), COMPARE[name](b, a)
    assert there.value == pytest.approx(-back.value, abs=1e-12)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-9)
    assert (there.p, there.p_equivalence) == pytest.approx((back.p, back.p_equivalence), abs=1e-9)
    assert there.low <= there.high


@pytest.mark.parametrize("name", sorted(set(COMPARE) - RESAMPLED - {"means over seeds"}))
@given(scores, scores, st.permutations(range(N)))
@settings(max_examples=15)
def test_the_order_of_the_records_is_of_no_account(name, a, b, order):
    order = np.array(order)
    plain = {
        "means": lambda o: s.compare_means(a[o], b[o]),
        "means of clusters": lambda o: s.compare_means(a[o], b[o], clusters=LABELS[o]),
        "binary": lambda o: s.compare_binary(a[o] > 0.5, b[o] > 0.5),
        "auroc": lambda o: s.compare_auroc(TRUTH[o], a[o], b[o]),
        "c_index": lambda o: s.compare_c_index(TIME[o], TRUTH[o], a[o], b[o], clusters=LABELS[o]),
    }[name]
    before, after = plain(np.arange(N)), plain(order)
    assert (before.value, before.low, before.p) == pytest.approx((after.value, after.low, after.p), abs=1e-9)


@pytest.mark.parametrize("name", ESTIMATE)
@given(scores)
@settings(max_examples=15)
def test_a_higher_level_gives_a_wider_interval(name, values):
    narrow, wide = ESTIMATE[name](values, 0.8), ESTIMATE[name](values, 0.95)
    assert wide.low <= narrow.low + 1e-12
    assert narrow.low <= narrow.high
    assert narrow.high <= wide.high + 1e-12
    assert narrow.value == wide.value


@pytest.mark.parametrize("name", COMPARE)
def test_the_same_seed_gives_the_same_bits(name):
    a, b = np.random.default_rng(1).random((2, N))
    assert COMPARE[name](a, b) == COMPARE[name](a, b)


@pytest.mark.parametrize("name", ESTIMATE)
def test_estimates_are_reproduced_to_the_bit(name):
    values = np.random.default_rng(2).random(N)
    assert ESTIMATE[name](values, 0.9) == ESTIMATE[name](values, 0.9)


def test_another_seed_gives_other_resamples():
    values = np.random.default_rng(3).random(N)
    assert s.bootstrap_mean(values, seed=0) != s.bootstrap_mean(values, seed=1)
    assert s.permutation(values, 1 - values, seed=0).p != s.permutation(values, 1 - values, seed=1).p


@given(scores, st.floats(0.05, 0.45))
@settings(max_examples=25)
def test_equivalence_is_never_claimed_where_the_interval_of_twice_alpha_reaches_out(values, margin):
    found = s.compare_means(values, np.full(N, 0.5), margin=margin, level=0.9)
    if found.standard_error > 0:
        inside = -margin < found.low and found.high < margin
        assert inside or found.p_equivalence > 0.05 - 1e-9


@given(scores, st.floats(0.5, 3), st.floats(-1, 1))
@settings(max_examples=25)
def test_scaling_the_scores_scales_the_interval(values, factor, shift):
    assume(np.ptp(values) > 0)
    before = s.mean_over_seeds(values)
    after = s.mean_over_seeds(factor * values + shift)
    assert (after.low, after.high) == pytest.approx((factor * before.low + shift, factor * before.high + shift), abs=1e-9)
