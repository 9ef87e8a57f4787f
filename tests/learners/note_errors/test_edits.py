import math

import numpy as np
import pytest

from vesalius.learners.note_errors.associations import Associations, words
from vesalius.learners.note_errors.edits import Editor
from vesalius.learners.note_errors.replacements import Phrases, replaced, replacement

NOTES = [*[words("gout urate toe given colchicine")] * 4, *[words("flu fever cough given oseltamivir")] * 4]
PAIRS = [("It is gout.", "It is flu."), ("Given colchicine.", "Given oseltamivir.")]
SENTENCES = [sentence for pair in PAIRS for sentence in pair]


def test_associations_are_hand_computed_and_unknown_words_say_nothing():
    known = Associations(NOTES)
    table = known.between(["gout", "given", "rare"], ["urate", "fever"])
    # gout and urate stand together in 4 notes of 8, where 4·4/8 = 2 are expected; gout and fever in none
    assert table == pytest.approx(np.array([[math.log(5 / 3), math.log(1 / 3)], [0, 0], [0, 0]]))
    assert known.between([], ["urate"]).shape == (0, 1)
    assert "rare" not in Associations([["rare"], ["other"]])


@pytest.mark.parametrize(
    ("wrong", "right", "old", "new", "context"),
    [
        ("It is gout.", "It is flu.", "gout", "flu", ("is", "")),
        ("Aspirin is given.", "Heparin is given.", "Aspirin", "Heparin", ("", "is")),
        ("He is given a drug.", "He is given a a drug.", "", "a", ("a", "drug")),
        ("The same.", "The same.", "", "", ("same", "")),
        ("Old.", "All of it is new.", "Old", "All of it is new", ("", "")),
    ],
)
def test_the_shortest_differing_run_is_found_with_its_context(wrong, right, old, new, context):
    found = replacement(wrong, right)
    assert (found.old, found.new, found.context) == (old, new, context)


def test_a_change_leaves_marks_and_spaces():
    assert replaced("  Given  Aspirin (now), 2.5 mg.", 1, 2, "heparin") == "  Given  heparin (now), 2.5 mg."


def test_phrases_come_back_from_json_and_know_where_they_stand():
    phrases = Phrases.learned(PAIRS, SENTENCES)
    assert set(phrases.known) == {("gout",), ("flu",), ("colchicine",), ("oseltamivir",)}
    assert phrases.before[("gout",)] == {"is"} and phrases.before[("oseltamivir",)] == {"given"}
    # a phrase that was never seen, where phrases were replaced
    assert phrases.replaceable(words("It is rheumatic fever.")) == [(2, 4)]
    assert Phrases.from_json(phrases.to_json()) == phrases


def test_the_change_that_agrees_best_with_the_rest_gains_most_and_one_of_another_kind_is_not_made():
    editor = Editor(Associations(NOTES), Phrases.learned(PAIRS, SENTENCES))
    note = [words(text) for text in ("Urate was high.", "It is flu.", "Given colchicine.")]
    plain, wrong, given = editor.judge(note)
    assert plain.edit is None
    assert (wrong.edit.start, wrong.edit.end, wrong.edit.new) == (2, 3, ("gout",))
    # gout beside urate and colchicine, flu beside neither; what both have with "given" is nothing
    assert wrong.edit.gain == pytest.approx(2 * (math.log(5 / 3) - math.log(1 / 3)))
    assert given.edit.new == ("oseltamivir",) and given.edit.gain < wrong.edit.gain
    assert wrong.least == pytest.approx(2 * math.log(1 / 3))


def test_what_the_note_says_already_is_not_put_in():
    editor = Editor(Associations(NOTES), Phrases.learned(PAIRS, SENTENCES))
    assert editor.judge([words("It is flu."), words("Not gout.")])[0].edit is None
