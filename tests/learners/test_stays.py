from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.errors import UserError
from vesalius.learners.events.histories import Vocabulary
from vesalius.learners.stays import StayForm, hashed, imputed, note_arrays, series_arrays, variables_of
from vesalius.records import Events, Record, Text, Vector

FORM = StayForm(hours=48, references=4, vector=32)
VARIABLES = Vocabulary(("pulse", "pressure"), (0.0, 0.0, 80.0, 120.0), (1.0, 1.0, 10.0, 20.0))
START = datetime(2150, 1, 1)


def stay(measured, notes=()):
    """Of hours, codes and values; and of hours and texts."""
    events = [(0, "ICU_ADMISSION", np.nan), *measured]
    times, codes, values = zip(*events, strict=True)
    names = tuple(f"note {place}" for place in range(len(notes)))
    texts = {name: Text(text) for name, (_, text) in zip(names, notes, strict=True)}
    written = Vector(np.array([hour for hour, _ in notes], dtype=float), names)
    vitals = Events(tuple(START + timedelta(hours=hour) for hour in times), codes, np.array(values))
    return Record(id="s", subject_id="s", fields={"vitals": vitals, "note hours": written, **texts})


def test_measurements_stand_at_their_moments():
    found = series_arrays([stay([(12, "pulse", 90.0), (12, "pressure", 100.0), (36, "pulse", 70.0)])], VARIABLES, FORM)
    assert found["moments_BL"].tolist() == [[0.25, 0.75]]
    assert found["values_BLV"].tolist() == [[[1, -1], [-1, 0]]]
    assert found["measured_BLV"].tolist() == [[[True, True], [True, False]]]


@given(
    st.permutations([("pulse", 91.0), ("pressure", 100.0), ("pulse", 68.7), ("pulse", 77.3), ("other", 1.0), ("none", np.nan)])
)
def test_the_order_of_what_was_measured_at_once_is_no_matter(order):
    first = [("pulse", 91.0), ("pressure", 100.0), ("pulse", 68.7), ("pulse", 77.3), ("other", 1.0), ("none", np.nan)]
    one, other = (series_arrays([stay([(7, *item) for item in items])], VARIABLES, FORM) for items in (first, order))
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert one["values_BLV"][0, 0] == pytest.approx([np.mean([1.1, -1.13, -0.27]), -1], abs=1e-6)


@pytest.mark.parametrize("late", [(48.5, "pulse", 99.0), (10, "unknown", 5.0), (10, "pulse", np.nan)])
def test_what_is_late_unknown_or_without_value_is_left_out(late):
    measured = [(6, "pulse", 90.0), (9, "pressure", 110.0)]
    one, other = (series_arrays([stay(items)], VARIABLES, FORM) for items in (measured, [*measured, late]))
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_a_late_note_is_left_out():
    one, other = (note_arrays([stay([], notes)], FORM) for notes in ([(3, "calm")], [(3, "calm"), (48.1, "dead")]))
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_variables_are_codes_with_values():
    records = [stay([(1, "pulse", 80.0 + place), (2, "visit", np.nan), (3, f"rare {place}", 1.0)]) for place in range(6)]
    assert variables_of(records, FORM).codes == ("pulse",)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(-3, 3), st.booleans()), max_size=12),
    st.sampled_from(["carried", "mean"]),
)
def test_an_interval_has_its_last_value_or_what_stands_for_it(measured, way):
    measured = sorted(measured, key=lambda item: item[0])
    moments, values, there = (np.array([item[place] for item in measured]) for place in range(3))
    found = imputed(moments, values[:, None], there[:, None].astype(bool), replace(FORM, imputed=way))
    for place, (value, mark) in enumerate(found):
        before, now = [], []
        for moment, one, seen in measured:
            if seen:
                interval = max(int(np.ceil(moment * 4)) - 1, 0)
                before += [one] if interval < place else []
                now += [one] if interval == place else []
        carried = before[-1] if before and way == "carried" else 0.0
        assert mark == bool(now) and value == (now[-1] if now else carried)


def test_nothing_of_the_future_is_imputed():
    later = series_arrays([stay([(6, "pulse", 90.0), (30, "pulse", 120.0)])], VARIABLES, FORM)["imputed_BTF"]
    assert np.array_equal(later[0, :2], series_arrays([stay([(6, "pulse", 90.0)])], VARIABLES, FORM)["imputed_BTF"][0, :2])
    assert later[0, 2, 0] == 4 and later[0, :, 2].tolist() == [1, 0, 1, 0]


def test_notes_stand_at_their_hours_beside_stays_with_more():
    found = note_arrays([stay([], [(12, "No fever.")]), stay([], [(0, "No fever."), (24, "Fever, chills.")]), stay([])], FORM)
    assert found["written_BN"].tolist() == [[0.25, 0], [0, 0.5], [0, 0]]
    assert found["there_BN"].tolist() == [[True, False], [True, True], [False, False]]
    vectors = found["vectors_BND"]
    assert np.array_equal(vectors[0, 0], vectors[1, 0]) and not np.array_equal(vectors[1, 0], vectors[1, 1])
    assert not vectors[~found["there_BN"]].any()


def test_a_note_is_a_vector_of_length_1_in_which_words_and_their_neighbours_count():
    one, other, turned = hashed(["no fever, chills", "NO FEVER. Chills!", "no chills, fever"], 512)
    assert np.linalg.norm(one) == pytest.approx(1) and np.array_equal(one, other) and not np.allclose(one, turned)


def test_a_stay_without_measurements_and_notes_is_read():
    found = series_arrays([stay([])], VARIABLES, FORM) | note_arrays([stay([])], FORM)
    assert not any(value.any() for value in found.values())


def test_a_stay_that_lacks_something_is_named():
    without = Record(id="s9", subject_id="s", fields={})
    with pytest.raises(UserError, match="record s9, field 'vitals': no events"):
        variables_of([without], FORM)
    with pytest.raises(UserError, match="record s9, field 'note hours': missing"):
        note_arrays([without], FORM)
    named = replace(without, fields={"note hours": Vector(np.array([3.0]), ("note 1",))})
    with pytest.raises(UserError, match="record s9, field 'note 1': no text"):
        note_arrays([named], FORM)
