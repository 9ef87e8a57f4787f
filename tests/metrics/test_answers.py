import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.metrics.answers import exact_match, hamming_score, token_f1, token_recall
from vesalius.metrics.tokens import mteval_words, references, rouge_words, squad_normalised, words_and_ideographs

ALL = (exact_match, token_f1, token_recall)
TEXTS = st.text(alphabet="ab the,.\n\x00éßİ肺", max_size=20)


def test_normalisation_is_that_of_squad():
    assert squad_normalised("The Denver-Broncos!  an  A") == "denverbroncos"
    assert squad_normalised("theory of a thesis") == "theory of thesis"


def test_f1_counts_words_as_often_as_both_have_them():
    assert token_f1("no no effusion", "no effusion effusion") == pytest.approx(2 * 2 / 6)


def test_the_best_reference_counts_in_span_question_answering():
    assert token_f1("pleura", ["lung", "the pleura"]) == exact_match("pleura", ["lung", "the pleura"]) == 1


@pytest.mark.parametrize("nothing", ["", [], [""], "the", "..."])
def test_a_question_without_an_answer_wants_none(nothing):
    assert [score("", nothing) for score in ALL] == [1, 1, 1]
    assert [score("pleura", nothing) for score in ALL] == [0, 0, 0]


def test_a_long_answer_keeps_its_recall_and_loses_its_f1():
    long, true = "it may be in the right upper lobe of lung", "right lobe"
    assert token_recall(long, true) == 1 > token_f1(long, true) > 0


@pytest.mark.parametrize("prediction, truth", [(None, "a"), (3, "a"), ("a", None), ("a", [None]), ("a", 3)])
def test_what_is_no_text_is_refused(prediction, truth):
    for score in ALL:
        with pytest.raises(ValueError, match="text"):
            score(prediction, truth)


@given(TEXTS, TEXTS)
def test_scores_are_in_range_and_symmetric_where_claimed(a, b):
    assert all(0 <= score(a, b) <= 1 for score in ALL)
    assert exact_match(a, b) == exact_match(b, a)
    assert token_f1(a, b) == token_f1(b, a)
    assert exact_match(a, b) <= token_f1(a, b) <= 1


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=3))
def test_several_references_give_the_best_of_each(a, several):
    for score in ALL:
        assert score(a, several) == max(score(a, each) for each in several)
        assert score(a, a) == 1


def test_tokens_of_other_scripts_are_kept_where_asked():
    assert rouge_words("肺炎 é") == []
    assert words_and_ideographs("肺炎 épanchement") == ["肺", "炎", "épanchement"]


def test_mteval_tokens_by_its_rules():
    assert mteval_words("It's 1,000.5 mg/dL -5 &lt;x&gt; end-\nof, ok.") == [
        "It's", "1,000.5", "mg", "/", "dL", "-5", "<", "x", ">", "endof", ",", "ok", ".",
    ]  # fmt: skip


def test_no_reference_is_refused():
    with pytest.raises(ValueError, match="no reference"):
        references([])


def test_options_count_as_sets_and_half_a_right_answer_counts_half():
    assert hamming_score("A,B", "A") == hamming_score("B,A,B", "a ") == 0.5
    assert hamming_score("D", "A,B,C") == hamming_score("", "A") == 0
    assert hamming_score("", "") == 1
    with pytest.raises(ValueError, match="truth is list"):
        hamming_score("A", ["A"])


@given(st.sets(st.sampled_from("ABCDE")), st.sets(st.sampled_from("ABCDE"), min_size=1))
def test_the_hamming_score_is_one_where_all_are_right_and_nowhere_else(said, true):
    assert (hamming_score(",".join(said), ",".join(true)) == 1) == (said == true)
