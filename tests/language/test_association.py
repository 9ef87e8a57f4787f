from math import log

import pytest

from vesalius.language.association import Association


def test_pmi_is_worked_by_hand():
    association = Association(
        ["gout hurts joints", "gout hurts feet", "asthma narrows airways", "asthma narrows airways"], window=4
    )
    gout = association.scores("gout", ["joints", "airways", "feet"])
    assert gout == pytest.approx([log(1 / 4 / (2 / 4 * 1 / 4)), 0, log(1 / 4 / (2 / 4 * 1 / 4))])
    # the words gout and hurts and the pair of them, each with joints
    assert association.scores("gout hurts", ["joints"]) == pytest.approx([log(2)])
    assert association.scores("asthma gout", ["joints"]) == pytest.approx([log(2) / 2])


def test_words_that_stand_far_apart_are_not_together():
    far = Association(["gout " + "filler " * 20 + "joints", "joints", "feet"], window=10)
    near = Association(["gout " + "filler " * 4 + "joints", "joints", "feet"], window=10)
    assert far.scores("gout", ["joints"]) == 0 < near.scores("gout", ["joints"])


def test_common_and_unknown_words_say_nothing():
    association = Association(["the gout of the joints"])
    assert association.scores("of the", ["joints"]) == association.scores("gout", ["nothing known"]) == 0
    assert association.scores("", ["", "joints"]).tolist() == [0, 0]


def test_counts_of_a_large_corpus_do_not_overflow():
    count = 50_000  # its square is over the range of 32 bits
    association = Association(["gout hurts"] * count + ["asthma"] * count, window=4)
    assert association.scores("gout", ["hurts"]) == pytest.approx([log(2)])
