import pytest

from vesalius.errors import UserError
from vesalius.records import Text
from vesalius.sources.public.root import VARIABLE
from vesalius.systems.clinical_text.medec import SYSTEM
from vesalius.trials.scoring import record_scores


def test_no_version_of_a_note_is_both_learned_from_and_tested(public_data):
    public_data("medec")
    for size in ("smoke", "default"):
        (task,) = SYSTEM.tasks["medec"](size)
        split = task.split(task.source.records())
        subjects = [{record.subject_id for record in part} for part in (split.train, split.validation, split.test)]
        assert all(subjects) and not subjects[2] & (subjects[0] | subjects[1])
        assert size == "smoke" or not subjects[0] & subjects[1]
    assert (len(split.test), len(split.train) + len(split.validation)) == (597, 574)


def test_versions_of_the_release_share_a_subject_even_where_the_first_sentence_has_the_error(public_data):
    public_data("medec")
    (task,) = SYSTEM.tasks["medec"]("default")
    vipoma = [
        record for record in task.source.records() if "right lower abdominal pain for 6 months" in record.get("text", Text).value
    ]
    assert (
        len({record.subject_id for record in vipoma})
        == 1
        < len({record.get("text", Text).value.split(".")[0] for record in vipoma})
    )


def test_without_the_data_only_the_clinic_is_at_hand(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(UserError, match=VARIABLE):
        SYSTEM.tasks["medec"]("smoke")
    (task,) = SYSTEM.tasks["clinic"]("smoke")
    split = task.split(task.source.records())
    assert (len(split.train), len(split.validation), len(split.test)) == (40, 12, 12)


def test_a_blind_note_holds_neither_flag_nor_correction():
    (task,) = SYSTEM.tasks["clinic"]("smoke")
    assert task.blind(task.source.records()[0]).fields.keys() == {"sentences"}


def test_who_reads_nothing_gets_half_of_the_clinic(public_data):
    (task,) = SYSTEM.tasks["clinic"]("default")
    test = task.split(task.source.records()).test
    truths = [task.truth(record) for record in test]
    for name, build in SYSTEM.baselines(task, "default").items():
        said = build(0).predict([task.blind(record) for record in test])
        flag, sentence, composite = (record_scores(one.metric, said, truths).mean() for one in task.measures[:3])
        assert flag == 0.5 and (sentence == composite == 0.5 if name == "finds no error" else sentence < 0.4)


def test_the_model_of_the_miniature_is_asked_of_the_clinic_alone(public_data):
    public_data("medec")
    (real,), (clinic,) = SYSTEM.tasks["medec"]("smoke"), SYSTEM.tasks["clinic"]("smoke")
    assert set(SYSTEM.learners(real, "smoke")) == {"trained", "trained, sentence alone"}
    assert "fine-tuned" in SYSTEM.learners(clinic, "smoke")
