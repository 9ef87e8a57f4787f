import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import ttost_paired

from vesalius.statistics import (
    compare_means,
    mcnemar,
    non_inferior,
    power_paired_binary,
    power_paired_mean,
    sample_size_paired_binary,
    sample_size_paired_mean,
    smallest_detectable,
    smallest_detectable_binary,
    tost,
)


@pytest.mark.parametrize(("effect", "n"), [(0.2, 60), (0.5, 34), (1.0, 8), (0.05, 3000)])
def test_power_of_the_paired_t_test_agrees_with_statsmodels(effect, n):
    assert power_paired_mean(2 * effect, 2, n) == pytest.approx(TTestPower().power(effect, n, 0.05), abs=1e-6)


@pytest.mark.parametrize(("effect", "n"), [(0.5, 34), (0.2, 199), (0.8, 15)])
def test_sample_sizes_are_those_of_gpower(effect, n):
    assert sample_size_paired_mean(effect, 1) == n  # G*Power 3.1, matched pairs, two tails, 80 %


@pytest.mark.parametrize(("discordant", "difference", "n"), [(0.2, 0.1, 200), (0.1, 0.05, 50), (0.3, 0.3, 10), (0.5, 0, 80)])
def test_power_of_mcnemar_is_the_sum_over_all_tables(discordant, difference, n):
    total = 0.0
    for pairs in range(1, n + 1):
        first = np.arange(pairs + 1)
        p = np.minimum(1, 2 * stats.binom.cdf(np.minimum(first, pairs - first), pairs, 0.5))
        favoured = stats.binom.pmf(first, pairs, (1 + difference / discordant) / 2)
        total += stats.binom.pmf(pairs, n, discordant) * favoured[p <= 0.05].sum()
    assert power_paired_binary(discordant, difference, n) == pytest.approx(total, abs=1e-9)


def test_power_of_mcnemar_is_what_a_simulation_shows():
    generator, found = np.random.default_rng(1), 0
    for _ in range(1500):
        pair = generator.choice(3, 150, p=[0.18, 0.06, 0.76])
        found += mcnemar(pair != 1, pair != 0).p <= 0.05
    power = power_paired_binary(0.24, 0.12, 150)
    assert found / 1500 == pytest.approx(power, abs=3 * math.sqrt(power * (1 - power) / 1500))


@pytest.mark.parametrize(("discordant", "n"), [(0.2, 200), (0.05, 1273), (0.0, 60)])
def test_the_smallest_detectable_difference_has_the_power(discordant, n):
    difference = smallest_detectable_binary(discordant, n)
    assert power_paired_binary(max(discordant, difference), difference, n) == pytest.approx(0.8, abs=1e-6)


def test_five_pairs_can_show_nothing():
    assert math.isnan(smallest_detectable_binary(0.2, 5))


def test_sample_size_of_mcnemar_reaches_the_power_and_one_less_does_not():
    n = sample_size_paired_binary(0.2, 0.1, power=0.9)
    assert power_paired_binary(0.2, 0.1, n) >= 0.9 > power_paired_binary(0.2, 0.1, n - 1)


@pytest.mark.parametrize("degrees", [1, 2.5, 4, 30, 1000])
def test_smallest_detectable_difference_solves_the_noncentral_t(degrees):
    shift = smallest_detectable(1, degrees, alpha=0.1, power=0.7)
    assert stats.nct.sf(stats.t.ppf(0.95, degrees), degrees, shift) == pytest.approx(0.7)
    assert smallest_detectable(0.3, degrees, alpha=0.1, power=0.7) == pytest.approx(0.3 * shift)


def test_a_difference_of_the_smallest_detectable_size_is_detected_four_times_in_five():
    samples = np.random.default_rng(2).normal(size=(2000, 40))
    size = smallest_detectable(1 / math.sqrt(40), 39)
    found = np.mean([compare_means(sample + size, np.zeros(40)).p < 0.05 for sample in samples])
    assert found == pytest.approx(0.8, abs=3 * math.sqrt(0.16 / 2000))


def test_equivalence_agrees_with_statsmodels():
    a, b = np.random.default_rng(3).normal(size=(2, 400))
    error = (a - b).std(ddof=1) / math.sqrt(400)
    p, low, _ = ttost_paired(a, b, -0.2, 0.2)
    assert tost((a - b).mean(), error, 399, 0.2) == pytest.approx(p)
    assert non_inferior((a - b).mean(), error, 399, 0.2) == pytest.approx(low[1])
    assert compare_means(a, b, margin=0.2).p_equivalence == pytest.approx(p)


def test_a_difference_that_few_unseen_units_could_break_is_not_called_equivalent():
    scores = np.random.default_rng(0).normal(0.8, 0.01, size=(2, 30))
    found = compare_means(*scores, margin=0.02)
    assert tost(found.value, found.standard_error, 29, 0.02) < 0.001
    assert found.p_equivalence > 0.5
