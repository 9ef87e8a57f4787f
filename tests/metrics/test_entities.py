import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.metrics.entities import (
    EntityCounts,
    entity_counts,
    entity_exact_f1,
    entity_partial_f1,
    entity_strict_f1,
    entity_type_f1,
    spans_of_tags,
)

ALL = (entity_strict_f1, entity_exact_f1, entity_partial_f1, entity_type_f1)
SPANS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 4), st.sampled_from("XY")).map(lambda s: (s[0], s[0] + s[1], s[2])), max_size=5
)
TAGS = st.lists(st.sampled_from(["O", *(f"{prefix}-{kind}" for prefix in "BIES" for kind in "XY")]), max_size=12)


def test_the_scenarios_of_semeval_2013():
    """Surface and type of David Batista's table: correct, missed, spurious, wrong type, wrong boundary, both wrong."""
    true = [(0, 2, "Drug"), (4, 5, "Drug"), (10, 12, "Drug"), (14, 16, "Drug"), (18, 20, "Drug")]
    said = [(0, 2, "Drug"), (7, 8, "Drug"), (10, 12, "Brand"), (14, 17, "Drug"), (18, 21, "Brand")]
    counts = {scheme: entity_counts(said, true, scheme=scheme) for scheme in ("strict", "exact", "partial", "type")}
    assert counts["strict"] == EntityCounts(correct=1, incorrect=3, missed=1, spurious=1)
    assert counts["exact"] == EntityCounts(correct=2, incorrect=2, missed=1, spurious=1)
    assert counts["partial"] == EntityCounts(correct=2, partial=2, missed=1, spurious=1)
    assert counts["type"] == EntityCounts(correct=2, incorrect=2, missed=1, spurious=1)
    assert counts["partial"].precision == counts["partial"].recall == 0.6


def test_the_pairing_with_the_highest_score_counts():
    true, said = [(0, 4, "X"), (4, 6, "X")], [(0, 3, "Y"), (3, 6, "X")]
    assert entity_counts(said, true, scheme="type") == EntityCounts(correct=1, incorrect=1)
    assert entity_counts(said[::-1], true[::-1], scheme="partial") == EntityCounts(partial=2)


def test_an_exact_match_is_not_lost_to_an_overlap_met_first():
    true, said = [(2, 6, "X")], [(0, 4, "X"), (2, 6, "X")]
    assert entity_counts(said, true) == EntityCounts(correct=1, spurious=1)


@pytest.mark.parametrize(
    "tags, spans",
    [
        (["B-X", "I-X", "O"], [(0, 2, "X")]),
        (["B-X", "B-X"], [(0, 1, "X"), (1, 2, "X")]),
        (["I-X", "I-Y"], [(0, 1, "X"), (1, 2, "Y")]),
        (["S-X", "B-X", "E-X", "I-X"], [(0, 1, "X"), (1, 3, "X"), (3, 4, "X")]),
        (["O", "E-X"], [(1, 2, "X")]),
        (["B-cell-line", "I-cell-line"], [(0, 2, "cell-line")]),
        ([], []),
    ],
)
def test_tags_are_read_as_conlleval_does(tags, spans):
    assert spans_of_tags(tags) == spans


@pytest.mark.parametrize("tag", ["X", "B", "B-", "U-X", ""])
def test_what_is_no_tag_is_refused(tag):
    with pytest.raises(ValueError, match="no IOB tag"):
        spans_of_tags([tag])


@pytest.mark.parametrize("span", [(2, 2, "X"), (3, 1, "X"), (-1, 2, "X"), (0, 1), "abc"])
def test_what_is_no_span_is_refused(span):
    with pytest.raises(ValueError):
        entity_strict_f1([[span]], [[]])


def test_records_must_pair():
    for score in ALL:
        with pytest.raises(ValueError, match="a record"):
            score([[]], [])


def test_no_entity_at_all_is_undefined():
    assert all(math.isnan(score([[], []], [[], []])) for score in ALL)
    assert all(score([[]], [[(0, 1, "X")]]) == 0 for score in ALL)


@given(SPANS, SPANS)
def test_counts_add_up_and_schemes_are_ordered(said, true):
    counts = {scheme: entity_counts(said, true, scheme=scheme) for scheme in ("strict", "exact", "partial", "type")}
    for each in counts.values():
        assert each.predicted == len(said) and each.true == len(true)
    assert counts["strict"].correct <= min(counts["exact"].correct, counts["type"].correct)
    assert counts["partial"].correct == counts["exact"].correct


@given(st.lists(st.tuples(SPANS, SPANS), min_size=1, max_size=4))
def test_scores_hold_what_is_claimed(records):
    said, true = [a for a, _ in records], [b for _, b in records]
    for score in ALL:
        value = score(said, true)
        assert math.isnan(value) or 0 <= value <= 1
        assert value == pytest.approx(score(said[::-1], true[::-1]), nan_ok=True)
        assert score(said, said) == 1 or not any(said)
    for score in ALL:
        assert score(said, true) == pytest.approx(score(true, said), nan_ok=True)


@given(TAGS)
def test_spans_of_tags_do_not_overlap_and_cover_what_is_tagged(tags):
    spans = spans_of_tags(tags)
    assert [place for start, end, _ in spans for place in range(start, end)] == [i for i, tag in enumerate(tags) if tag != "O"]
