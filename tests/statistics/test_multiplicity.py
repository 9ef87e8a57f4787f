import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from tests.statistics.monte_carlo import assert_oversized, assert_size
from vesalius.statistics import benjamini_hochberg, holm

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(p_values)
@settings(max_examples=40)
def test_adjusted_p_values_agree_with_statsmodels_and_scipy(p):
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1])
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_missing_p_values_stay_missing_and_are_not_counted(adjust):
    adjusted = adjust([0.01, np.nan, 0.04, np.nan])
    assert np.isnan(adjusted[[1, 3]]).all()
    assert adjusted[[0, 2]] == pytest.approx(adjust([0.01, 0.04]))
    assert np.isnan(adjust([np.nan, np.nan])).all()


@given(p_values, st.randoms())
@settings(max_examples=40)
def test_the_order_of_the_tests_is_of_no_account(p, random):
    order = list(range(len(p)))
    random.shuffle(order)
    for adjust in (holm, benjamini_hochberg):
        assert adjust(np.array(p)[order]) == pytest.approx(adjust(p)[order])


def test_holm_controls_any_false_finding_and_plain_p_values_do_not():
    p = np.random.default_rng(1).random((2000, 10))
    assert_size([holm(row).min() for row in p])
    assert_oversized(p.min(axis=1))


def test_benjamini_hochberg_controls_the_share_of_false_findings():
    generator = np.random.default_rng(2)
    shares = []
    for _ in range(2000):
        z = generator.normal(size=20) + np.repeat([0.0, 3.0], 10)
        found = benjamini_hochberg(2 * stats.norm.sf(abs(z))) < 0.1
        shares.append(found[:10].sum() / max(1, found.sum()))
    assert np.mean(shares) < 0.1 * 10 / 20 + 3 * np.std(shares) / np.sqrt(len(shares))
