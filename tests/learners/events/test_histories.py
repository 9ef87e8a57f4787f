import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.learners.events.lives import history, record
from vesalius.errors import UserError
from vesalius.learners.events.histories import (
    UNKNOWN,
    history_of,
    last_events,
    numbered,
    vocabulary_from,
    vocabulary_of,
)
from vesalius.learners.events.next_times import next_times
from vesalius.records import Record, Text

lives = st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abc")), min_size=1, max_size=12).map(sorted)


def test_codes_of_few_histories_are_unknown():
    vocabulary = vocabulary_of([history((0, "a"), (1, "b")), history((0, "a"))], least=2)
    assert vocabulary.codes == ("a",)
    assert vocabulary.places(["a", "b"]).tolist() == [2, UNKNOWN]


def test_values_are_standardised_by_their_own_code(tmp_path):
    told = [history((0, "a", 1.0), (1, "a", 3.0), (2, "b", 100.0), (3, "b"))]
    vocabulary = vocabulary_of(told, least=1)
    values = numbered(told[0], vocabulary).values
    assert values[:3].tolist() == [-1, 1, 0] and np.isnan(values[3])
    vocabulary.save(tmp_path / "codes.json")
    assert vocabulary_from(tmp_path / "codes.json") == vocabulary


def test_the_last_events_before_an_end_are_kept_and_filled_up_in_front():
    vocabulary = vocabulary_of([history((0, "a"), (1, "b"), (2, "a"))], least=1)
    one = numbered(history((0, "a"), (1, "b"), (2, "a")), vocabulary)
    batch = last_events([one, one], [3, 1], 2)
    a, b = vocabulary.places(["a", "b"])
    assert batch["codes_BL"].tolist() == [[b, a], [0, a]]
    assert batch["ages_BL"].tolist() == [[1, 2], [0, 0]]


@given(lives)
def test_the_next_time_is_strictly_later_or_the_end_and_none_is_asked_at_birth(events):
    vocabulary = vocabulary_of([history((0, "a"), (0, "b"), (0, "c"))], least=1)
    one = numbered(history(*events), vocabulary)
    found = next_times(one, vocabulary.places(["a", "b", "c"]))
    days = one.ages.tolist()
    moments = [day for day in sorted(set(days))[:-1] if day > 1]
    assert len(found.seen) == len(moments)
    for row, moment in enumerate(moments):
        assert found.seen[row] == sum(day <= moment for day in days)
        for column, code in enumerate("abc"):
            later = [day for day, (_, said) in zip(days, events, strict=True) if day > moment and said == code]
            assert found.events_MK[row, column] == bool(later)
            assert found.times_MK[row, column] == (min(later) if later else days[-1]) - moment


def test_a_record_without_events_is_named():
    with pytest.raises(UserError, match="record x, field 'history'"):
        history_of(Record(id="x", subject_id="x", fields={"history": Text("none")}))
    assert history_of(record("x", [(0, "a")])).codes == ("a",)
