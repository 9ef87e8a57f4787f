from functools import cache

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from tests.statistics.monte_carlo import assert_coverage, assert_size, holds
from vesalius.statistics import clopper_pearson, compare_binary, mcnemar, tango, tango_test, wilson


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (10, 10), (3, 50), (499, 500)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_wilson_and_clopper_pearson_agree_with_statsmodels(successes, n, level):
    for ours, theirs in ((wilson, "wilson"), (clopper_pearson, "beta")):
        found = ours(successes, n, level=level)
        assert (found.low, found.high) == pytest.approx(proportion_confint(successes, n, 1 - level, theirs), abs=1e-12)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_examples_of_newcombe_1998(successes, n, low, high):
    found = wilson(successes, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize("n", [50, 500])
def test_clopper_pearson_covers_at_least_its_level_for_every_proportion(n):
    intervals = [clopper_pearson(k, n) for k in range(n + 1)]
    for proportion in np.linspace(0.01, 0.99, 99):
        inside = np.array([holds(interval, proportion) for interval in intervals])
        assert stats.binom.pmf(np.arange(n + 1), n, proportion) @ inside >= 0.95


@pytest.mark.parametrize("n", [50, 500])
def test_wilson_covers_its_level_on_average_over_proportions(n):
    intervals = [wilson(k, n) for k in range(n + 1)]
    grid = np.linspace(0.005, 0.995, 199)
    coverage = [stats.binom.pmf(np.arange(n + 1), n, p) @ [holds(interval, p) for interval in intervals] for p in grid]
    assert np.mean(coverage) == pytest.approx(0.95, abs=0.006)


@pytest.mark.parametrize(
    ("b", "c", "n", "low", "high"),
    [
        (1, 7, 21, -0.517, -0.026),  # airway hyper-responsiveness, Fagerland et al. 2014
        (6, 16, 161, -0.1240, -0.0054),  # response to therapy, contingencytables (R)
        (86, 150, 1600, -0.0590, -0.0214),  # approval of a prime minister: Agresti 2013 gives (-0.06, -0.02)
    ],
)
def test_tango_gives_the_published_intervals(b, c, n, low, high):
    found = tango(b, c, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5 if abs(low) < 0.2 else 6e-4)


def test_tango_statistic_at_zero_is_that_of_mcnemar():
    assert tango_test(86, 150, 1600) == pytest.approx(-4.17, abs=5e-3)  # Agresti 2013, section 11.1
    assert tango_test(6, 16, 161) == pytest.approx(-2.132, abs=5e-4)  # contingencytables (R)
    assert tango_test(0, 0, 20) == 0


def test_tango_interval_is_where_its_statistic_reaches_the_quantile():
    found = tango(12, 5, 80, level=0.9)
    assert tango_test(12, 5, 80, null=found.low) == pytest.approx(stats.norm.ppf(0.95))
    assert tango_test(12, 5, 80, null=found.high) == pytest.approx(-stats.norm.ppf(0.95))


def test_tango_keeps_a_width_without_discordant_pairs():
    found = tango(0, 0, 50)
    assert found.low < 0 < found.high
    assert found.high == pytest.approx(-found.low)


cached_tango = cache(tango)
cached_statistic = cache(tango_test)


@pytest.mark.parametrize("n", [50, 500])
def test_tango_covers_its_level_on_average_over_proportions(n):
    generator = np.random.default_rng(1)
    only_a, only_b = generator.uniform(0.05, 0.3, (2, 4000))
    drawn = generator.multinomial(n, np.stack([only_a, only_b, 1 - only_a - only_b], axis=1))
    truth = only_a - only_b
    assert_coverage([holds(cached_tango(int(b), int(c), n), t) for (b, c, _), t in zip(drawn, truth, strict=True)])


@pytest.mark.parametrize("n", [50, 500])
def test_mcnemar_and_tango_keep_their_size(n):
    drawn = np.random.default_rng(2).multinomial(n, [0.12, 0.12, 0.76], 4000)
    exact = np.minimum(1, 2 * stats.binom.cdf(drawn[:, :2].min(axis=1), drawn[:, :2].sum(axis=1), 0.5))
    assert_size(exact)
    b, c = (int(count) for count in drawn[0, :2])
    pairs = np.repeat([[1, 0], [0, 1], [1, 1]], [b, c, n - b - c], axis=0)
    assert mcnemar(pairs[:, 0], pairs[:, 1]).p == pytest.approx(exact[0])


@pytest.mark.parametrize("n", [200, 500])
def test_equivalence_by_tango_keeps_its_size_at_the_margin(n):
    margin = 0.08
    drawn = np.random.default_rng(3).multinomial(n, [0.08 + margin, 0.08, 0.84 - margin], 4000)
    z = [
        (cached_statistic(int(b), int(c), n, null=-margin), cached_statistic(int(b), int(c), n, null=margin)) for b, c, _ in drawn
    ]
    assert_size([max(stats.norm.cdf(-low), stats.norm.cdf(high)) for low, high in z])


def test_compare_binary_puts_the_parts_together():
    a, b = np.repeat([1, 0, 1, 0], [12, 5, 40, 23]), np.repeat([0, 1, 1, 0], [12, 5, 40, 23])
    found = compare_binary(a, b, margin=0.2)
    assert found.value == pytest.approx(7 / 80)
    assert (found.low, found.high) == (tango(12, 5, 80).low, tango(12, 5, 80).high)
    assert found.p == mcnemar(a, b).p
    assert found.p_equivalence == pytest.approx(stats.norm.cdf(tango_test(12, 5, 80, null=0.2)))


def test_arms_without_a_discordant_pair_are_tied_only_with_enough_records():
    few, many = np.ones(10), np.ones(200)
    assert compare_binary(few, few, margin=0.05).p_equivalence > 0.05
    assert compare_binary(many, many, margin=0.05).p_equivalence < 0.05
    assert compare_binary(many, many).smallest_detectable > 0
