import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.metrics.test_classification import in_range_or_nan_or_refused, odd
from vesalius.metrics import censored, censored_brier, survival, survival_auc, survival_calibration
from vesalius.metrics.metric import METRICS
from vesalius.statistics.concordance import event_pairs

NAN = float("nan")
OF_RISK = ("c_index", "uno_c", "cumulative_dynamic_auc")
OF_HORIZON = ("survival_brier", "horizon_calibration_error", "calibration_in_the_large")
OF_CURVES = ("time_dependent_c", "cumulative_dynamic_auc", "integrated_brier")
# Freireich et al. 1963: weeks of remission under 6-mercaptopurine; survival as every textbook prints it.
REMISSION = [
    (6, 1),
    (6, 1),
    (6, 1),
    (6, 0),
    (7, 1),
    (9, 0),
    (10, 1),
    (10, 0),
    (11, 0),
    (13, 1),
    (16, 1),
    (17, 0),
    (19, 0),
    (20, 0),
]
REMISSION += [(22, 1), (23, 1), (25, 0), (32, 0), (32, 0), (34, 0), (35, 0)]


def draw(n, seed=0, ties=False):
    generator = np.random.default_rng(seed)
    hazard = generator.normal(size=n)
    time, censoring = generator.exponential(np.exp(-hazard)), generator.exponential(2, n)
    observed = np.minimum(time, censoring)
    if ties:
        observed = np.ceil(observed * 4) / 4
    risk = hazard + generator.normal(size=n)
    at = np.array([0.1, 0.3, 0.6, 1.0])
    return risk, np.exp(-np.exp(risk)[:, None] * at), np.column_stack([observed, time <= censoring]), at


cohorts = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1)), min_size=1, max_size=25)


def test_kaplan_meier_of_the_remission_times():
    curve = censored.kaplan_meier(REMISSION)
    assert curve.at([6, 7, 10, 13, 16, 22, 23]) == pytest.approx([0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=6e-4)
    assert curve.at([0, 5.9]).tolist() == [1, 1] and curve.before([6]).tolist() == [1]


@given(cohorts)
@settings(max_examples=100)
def test_survival_times_censoring_is_the_share_observed_beyond(rows):
    times = np.unique(np.array(rows)[:, 0])
    product = censored.kaplan_meier(rows).at(times) * censored.censoring_curve(rows).at(times)
    assert product == pytest.approx(np.mean(np.array(rows)[:, :1] > times, axis=0))


@given(cohorts)
@settings(max_examples=100)
def test_weights_of_events_sum_to_the_kaplan_meier_risk(rows):
    true = censored.read_censored(rows)
    weight = censored.weights(true, None).events
    for time in np.unique(true.times):
        assert weight[true.times <= time].sum() / len(rows) == pytest.approx(1 - censored.kaplan_meier(rows).at(time))


@given(cohorts, st.data())
@settings(max_examples=150)
def test_uno_is_its_definition_over_all_pairs(rows, data):
    times, events = np.array(rows).T
    risk = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows))))
    weight = censored.weights(censored.read_censored(rows), None).events ** 2
    above = below = 0.0
    for i in np.flatnonzero(events):
        for j in range(len(rows)):
            if times[j] > times[i] or (times[j] == times[i] and not events[j]):
                above += weight[i] * ((risk[i] > risk[j]) + 0.5 * (risk[i] == risk[j]))
                below += weight[i]
    assert survival.uno_c(risk, rows) == pytest.approx(above / below if below else NAN, nan_ok=True)


@given(cohorts, st.data())
@settings(max_examples=150)
def test_antolini_is_its_definition_over_all_pairs(rows, data):
    times, events = np.array(rows).T
    grid = st.lists(st.sampled_from([0.0, 0.3, 0.6, 1.0]), min_size=3, max_size=3)
    curves = np.array(data.draw(st.lists(grid, min_size=len(rows), max_size=len(rows))))
    at = np.array([1.0, 2.5, 4.0])
    agree = pairs = 0.0
    for i in np.flatnonzero(events):
        step = np.flatnonzero(at <= times[i])
        said = curves[:, step[-1]] if len(step) else np.ones(len(rows))
        for j in range(len(rows)):
            if times[j] > times[i] or (times[j] == times[i] and not events[j]):
                agree += (said[i] < said[j]) + 0.5 * (said[i] == said[j])
                pairs += 1
    assert survival.time_dependent_c(curves, rows, times=at) == pytest.approx(agree / pairs if pairs else NAN, nan_ok=True)


@pytest.mark.parametrize("n", [150, 700])
def test_pairs_by_sorting_are_those_of_the_table(n):
    generator = np.random.default_rng(n)
    time, event, risk = generator.integers(0, 30, n), generator.random(n) < 0.6, generator.integers(0, 20, n)
    comparable = event[:, None] & ((time[:, None] < time) | ((time[:, None] == time) & ~event))
    concordant = comparable * ((risk[:, None] > risk) + 0.5 * (risk[:, None] == risk))
    found = event_pairs(time, event, risk)
    assert (found[0] == concordant.sum(1)).all() and (found[1] == comparable.sum(1)).all()


def test_without_censoring_the_ipcw_forms_are_the_plain_ones():
    risk, curves, truths, at = draw(300)
    truths[:, 1] = 1
    assert survival.uno_c(risk, truths) == pytest.approx(survival.c_index(risk, truths))
    alive = truths[:, :1] > at
    assert censored_brier.brier_curve(curves, truths, times=at) == pytest.approx(np.square(alive - curves).mean(axis=0))
    areas = survival_auc.dynamic_auc_curve(risk, truths, times=at).areas
    assert areas == pytest.approx([METRICS["auroc"].function(risk, ~column) for column in alive.T])


def test_curves_that_never_cross_have_the_c_index():
    risk, _, truths, _ = draw(200, ties=True)
    at = np.unique(truths[:, 0])
    curves = np.exp(-0.1 * np.exp(risk)[:, None] * at)
    assert survival.time_dependent_c(curves, truths, times=at) == pytest.approx(survival.c_index(risk, truths))


def test_uno_holds_under_censoring_where_harrell_moves():
    generator = np.random.default_rng(1)
    n = 20_000
    x = generator.normal(size=n)
    # Hazards cross: the risk tells early events well and late ones not, so heavy censoring raises Harrell's index.
    time = np.where(generator.random(n) < 0.5, generator.exponential(0.2 * np.exp(-2 * x)), 0.5 + generator.exponential(1, n))
    censoring = generator.exponential(0.6, n)
    complete = survival.uno_c(x, np.column_stack([time, np.ones(n)]), tau=1.5)
    truths = np.column_stack([np.minimum(time, censoring), time <= censoring])
    assert survival.uno_c(x, truths, tau=1.5) == pytest.approx(complete, abs=0.015)
    assert survival.c_index(x, truths) > complete + 0.03


def test_tau_leaves_out_events_from_tau_on():
    truths = np.array([[1, 1], [2, 1], [3, 1], [4, 0]])
    assert survival.uno_c([4, 1, 3, 2], truths, tau=2.0) == 1
    assert survival.uno_c([4, 1, 3, 2], truths) < 1


def test_an_event_beyond_the_training_follow_up_is_refused():
    training = [[1, 1], [2, 0]]
    truths = [[1, 1], [5, 1], [6, 0]]
    with pytest.raises(ValueError, match="ends at 2"):
        survival.uno_c([3, 2, 1], truths, training=training)
    assert survival.uno_c([3, 2, 1], truths, training=training, tau=2.0) == 1
    with pytest.raises(ValueError, match="ends at 2"):
        censored_brier.survival_brier([0.1, 0.2, 0.3], truths, horizon=3.0, training=training)


def test_the_end_of_follow_up_is_the_end_of_what_is_known():
    truths = [[1, 1], [2, 0], [3, 0]]
    assert math.isnan(censored_brier.survival_brier([0.1, 0.2, 0.3], truths, horizon=3.0))
    assert math.isnan(survival_calibration.calibration_in_the_large([0.1, 0.2, 0.3], truths, horizon=3.0))
    assert censored_brier.survival_brier([0.0, 0.0], [[1, 1], [2, 1]], horizon=9.0) == 0


def test_times_of_zero_are_times_like_any_other():
    truths = [[0, 1], [0, 0], [1, 1], [2, 0]]
    assert censored.kaplan_meier(truths).at([0]).tolist() == [0.75]
    assert survival.c_index([3, 1, 2, 0], truths) == 1
    assert censored_brier.survival_brier([0.75] * 4, truths, horizon=0.0) == pytest.approx(0.75 * 0.25)


def test_the_marginal_curve_is_calibrated():
    _, _, truths, at = draw(500)
    said = np.full(500, float(censored.kaplan_meier(truths).at(at[-1])))
    assert survival_calibration.calibration_in_the_large(said, truths) == pytest.approx(0)
    assert survival_calibration.horizon_calibration_error(said, truths) == pytest.approx(0)
    assert survival_calibration.observed_expected_ratio(said, truths) == pytest.approx(1)


def test_reversed_risk_reverses_the_concordances():
    risk, _, truths, at = draw(200, ties=True)
    assert survival.uno_c(-risk, truths) == pytest.approx(1 - survival.uno_c(risk, truths))
    forward = survival_auc.cumulative_dynamic_auc(risk, truths, times=at)
    assert survival_auc.cumulative_dynamic_auc(-risk, truths, times=at) == pytest.approx(1 - forward)


@pytest.mark.parametrize("name", [*OF_RISK, *OF_HORIZON, "time_dependent_c", "integrated_brier"])
def test_order_and_missing_answers(name):
    risk, curves, truths, _ = draw(60, ties=True)
    truths[:, 0] *= 4
    said = {**dict.fromkeys(OF_RISK, risk), **dict.fromkeys(OF_HORIZON, curves[:, 0])}.get(name, curves)
    function, order = METRICS[name].function, np.random.default_rng(0).permutation(60)
    assert function(said[order], truths[order]) == pytest.approx(function(said, truths), nan_ok=True)
    assert math.isnan(function(np.full_like(said, NAN), truths))
    assert math.isnan(function(said[:0], truths[:0]))


@given(
    st.lists(odd, max_size=5), st.lists(st.tuples(odd, st.sampled_from([0.0, 1.0, 1.0, NAN, 2.0])), max_size=5), st.integers(0, 3)
)
@settings(max_examples=200)
def test_odd_input_gives_a_value_in_range_or_one_sentence(said, truths, width):
    curves = np.resize(np.array([*said, 0.5]), (len(truths), width))
    for name in {*OF_RISK, *OF_HORIZON, *OF_CURVES}:
        in_range_or_nan_or_refused(name, said, truths)
        in_range_or_nan_or_refused(name, np.resize([*said, 0.5], len(truths)), truths)
        in_range_or_nan_or_refused(name, curves, truths)


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: survival.c_index([1.0], [[-1.0, 1]]), "not negative"),
        (lambda: survival.c_index([1.0], [[1.0, 2]]), "1 where seen"),
        (lambda: survival.c_index([1.0, 2.0], [[1.0, 1]]), "one number a record"),
        (lambda: survival.uno_c([1.0], [1.0]), "n×2"),
        (lambda: survival.time_dependent_c([[1.5]], [[1.0, 1]]), "between 0 and 1"),
        (lambda: censored_brier.brier_curve([[0.5, 0.4]], [[1.0, 1]], times=[2, 1]), "ascending"),
        (lambda: censored_brier.integrated_brier([[0.5]], [[1.0, 1]]), "two times"),
        (lambda: censored_brier.survival_brier([[0.5]], [[1.0, 1]]), "integrated_brier"),
        (lambda: censored.kaplan_meier([]), "no record"),
    ],
)
def test_bad_input_is_refused_with_a_remedy(call, names):
    with pytest.raises(ValueError, match=names):
        call()
