import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.metrics.bleu import (
    bleu_counts,
    bleu_of_counts,
    chrf_counts,
    corpus_bleu,
    corpus_chrf,
    sentence_bleu,
    sentence_chrf,
)
from vesalius.metrics.captioning import cider
from vesalius.metrics.rouge import _lcs, rouge_1, rouge_2, rouge_l, rouge_lsum
from vesalius.metrics.stems import porter_stem
from vesalius.metrics.tokens import words_and_ideographs
from vesalius.metrics.word_alignment import meteor

RECORD = (rouge_1, rouge_2, rouge_l, rouge_lsum, sentence_bleu, sentence_chrf, meteor)
SET = (corpus_bleu, corpus_chrf, cider)
WORDS = st.lists(st.sampled_from(["a", "b", "runs", "running", ",", "3.5", "\n", "肺", "&amp;"]), max_size=12).map(" ".join)
TEXTS = WORDS | st.text(max_size=15)


def lcs_by_table(a, b):
    table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1, j + 1] = table[i, j] + 1 if x == y else max(table[i, j + 1], table[i + 1, j])
    return table[-1, -1]


@given(st.lists(st.sampled_from("abc"), max_size=90), st.lists(st.sampled_from("abc"), max_size=90))
def test_the_bit_parallel_subsequence_is_as_long_as_that_of_the_table(a, b):
    assert _lcs(a, b) == lcs_by_table(a, b)


def test_rouge_of_the_example_of_lin_2004():
    reference = "police killed the gunman"
    assert rouge_l("police kill the gunman", reference) == 0.75
    assert rouge_l("the gunman kill police", reference) == 0.5
    assert rouge_2("the gunman police killed", reference) == pytest.approx(2 / 3)


def test_union_of_subsequences_of_the_example_of_lin_2004():
    # reference w1..w5, candidates "w1 w2 w6 w7 w8" and "w1 w3 w8 w9 w5": the union is w1 w2 w3 w5
    score = rouge_lsum("w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", "w1 w2 w3 w4 w5")
    assert score == pytest.approx(2 * 4 / (10 + 5))


def test_sentences_matter_to_rouge_lsum_only():
    assert rouge_lsum("b\na", "a\nb") == 1 > rouge_lsum("b a", "a b") == rouge_l("b\na", "a\nb")


def test_other_scripts_score_with_a_tokeniser_for_them():
    assert rouge_l("肺炎", "肺炎") == 0
    assert rouge_l("肺炎", "肺癌", tokeniser=words_and_ideographs) == 0.5


def test_clipping_of_the_example_of_papineni_2002():
    counts = bleu_counts("the the the the the the the", ["the cat is on the mat", "there is a cat on the mat"])
    assert counts[2] == 2 and counts[6] == 7


def test_bleu_by_hand():
    # 4 of 5 words, 3 of 4 pairs, 2 of 3 triples, 1 of 2 quadruples, one word too few
    expected = (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25 * math.exp(1 - 6 / 5)
    assert corpus_bleu(["a b c d x"], ["a b c d e f"]) == pytest.approx(expected)


def test_short_texts_score_alone_but_not_as_a_set():
    assert sentence_bleu("no mass", "no mass") == 1
    assert corpus_bleu(["no mass"], ["no mass"]) == 0


def test_counts_of_records_add_up_to_the_set():
    said, true = ["a b c d e", "x a b c d"], ["a b c d", ["a b c d e", "q"]]
    counts = sum(bleu_counts(p, t) for p, t in zip(said, true))
    assert bleu_of_counts(counts) == corpus_bleu(said, true)
    assert chrf_counts("ab", "ab").sum() == 3 * 3


def test_chrf_by_hand():
    # "ab" and "abc": precision 1 and 1, recall 2/3 and 1/2; the third order is left out
    precision, recall = 1, (2 / 3 + 1 / 2) / 2
    assert sentence_chrf("ab", "abc") == pytest.approx(5 * precision * recall / (4 * precision + recall))


def test_meteor_by_hand():
    # the example of Banerjee and Lavie 2005: 6 of 8 and 7 words match in two chunks, here with P = 6/6 and R = 6/7
    said, true = "the president spoke to the audience", "the president then spoke to the audience"
    mean = 1 * (6 / 7) / (0.9 * 1 + 0.1 * 6 / 7)
    assert meteor(said, true) == pytest.approx((1 - 0.5 * (2 / 6) ** 3) * mean)


def test_stems_match_after_words():
    assert meteor("nodules", "nodule") == 0.5 == meteor("nodule", "nodule")
    assert meteor("nodules", "mass") == 0


@pytest.mark.parametrize(
    "word, stem",
    [
        ("caresses", "caress"), ("ponies", "poni"), ("feed", "feed"), ("agreed", "agre"), ("plastered", "plaster"),
        ("conflated", "conflat"), ("hopping", "hop"), ("falling", "fall"), ("filing", "file"), ("happy", "happi"), ("sky", "sky"),
        ("conditional", "condit"), ("radicalli", "radic"), ("vietnamization", "vietnam"), ("hopefulness", "hope"),
        ("electriciti", "electr"), ("adoption", "adopt"), ("replacement", "replac"), ("probate", "probat"), ("rate", "rate"),
        ("cease", "ceas"), ("controll", "control"), ("roll", "roll"),
    ],
)  # fmt: skip
def test_stems_are_those_of_porters_paper(word, stem):
    assert porter_stem(word) == stem


def test_cider_by_hand():
    # every word is in one reference or none and weighs log 2; cosines of single words 1 and 1/2, of longer n-grams 0
    value = cider(["a", "b c"], ["a", "b d"])
    assert value == pytest.approx(10 * (1 / 4 + 1 / 2 / 4) / 2)


def test_what_every_record_says_is_worth_nothing_to_cider():
    assert cider(["a b", "a b"], ["a b", "a b"]) == 0
    assert math.isnan(cider(["a"], ["a"]))


def test_a_length_that_is_off_costs_in_cider():
    true = ["p q", "r s"]
    assert cider(["p q", "r s"], true) > cider(["p q", "r s x x x x x x"], true)


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=3))
def test_record_scores_are_in_range_and_the_truth_itself_scores_best(a, several):
    for score in RECORD:
        value = score(a, several)
        assert 0 <= value <= 1
        assert score(several[0], several[0]) + 1e-12 >= score(a, several[0])
        if score is not sentence_bleu:
            assert value == max(score(a, each) for each in several)


@given(TEXTS, TEXTS)
def test_symmetry_is_as_claimed(a, b):
    for score in (rouge_1, rouge_2, rouge_l):
        assert score(a, b) == score(b, a)


@given(st.lists(st.tuples(TEXTS, st.lists(TEXTS, min_size=1, max_size=2)), min_size=2, max_size=5))
def test_set_scores_are_in_range_whatever_the_order(records):
    said, true = [a for a, _ in records], [b for _, b in records]
    for score in SET:
        value = score(said, true)
        assert 0 <= value <= (10 if score is cider else 1) + 1e-12
        assert value == pytest.approx(score(said[::-1], true[::-1]))


@pytest.mark.parametrize("said, true", [([], []), (["a"], []), (["a"], ["b", "c"]), ("a", "a"), (["a"], [[]]), ([None], ["a"])])
def test_sets_that_do_not_pair_are_refused(said, true):
    for score in SET:
        with pytest.raises(ValueError):
            score(said, true)


def test_what_is_no_text_is_refused():
    for score in RECORD:
        with pytest.raises(ValueError):
            score(None, "a")
        with pytest.raises(ValueError):
            score("a", [])
