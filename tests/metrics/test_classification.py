import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesalius.metrics import (
    calibration,
    classification,
    conformal,
    confusion,
    decisions,
    probabilities,
    rater_agreement,
    selective,
)
from vesalius.metrics.metric import METRICS

NAN = float("nan")
BINARY = (
    "auroc",
    "auprc",
    "f1",
    "brier",
    "log_loss",
    "ece",
    "ece_equal_mass",
    "ece_sweep",
    "net_benefit",
    "aurc",
    "selective_accuracy",
)
LABELS = ("macro_auroc", "micro_auroc", "macro_auprc", "micro_auprc", "macro_f1", "micro_f1", "weighted_f1")
CLASSES = ("macro_f1", "micro_f1", "weighted_f1", "balanced_accuracy", "mcc", "kappa", "linear_kappa", "quadratic_kappa")
MULTICLASS = ("multiclass_brier", "log_loss", "ece", "ece_equal_mass", "ece_sweep", "classwise_ece", "aurc", "selective_accuracy")
SETS = ("conformal_coverage", "mean_set_size", "size_stratified_coverage")


def in_range_or_nan_or_refused(name, *given_arrays):
    """A value of the declared range, NaN, or one sentence."""
    metric = METRICS[name]
    try:
        value = metric.function(*given_arrays)
    except ValueError as refusal:
        assert str(refusal).endswith(".") and "\n" not in str(refusal)
        return None
    assert isinstance(value, float)
    assert math.isnan(value) or metric.range[0] <= value <= metric.range[1]
    return value


odd = st.one_of(st.sampled_from([0.0, 1.0, 0.5, NAN, math.inf, -1.0, 2.0, 1e300]), st.floats(0, 1))
tables = st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(0, 4))


@given(st.lists(odd, max_size=6), st.lists(odd, max_size=6))
@settings(max_examples=150)
def test_odd_vectors_give_a_value_in_range_or_one_sentence(said, true):
    for name in {*BINARY, *LABELS, *CLASSES, *MULTICLASS, *SETS}:
        in_range_or_nan_or_refused(name, said, true)
        in_range_or_nan_or_refused(name, said, true[: len(said)])


@given(tables, st.data())
@settings(max_examples=150)
def test_odd_tables_give_a_value_in_range_or_one_sentence(shape, data):
    n, k, wide = shape
    said = np.array(data.draw(st.lists(odd, min_size=n * k, max_size=n * k))).reshape(n, k)
    true = np.array(data.draw(st.lists(odd, min_size=n * wide, max_size=n * wide))).reshape(n, wide)
    for name in {*LABELS, *MULTICLASS, *SETS, *CLASSES}:
        in_range_or_nan_or_refused(name, said, true)
        in_range_or_nan_or_refused(name, said, np.arange(n) % max(k, 1))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1)), min_size=1, max_size=30), st.randoms())
@settings(max_examples=100)
def test_the_order_of_records_changes_nothing_also_among_ties(rows, random):
    shuffled = random.sample(rows, len(rows))
    for name in {*BINARY} - {"f1"}:
        values = []
        for table in (rows, shuffled):
            said, true = (np.array(column, dtype=float) for column in zip(*table, strict=True))
            values.append(METRICS[name].function(said / 4, true))
        assert values[0] == pytest.approx(values[1], nan_ok=True, abs=1e-12)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
@settings(max_examples=100)
def test_classes_keep_what_their_metrics_declare(rows):
    said, true = (np.array(column) for column in zip(*rows, strict=True))
    for name in CLASSES:
        metric = METRICS[name]
        value = metric.function(said, true)
        if "symmetric" in metric.properties:
            assert metric.function(true, said) == pytest.approx(value, nan_ok=True)
        if "label order" in metric.properties:
            assert metric.function((said + 1) % 4, (true + 1) % 4) == pytest.approx(value, nan_ok=True)
            assert metric.function(said.astype(str), true.astype(str)) == pytest.approx(value, nan_ok=True)
        best = metric.function(true, true)
        assert math.isnan(best) or best == pytest.approx(1)


def test_the_truth_itself_scores_best():
    true = np.array([0, 1, 1, 0, 1])
    for name in BINARY:
        if "identity" in METRICS[name].properties:
            best = METRICS[name].range[METRICS[name].higher_is_better]
            assert METRICS[name].function(true.astype(float), true) == best
    labels = np.array([[0, 1], [1, 0], [1, 1]])
    assert all(METRICS[name].function(labels, labels) == 1 for name in LABELS)


@pytest.mark.parametrize("name", [*BINARY, "macro_f1", "balanced_accuracy", "mcc", "kappa"])
def test_a_missing_answer_or_no_record_has_no_value(name):
    function = METRICS[name].function
    assert math.isnan(function([NAN, 1.0], [0, 1]))
    assert math.isnan(function([], []))


@pytest.mark.parametrize("name", [*MULTICLASS, *SETS, *LABELS])
def test_a_row_of_nan_has_no_value(name):
    assert math.isnan(METRICS[name].function([[NAN, NAN], [0.0, 1.0]], [[0, 1], [0, 1]] if name in LABELS else [0, 1]))


def test_a_single_class_has_the_documented_value():
    assert math.isnan(classification.auroc([0.2, 0.7], [1, 1]))
    assert classification.auprc([0.2, 0.7], [1, 1]) == 1
    assert math.isnan(classification.auprc([0.2, 0.7], [0, 0]))
    assert math.isnan(confusion.f1([0, 0], [0, 0]))
    assert confusion.f1([0, 1], [0, 0]) == 0
    assert math.isnan(confusion.mcc([0, 1], [1, 1]))
    assert confusion.mcc([1, 1], [0, 1]) == 0
    assert math.isnan(rater_agreement.kappa([1, 1], [1, 1]))
    assert rater_agreement.kappa([0, 1], [1, 1]) == 0


def test_an_absent_label_is_left_out_and_an_unlabelled_record_too():
    scores = np.array([[0.9, 0.1, 0.3], [0.2, 0.8, 0.4], [0.3, 0.9, 0.9]])
    truths = np.array([[1, 0, 0], [0, 1, 0], [0, NAN, 0]])
    assert classification.auroc_by_label(scores, truths) == pytest.approx([1, 1, NAN], nan_ok=True)
    assert classification.macro_auroc(scores, truths) == 1
    scores[2, 1] = NAN
    assert classification.macro_auroc(scores, truths) == 1  # not labelled there, so no score is needed
    scores[2, 2] = NAN
    assert math.isnan(classification.macro_auroc(scores, truths))


def test_delong_of_a_label_says_why_it_has_no_interval():
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.9], [0.4, 0.2]])
    first, second = classification.delong_by_label(scores, [[1, 0], [0, 1], [0, 1], [0, 0]])
    assert first.value == 1 and math.isnan(first.low) and "1 positive, 3 negative" in first.method
    assert second.value == 1 and 0 < second.low < 1


def test_mcc_and_kappa_of_published_tables():
    # Cohen 1960 has p_o = 0.70 and p_e = 0.41 in its example: kappa 0.492.
    table = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    said, true = (np.repeat(axis.ravel(), table.ravel()) for axis in np.indices(table.shape))
    assert rater_agreement.kappa(said, true) == pytest.approx(0.492, abs=5e-4)
    # Chicco 2017, tip 8: TP 90, FP 4, TN 1, FN 5 give F1 95.24 % and MCC 0.14.
    said, true = np.repeat([1, 1, 0, 0], [90, 4, 1, 5]), np.repeat([1, 0, 0, 1], [90, 4, 1, 5])
    assert confusion.f1(said, true) == pytest.approx(0.9524, abs=5e-5)
    assert confusion.mcc(said, true) == pytest.approx(0.14, abs=5e-3)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=30))
@settings(max_examples=100)
def test_weighted_kappa_is_its_definition_over_the_table(rows):
    said, true = (np.array(column) for column in zip(*rows, strict=True))
    joint = np.histogram2d(said, true, bins=[np.arange(7)] * 2)[0] / len(said)
    expected = np.outer(joint.sum(1), joint.sum(0))
    distance = np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    for function, weights in ((rater_agreement.linear_kappa, distance), (rater_agreement.quadratic_kappa, distance**2)):
        by_chance = (weights * expected).sum()
        value = 1 - (weights * joint).sum() / by_chance if by_chance > 0 else NAN
        assert function(said, true) == pytest.approx(value, nan_ok=True)


def test_an_absent_grade_keeps_its_distance():
    assert rater_agreement.quadratic_kappa([0, 0, 3, 3, 1], [0, 0, 3, 0, 1]) != pytest.approx(
        rater_agreement.quadratic_kappa([0, 0, 2, 2, 1], [0, 0, 2, 0, 1])
    )


def test_a_probability_of_zero_for_the_truth_is_an_infinite_loss():
    assert probabilities.log_loss([[0.0, 1.0]], [0]) == math.inf
    assert probabilities.log_loss([0.2], [1]) == pytest.approx(math.log(5))


def test_two_classes_cost_twice_in_the_multiclass_brier():
    p, true = np.array([0.2, 0.7, 0.9]), np.array([0, 1, 0])
    assert probabilities.multiclass_brier(np.stack([1 - p, p], 1), true) == pytest.approx(2 * probabilities.brier(p, true))


def test_a_constant_forecast_of_the_prevalence_is_calibrated():
    true = np.array([1, 0, 0, 0])
    for function in (calibration.ece, calibration.ece_equal_mass, calibration.ece_sweep):
        assert function(np.full(4, 0.25), true) == pytest.approx(0)
        assert function(np.full(4, 0.75), true) == pytest.approx(0.5)


def test_a_probability_on_an_edge_belongs_to_the_bin_below():
    curve = calibration.reliability_curve([0.0, 0.5, 0.51, 1.0], [0, 1, 1, 1], bins=2)
    assert curve.counts.tolist() == [2, 2]


def test_the_sweep_keeps_the_shares_in_order_and_stops_where_they_fall():
    generator = np.random.default_rng(0)
    p = generator.random(2000)
    curve = calibration.reliability_curve(p, generator.random(2000) < p, binning="sweep")
    assert (np.diff(curve.observed) >= 0).all() and 5 < len(curve.counts) < 500
    assert len(calibration.reliability_curve(p, p > 0.5, binning="sweep").counts) == calibration.MOST_BINS


def test_treating_nobody_is_worth_nothing_and_all_the_prevalence_at_no_price():
    p, true = np.array([0.1, 0.4, 0.8, 0.9]), np.array([0, 1, 0, 1])
    curve = decisions.decision_curve(p, true, thresholds=[0.0, 0.95])
    assert curve.model.tolist() == [0.5, 0.0] and curve.treat_all[0] == 0.5
    assert decisions.net_benefit(p, true, threshold=0.4) == pytest.approx(2 / 4 - 1 / 4 * 0.4 / 0.6)


def test_selective_risk_by_hand():
    curve = selective.risk_coverage_curve([0.9, 0.9, 0.5], [1, 0, 0])
    assert curve.risk == pytest.approx([1 / 2, 1 / 2, 2 / 3])
    assert selective.selective_accuracy([0.95, 0.9, 0.6], [1, 1, 0], coverage=2 / 3) == 1
    assert selective.selective_accuracy([0.95, 0.9, 0.6], [1, 1, 0], coverage=1.0) == pytest.approx(2 / 3)


def test_an_empty_set_covers_nothing():
    assert conformal.size_stratified_coverage([[1, 0], [0, 0]], [0, 1]) == 0
    assert conformal.conformal_coverage([[1, 1], [1, 1]], [0, 1]) == 1


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: classification.auroc([0.1, 0.2], [0, 1, 1]), "as many of each"),
        (lambda: classification.auroc([0.1, 0.2], [1, 2]), "1 for positive and 0 for negative"),
        (lambda: confusion.macro_f1([0.3, 0.8], [0, 1]), "threshold"),
        (lambda: confusion.f1([2, 1], [0, 1]), "macro_f1"),
        (lambda: confusion.macro_f1(["a"], [1]), "both"),
        (lambda: rater_agreement.linear_kappa(["a"], ["b"]), "integers"),
        (lambda: probabilities.brier([1.2], [1]), "sigmoid"),
        (lambda: probabilities.log_loss([[2.0, -1.0]], [1]), "softmax"),
        (lambda: probabilities.multiclass_brier([[0.9, 0.9]], [1]), "sum to 1"),
        (lambda: probabilities.multiclass_brier([[0.1, 0.9]], [2]), "classes from 0 to 1"),
        (lambda: decisions.net_benefit([0.1], [1], threshold=1.0), "threshold"),
        (lambda: selective.selective_accuracy([0.1], [1], coverage=0.0), "coverage"),
        (lambda: conformal.mean_set_size([[2, 0]], [1]), "1 for a class"),
        (lambda: calibration.ece([0.1], [1], bins=0), "bins"),
    ],
)
def test_bad_input_is_refused_with_a_remedy(call, names):
    with pytest.raises(ValueError, match=names):
        call()
