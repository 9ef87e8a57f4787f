import pytest

from tests.learners.note_errors.fixtures import blind, note, scores, swapped_doses, truths
from vesalius.errors import UserError
from vesalius.learners.note_errors.trained import ARRAYS, FILE, TrainedReviewer
from vesalius.learners.note_errors.trivial import CopiesLast, NoError
from vesalius.metrics import (
    corrected_sentence_rouge_1,
    correction_composite,
    error_flag_accuracy,
    error_sentence_accuracy,
    read_correction,
)
from vesalius.records import Record, Text

TRAIN, VALIDATION, TEST = swapped_doses(60), swapped_doses(15, seed=1), swapped_doses(20, seed=2)
ALL = (error_flag_accuracy, error_sentence_accuracy, correction_composite)


@pytest.fixture(scope="module")
def fitted():
    learner = TrainedReviewer()
    learner.fit(TRAIN, VALIDATION)
    return learner


def test_swapped_doses_are_flagged_found_and_corrected_far_better_than_by_saying_nothing(fitted):
    assert scores(NoError(), TEST, *ALL) == (0.5, 0.5, 0.5)
    assert min(scores(fitted, TEST, *ALL)) > 0.85
    said = [one.value for one in fitted.predict(blind(TEST))]
    assert sum(a == b for a, b in zip(said, truths(TEST), strict=True)) > 0.85 * len(TEST)


def test_who_does_not_look_at_the_rest_of_the_note_finds_no_error_that_lies_between_two_sentences():
    train, validation, test = ([_parted(record) for record in part] for part in (TRAIN, VALIDATION, TEST))
    found = {}
    for associated in (True, False):
        learner = TrainedReviewer(associated=associated)
        learner.fit(train, validation)
        found[associated] = scores(learner, test, error_flag_accuracy)[0]
    assert found[True] > 0.8 > 0.6 > found[False]


def _parted(record):
    """The drug in one sentence, the dose in another, so that a sentence alone tells nothing."""
    said = read_correction(record.get("review", Text).value)
    lines = record.get("sentences", Text).value.split("\n")
    given = next(line.split(" ", 1)[1] for line in lines if "Given" in line)
    rest = [line.split(" ", 1)[1] for line in lines if "Given" not in line and "Admitted" not in line]
    drug, dose = given.split()[1:3]
    sentences = [f"On {drug}.", *rest, f"Dose {dose} mg."]
    if said.flag == "0":
        return note(record.id, sentences)
    return note(record.id, sentences, len(sentences) - 1, f"Dose {said.correction.split()[2]} mg.")


def test_the_threshold_is_chosen_on_validation_notes_alone():
    never = [note(f"v{place}", ["Labs were drawn.", "Given digoxin 5 mg at noon."]) for place in range(6)]
    learner = TrainedReviewer()
    learner.fit(TRAIN, never)
    assert {one.value for one in learner.predict(blind(never))} == {"0 -1 NA"}


def test_a_seed_gives_the_same_answers_and_saved_ones_come_back(fitted, tmp_path):
    again = TrainedReviewer()
    again.fit(TRAIN, VALIDATION)
    fitted.save(tmp_path)
    loaded = TrainedReviewer(associated=False)
    loaded.load(tmp_path)
    said = [one.value for one in fitted.predict(blind(TEST))]
    assert said == [one.value for one in again.predict(blind(TEST))] == [one.value for one in loaded.predict(blind(TEST))]
    assert fitted.trained_parameters == loaded.trained_parameters > 4000


def test_bad_input_is_told(tmp_path):
    learner = TrainedReviewer()
    with pytest.raises(UserError, match="fit the learner"):
        learner.predict(blind(TEST))
    with pytest.raises(UserError, match="missing"):
        learner.load(tmp_path)
    with pytest.raises(UserError, match="fewer than two have an error"):
        learner.fit(TRAIN[::2], [])
    bad = Record(id="x", subject_id="x", fields={"sentences": Text("0 Fever."), "review": Text("CORRECT")})
    with pytest.raises(UserError, match="record x, field 'review'"):
        learner.fit([*TRAIN, bad], [])


@pytest.mark.parametrize("content", ["", "{}", '{"notes": 1, "phrases": {"known": 3}, "associated": true}'])
def test_a_damaged_file_is_told(content, fitted, tmp_path):
    fitted.save(tmp_path)
    (tmp_path / FILE).write_text(content)
    with pytest.raises(UserError, match="damaged"):
        TrainedReviewer().load(tmp_path)
    fitted.save(tmp_path)
    (tmp_path / ARRAYS).write_bytes(b"no")
    with pytest.raises(UserError, match="damaged"):
        TrainedReviewer().load(tmp_path)


def test_a_note_without_sentences_is_told(fitted):
    with pytest.raises(UserError, match="record x, field 'sentences'"):
        fitted.predict([Record(id="x", subject_id="x", fields={"sentences": Text("Fever.")})])


def test_copying_the_last_sentence_scores_by_rouge_for_correcting_nothing():
    moved = [_parted(record) for record in TEST]
    flag, sentence, _ = scores(CopiesLast(), moved, *ALL)
    said = [one.value for one in CopiesLast().predict(blind(moved))]
    assert (flag, sentence) == (0.5, 0.5)
    assert corrected_sentence_rouge_1(said, truths(moved)) > 0.6
    assert not any(a == b for a, b in zip(said, truths(moved), strict=True))
