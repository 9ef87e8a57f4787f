import itertools
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesalius.metrics.retrieval import (
    average_precision,
    hit_at_k,
    ndcg,
    precision_at_k,
    rank_queries,
    recall_at_k,
    reciprocal_rank,
)
from vesalius.metrics.screening import last_relevant, screen_reviews, total_cost, wss

RANKING = {f.__name__: f for f in (ndcg, average_precision, reciprocal_rank, recall_at_k, precision_at_k, hit_at_k)}
SCREENING = {f.__name__: f for f in (wss, last_relevant, total_cost)}
WITH_K = ("ndcg", "recall_at_k", "precision_at_k", "hit_at_k")
SCORE = st.sampled_from([0.0, 0.5, 1.0, 2.0, math.nan, math.inf, -math.inf])
QUERY = st.lists(st.tuples(SCORE, st.integers(0, 2)), min_size=1, max_size=6)


def test_ndcg_of_the_example_of_jarvelin_and_kekalainen():
    """The grades 3 2 3 0 1 2 of the widely reprinted example: DCG 6.861, of the best order 7.141."""
    grades = [3, 2, 3, 0, 1, 2]
    assert ndcg([6, 5, 4, 3, 2, 1], grades) == pytest.approx(6.861 / 7.141, abs=1e-3)


def test_exponential_gain_by_hand():
    assert ndcg([2, 1], [1, 2], gain="exponential") == pytest.approx((1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3)))


def test_average_precision_of_the_example_of_manning():
    """Relevant at ranks 1, 3, 6, 9, 10 of ten: (1 + 2/3 + 3/6 + 4/9 + 5/10) / 5."""
    grades = [1, 0, 1, 0, 0, 1, 0, 0, 1, 1]
    assert average_precision(np.arange(10, 0, -1), grades) == pytest.approx((1 + 2 / 3 + 1 / 2 + 4 / 9 + 1 / 2) / 5)


def test_what_was_not_retrieved_is_missed():
    scores, grades = [0.9, math.nan, math.nan], [0, 1, 1]
    assert [RANKING[name](scores, grades) for name in sorted(RANKING)] == [0] * 6
    assert recall_at_k([0.9, math.nan], [1, 1]) == 0.5 == average_precision([0.9, math.nan], [1, 1])
    assert ndcg([0.9, math.nan], [1, 1]) == pytest.approx(1 / (1 + 1 / math.log2(3)))


def mean_over_orders(metric, scores, grades):
    """By brute force: every order that the scores allow."""
    values = []
    for order in itertools.permutations(range(len(scores))):
        ordered = [scores[i] for i in order]
        if all(a >= b or math.isnan(b) for a, b in itertools.pairwise(ordered)) and not any(
            math.isnan(a) and not math.isnan(b) for a, b in itertools.pairwise(ordered)
        ):
            distinct = [
                math.nan if math.isnan(score) and metric not in (wss, last_relevant) else -i for i, score in enumerate(ordered)
            ]
            values.append(metric(distinct, [grades[i] for i in order]))
    return np.mean(values)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0, math.nan]), st.integers(0, 2)), min_size=1, max_size=5), st.integers(1, 4))
def test_ties_count_as_the_mean_over_their_orders(query, k):
    scores, grades = [s for s, _ in query], [g for _, g in query]
    for name, metric in {**RANKING, "wss": wss, "last_relevant": last_relevant}.items():
        chosen = (lambda s, g, m=metric: m(s, g, k=k)) if name in WITH_K else metric
        assert chosen(scores, grades) == pytest.approx(mean_over_orders(chosen, scores, grades), nan_ok=True), name


def test_a_system_that_ties_everything_gains_nothing_from_the_order_of_the_file():
    assert ndcg([0.0] * 4, [1, 0, 0, 0]) == ndcg([0.0] * 4, [0, 0, 0, 1]) < 1


@given(QUERY, st.integers(1, 8))
def test_every_value_is_in_range_or_undefined_as_documented(query, k):
    scores, grades = [s for s, _ in query], [g for _, g in query]
    for name, metric in RANKING.items():
        value = metric(scores, grades, k=k) if name in WITH_K else metric(scores, grades)
        assert 0 <= value <= 1 or (math.isnan(value) and not any(grades) and name != "precision_at_k")
        best = metric(grades, grades, k=k) if name in WITH_K else metric(grades, grades)
        assert math.isnan(best) or best + 1e-12 >= value
    n = len(scores)
    assert 0 <= total_cost(scores, grades) <= n
    if any(grades):
        assert -0.05 - 1e-9 <= wss(scores, grades) <= 0.95
        assert sum(g > 0 for g in grades) <= last_relevant(scores, grades) <= n
        assert last_relevant(grades, grades) <= last_relevant(scores, grades)


def test_shares_of_tied_documents_do_not_exceed_one_by_a_bit():
    assert RANKING["recall_at_k"]([0.5, 0.5, 0.5, 1.0, 1.0], [0, 0, 1, 1, 1], k=5) == 1.0


@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 10_000))
def test_a_batch_equals_one_by_one(queries, documents, seed):
    rng = np.random.default_rng(seed)
    scores, grades = rng.integers(0, 4, (queries, documents)).astype(float), rng.integers(0, 3, (queries, documents))
    scores[rng.random(scores.shape) < 0.2] = np.nan
    for name, values in rank_queries(scores, grades, metrics=tuple(RANKING), k=3).items():
        options = {"k": 3} if name in WITH_K else {}
        assert values == pytest.approx([RANKING[name](s, g, **options) for s, g in zip(scores, grades)], nan_ok=True)
    for name, values in screen_reviews(scores, grades).items():
        assert values == pytest.approx([SCREENING[name](s, g) for s, g in zip(scores, grades)], nan_ok=True)


def test_many_queries_in_chunks_equal_one_by_one():
    rng = np.random.default_rng(0)
    scores, grades = rng.random((700, 500)), rng.integers(0, 2, (700, 500))
    values = rank_queries(scores, grades)["ndcg"]
    assert values[[0, 523, 524, 699]] == pytest.approx([ndcg(scores[i], grades[i]) for i in (0, 523, 524, 699)])


def test_work_saved_by_hand():
    # twenty relevant among a hundred, the first 19 (95 %) found after 25
    grades = np.zeros(100)
    grades[:18] = grades[24] = grades[99] = 1
    assert wss(-np.arange(100.0), grades) == pytest.approx(0.75 - 0.05)
    assert wss(-np.arange(100.0), grades, recall=1) == 0
    assert last_relevant(-np.arange(100.0), grades) == 100


def test_a_random_ranking_saves_about_nothing():
    rng = np.random.default_rng(0)
    scores, grades = rng.random((300, 400)), (rng.random((300, 400)) < 0.2).astype(int)
    assert screen_reviews(scores, grades)["wss"].mean() == pytest.approx(0, abs=0.02)


def test_stopping_early_costs_what_is_missed():
    scores = np.where(np.arange(100) < 40, -np.arange(100.0), np.nan)
    assert total_cost(scores, np.arange(100) < 4) == 40
    assert total_cost(scores, np.arange(100) >= 96) == 40 + 60
    assert total_cost(scores, np.isin(np.arange(100), [0, 99])) == 40 + 30
    assert total_cost(scores, np.zeros(100)) == 40


@pytest.mark.parametrize(
    "scores, grades",
    [
        ([], []),
        ([1.0], [1, 0]),
        ([1.0], [-1]),
        ([1.0], [math.nan]),
        ([1.0], [math.inf]),
        (["a"], [1]),
        ([[1.0]], [[1]]),
        (1.0, 1),
    ],
)
def test_bad_input_is_refused(scores, grades):
    for metric in (*RANKING.values(), *SCREENING.values()):
        with pytest.raises(ValueError):
            metric(scores, grades)


def test_bad_options_are_refused():
    with pytest.raises(ValueError, match="k is 0"):
        ndcg([1.0], [1], k=0)
    with pytest.raises(ValueError, match="recall is 0"):
        wss([1.0], [1], recall=0)


def test_memory_stays_below_three_times_the_input():
    rng = np.random.default_rng(0)
    for shape in ((1500, 600), (2, 300_000)):
        scores, grades = rng.random(shape).round(2), rng.integers(0, 3, shape)
        scores[rng.random(shape) < 0.1] = np.nan
        for work in (lambda s, g: rank_queries(s, g, metrics=tuple(RANKING)), screen_reviews):
            tracemalloc.start()
            work(scores, grades)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 3 * (scores.nbytes + grades.nbytes)
