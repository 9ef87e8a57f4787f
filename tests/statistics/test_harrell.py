import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sksurv.metrics import concordance_index_censored

from tests.statistics.monte_carlo import assert_oversized, assert_size
from vesalius.statistics import c_index, compare_c_index


def draw(generator, n, arms=2):
    """Times, events (about two thirds) and risks that are equally good."""
    hazard = generator.normal(size=n)
    time, censoring = generator.exponential(np.exp(-hazard)), generator.exponential(2, n)
    return np.minimum(time, censoring), time <= censoring, [hazard + generator.normal(size=n) for _ in range(arms)]


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.integers(0, 4)), min_size=2, max_size=40))
@settings(max_examples=200)
def test_c_index_agrees_with_scikit_survival_through_all_ties(rows):
    time, event, risk = (np.array(column) for column in zip(*rows, strict=True))
    ours = c_index(time, event, risk)
    if np.isnan(ours):
        later = (time[:, None] < time) | ((time[:, None] == time) & ~event)
        assert not (later & event[:, None] & ~np.eye(len(time), dtype=bool)).any()
    else:
        assert ours == pytest.approx(concordance_index_censored(event, time.astype(float), risk.astype(float))[0])


def test_c_index_agrees_with_scikit_survival_on_a_large_set():
    time, event, (risk, _) = draw(np.random.default_rng(1), 3000)
    assert c_index(time, event, risk) == pytest.approx(concordance_index_censored(event, time, risk)[0])


@pytest.mark.parametrize("clustered", [False, True])
def test_the_standard_error_is_that_of_the_bootstrap(clustered):
    generator = np.random.default_rng(2)
    time, event, (a, b) = draw(generator, 200)
    labels = np.arange(200) // 4 if clustered else np.arange(200)
    members = [np.flatnonzero(labels == g) for g in range(labels.max() + 1)]
    draws = []
    for _ in range(1200):
        i = np.concatenate([members[g] for g in generator.integers(0, len(members), len(members))])
        draws.append(c_index(time[i], event[i], a[i]) - c_index(time[i], event[i], b[i]))
    found = compare_c_index(time, event, a, b, clusters=labels)
    assert found.standard_error == pytest.approx(np.std(draws), rel=0.1)
    assert found.value == pytest.approx(c_index(time, event, a) - c_index(time, event, b))


@pytest.mark.parametrize(("n", "replications"), [(50, 1000), (500, 600)])
def test_compare_c_index_keeps_its_size(n, replications):
    generator = np.random.default_rng(3)
    drawn = [draw(generator, n) for _ in range(replications)]
    assert_size([compare_c_index(time, event, *risks).p for time, event, risks in drawn])


def test_compare_c_index_keeps_its_size_with_clusters_and_ignoring_them_does_not():
    generator = np.random.default_rng(4)
    right, naive = [], []
    labels = np.repeat(np.arange(60), 4)
    for _ in range(800):
        time, event, risks = draw(generator, 60)
        noise = 0.01 * generator.normal(size=(2, 240))
        table = time[labels], event[labels], risks[0][labels] + noise[0], risks[1][labels] + noise[1]
        right.append(compare_c_index(*table, clusters=labels).p)
        naive.append(compare_c_index(*table).p)
    assert_size(right)
    assert_oversized(naive)


def test_reversed_risk_reverses_the_index():
    time, event, (risk, _) = draw(np.random.default_rng(5), 100)
    assert c_index(time, event, -risk) == pytest.approx(1 - c_index(time, event, risk))
    assert c_index(time, event, np.zeros(100)) == 0.5
    assert np.isnan(c_index([1, 2], [0, 0], [1, 2]))
