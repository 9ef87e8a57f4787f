import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.errors import UserError
from vesalius.learners.learner import Learner
from vesalius.learners.recorded import FILE, BestRecorded, Recorded
from vesalius.records import Choices, Record
from vesalius.sources.recorded import RecordedAnswer


def record(name):
    return Record(id=name, subject_id=name, fields={"options": Choices(("aspirin", "heparin"))})


ANSWERS = {
    "right": RecordedAnswer(text="The answer is B.", tokens=12, calls=3, seconds=0.5),
    "refused": RecordedAnswer(text="I cannot help with that."),
    "empty": RecordedAnswer(text=None, seconds=2.0),
}


def told(learner):
    return [
        (p.value, p.outcome, p.raw, p.tokens, p.calls, p.seconds) for p in learner.predict([record(n) for n in (*ANSWERS, "new")])
    ]


def test_it_is_a_learner_that_trains_nothing():
    learner = Recorded(ANSWERS)
    learner.fit([record("right")], [])
    assert isinstance(learner, Learner)
    assert learner.trained_parameters == 0


def test_texts_are_parsed_and_costs_passed_on_and_what_was_not_recorded_failed():
    assert told(Recorded(ANSWERS)) == [
        ("B", "answered", "The answer is B.", 12, 3, 0.5),
        (None, "refused", "I cannot help with that.", None, None, None),
        (None, "empty", None, None, None, 2.0),
        (None, "failed", None, None, None, None),
    ]


@given(st.dictionaries(st.text(), st.builds(RecordedAnswer, text=st.none() | st.text(), tokens=st.none() | st.integers(0, 9))))
def test_loading_gives_back_what_was_saved(tmp_path_factory, answers):
    folder = tmp_path_factory.mktemp("saved")
    learner = Recorded({})
    Recorded(answers | ANSWERS).save(folder)
    learner.load(folder)
    assert told(learner) == told(Recorded(answers | ANSWERS))


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("no json", "line 1"),
        ("[]", "'id'"),
        ('{"id": 3}', "'id'"),
        ('{"id": "a", "text": 3}', "'text'"),
        ('{"id": "a", "tokens": "3"}', "'tokens'"),
    ],
)
def test_a_spoilt_file_is_named_with_line_and_field(tmp_path, line, field):
    (tmp_path / FILE).write_text(line)
    with pytest.raises(UserError, match=field) as raised:
        Recorded({}).load(tmp_path)
    assert FILE in str(raised.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="missing"):
        Recorded({}).load(tmp_path)


def test_the_recording_that_does_best_on_validation_records_is_believed(tmp_path):
    poor, good = ({"right": RecordedAnswer(text=f"The answer is {letter}.")} for letter in "AB")
    learner = BestRecorded([poor, good, poor], lambda said, records: sum(one.value == "B" for one in said))
    with pytest.raises(UserError, match="validation records"):
        learner.fit([], [])
    learner.fit([], [record("right")])
    assert [one.value for one in learner.predict([record("right")])] == ["B"]
    learner.save(tmp_path)
    again = BestRecorded([], lambda said, records: 0.0)
    again.load(tmp_path)
    assert [one.value for one in again.predict([record("right")])] == ["B"]
