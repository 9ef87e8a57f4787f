import math

import pytest

from vesalius.metrics import (
    listed_average_precision,
    listed_ndcg_at_10,
    listed_precision_at_1,
    listed_recall_at_10,
    listed_reciprocal_rank,
)

ALL = (listed_average_precision, listed_ndcg_at_10, listed_precision_at_1, listed_recall_at_10, listed_reciprocal_rank)


def test_a_list_is_scored_as_worked_by_hand():
    listed, right = "a, b,c,d", "d,b,x"
    assert listed_precision_at_1(listed, right) == 0
    assert listed_recall_at_10(listed, right) == pytest.approx(2 / 3)
    assert listed_reciprocal_rank(listed, right) == 1 / 2
    assert listed_average_precision(listed, right) == pytest.approx((1 / 2 + 2 / 4) / 3)
    gained = 1 / math.log2(3) + 1 / math.log2(5)
    assert listed_ndcg_at_10(listed, right) == pytest.approx(gained / (1 + 1 / math.log2(3) + 1 / math.log2(4)))


def test_only_the_first_ten_count_where_ten_are_named():
    late = ",".join([*(f"n{number}" for number in range(10)), "right"])
    assert listed_recall_at_10(late, "right") == listed_ndcg_at_10(late, "right") == 0
    assert listed_reciprocal_rank(late, "right") == pytest.approx(1 / 11)


@pytest.mark.parametrize("metric", ALL)
def test_an_empty_list_misses_and_without_a_right_document_nothing_is_said(metric):
    assert metric("", "a") == 0
    assert math.isnan(metric("a", "")) and math.isnan(metric("", ""))


@pytest.mark.parametrize("metric", ALL)
def test_a_document_listed_twice_counts_once_where_it_stands_first(metric):
    assert metric("a,b,a,c", "a,c") == metric("a,b,c", "a,c")


@pytest.mark.parametrize("metric", ALL)
def test_what_is_no_text_is_refused(metric):
    with pytest.raises(ValueError, match="list of ids"):
        metric(["a"], "a")
