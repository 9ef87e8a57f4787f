import math

import pytest

from vesalius.metrics import (
    NO_ERROR,
    Correction,
    corrected_sentence_rouge_1,
    correction_composite,
    error_flag_accuracy,
    error_sentence_accuracy,
    read_correction,
)

TRUE = '1 5 "Culture tests indicate Trichomonas vaginalis."'


def test_a_line_is_read_as_it_was_written():
    for one in (NO_ERROR, Correction("1", "5", 'He said "no" twice.'), Correction("1", "0", "NA")):
        assert read_correction(one.line) == one


def test_who_flags_no_error_corrects_nothing():
    assert read_correction('0 3 "Given heparin."') == Correction("0", "3", "NA")


@pytest.mark.parametrize("said", ["", "CORRECT", "1", "1 5", "5 Given heparin", "yes 5 Given", "-1 5 Given"])
def test_another_form_is_no_prediction_and_scores_nothing(said):
    assert read_correction(said) is None
    assert error_flag_accuracy(said, TRUE) == error_sentence_accuracy(said, TRUE) == correction_composite(said, TRUE) == 0
    assert math.isnan(corrected_sentence_rouge_1([said], [TRUE]))


def test_a_truth_in_another_form_is_refused():
    with pytest.raises(ValueError, match="correct the record"):
        error_flag_accuracy(TRUE, "CORRECT")


def test_hand_computed_rouge_counts_each_word_once_and_keeps_case():
    # {Culture, tests, indicate, Neisseria} and {Culture, tests, indicate, Trichomonas, vaginalis}: 2·3/9
    assert correction_composite('1 5 "Culture tests indicate Neisseria."', TRUE) == pytest.approx(6 / 9)
    assert correction_composite("1 5 tests tests tests", TRUE) == pytest.approx(2 / 6)
    assert correction_composite("1 5 TESTS", TRUE) == 0


def test_the_sentence_is_judged_over_notes_without_an_error_too_and_without_the_flag():
    assert error_sentence_accuracy("0 -1 NA", "0 -1 NA") == 1
    assert error_sentence_accuracy("0 5 NA", TRUE) == 1
    assert error_sentence_accuracy("0 -1 NA", TRUE) == 0


def test_the_subset_leaves_out_notes_that_either_side_leaves_uncorrected_and_the_composite_does_not():
    said, true = ["0 -1 NA", "1 2 Rest.", TRUE, "0 -1 NA"], [TRUE, "0 -1 NA", TRUE, "0 -1 NA"]
    assert corrected_sentence_rouge_1(said, true) == 1
    assert [correction_composite(*pair) for pair in zip(said, true, strict=True)] == [0, 0, 1, 1]


def test_a_wrong_sentence_repeated_scores_nearly_as_high_as_its_correction():
    repeated = '1 5 "Culture tests indicate Neisseria vaginalis."'
    assert correction_composite(repeated, TRUE) == pytest.approx(0.8)
