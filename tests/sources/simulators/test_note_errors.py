from collections import Counter

from vesalius.checks import check_source
from vesalius.metrics import NO_ERROR, read_correction
from vesalius.records import Label, Text
from vesalius.sources.notes import by_base_note, sentences_of
from vesalius.sources.simulators.mini_clinic.world import world
from vesalius.sources.simulators.note_errors import KINDS, NoteErrors

SOURCE = NoteErrors(train=60, validation=10, test=30)
RECORDS = SOURCE.records()


def told(record, field):
    return record.get(field, Text).value


def test_it_is_a_source_of_pairs_of_one_subject_whose_splits_share_none():
    check_source(SOURCE)
    assert Counter(record.tags["split"] for record in RECORDS) == {"train": 120, "validation": 20, "test": 60}
    assert all(count == 2 for count in Counter(record.subject_id for record in RECORDS).values())
    assert len({told(record, "text") for record in RECORDS}) == len(RECORDS)
    assert [one.get("flag", Label).value for one in RECORDS[:2]] == ["correct", "error"]


def test_one_sentence_is_wrong_and_its_correction_gives_the_right_version():
    for right, wrong in zip(RECORDS[::2], RECORDS[1::2], strict=True):
        assert read_correction(told(right, "review")) == NO_ERROR
        said, sentences = read_correction(told(wrong, "review")), sentences_of(told(wrong, "sentences"))
        assert sentences[said.sentence] == told(wrong, "error_sentence") != said.correction
        assert {**sentences, said.sentence: said.correction} == sentences_of(told(right, "sentences"))
        assert told(wrong, "corrected_text") == told(right, "text")


def test_every_kind_of_error_contradicts_the_facts():
    one, seen = world(), Counter()
    for right, wrong in zip(RECORDS[::2], RECORDS[1::2], strict=True):
        seen[kind := wrong.tags["type"]] += 1
        true, false = (sentences_of(told(record, "sentences")) for record in (right, wrong))
        disease = true["3"].removeprefix("The diagnosis is ").rstrip(".")
        findings = {name for number in "01" for name in true[number].removeprefix("The patient has ").rstrip(".").split(", ")}
        condition = true["2"].removeprefix("The patient also has ").rstrip(".")
        assert findings <= one.findings[disease]
        assert true["4"] == f"The patient is given {one.given(disease, condition)}."
        if kind == "diagnosis":
            named = false["3"].removeprefix("The diagnosis is ").rstrip(".")
            assert len(findings - one.findings[named]) >= 3
        elif kind == "finding":
            now = {name for number in "01" for name in false[number].removeprefix("The patient has ").rstrip(".").split(", ")}
            assert len(now - one.findings[disease]) == 1
        else:
            assert false["4"] != true["4"]
    assert seen.keys() == set(KINDS)


def test_its_versions_are_found_to_be_versions_and_seeds_differ():
    subjects = [record.subject_id for record in by_base_note(RECORDS)]
    pairs = zip(subjects[::2], subjects[1::2], strict=True)
    # three long sentences of five; an error in one of them leaves half or more
    assert sum(first == second for first, second in pairs) > len(subjects) / 4
    assert [told(one, "text") for one in NoteErrors(test=5, seed=1).records()] != [
        told(one, "text") for one in NoteErrors(test=5).records()
    ]
