from vesalius.checks import check_source
from vesalius.records import Text
from vesalius.sources.simulators.health_questions import HealthQuestions, _terms


def texts(source, field):
    return [record.get(field, Text).value.lower() for record in source.records()]


def test_it_keeps_the_contract_of_a_source():
    check_source(HealthQuestions(pairs=50))


def test_answers_are_in_clinical_terms_and_questions_in_plain_ones_as_often_as_planted():
    for gap in (0.0, 0.4, 1.0):
        source = HealthQuestions(pairs=400, gap=gap)
        plain = 0
        for record, question, answer in zip(source.records(), texts(source, "question"), texts(source, "answer"), strict=True):
            for clinical in record.subject_id.split("+"):
                assert clinical in answer
                plain += clinical not in question
        assert abs(plain / 800 - gap) < 0.06


def test_no_two_pairs_ask_the_same_and_no_subject_is_in_two_parts():
    records = HealthQuestions().records()
    asked = {(record.subject_id, record.tags["intent"]) for record in records}
    assert len(asked) == len(records)
    parts = {split: {r.subject_id for r in records if r.tags["split"] == split} for split in ("train", "validation", "test")}
    assert not parts["train"] & (parts["validation"] | parts["test"]) and not parts["validation"] & parts["test"]
    assert 0.15 < len(parts["test"]) / sum(map(len, parts.values())) < 0.35


def test_each_condition_of_the_test_stands_in_training():
    records = HealthQuestions().records()
    trained = {name for record in records if record.tags["split"] == "train" for name in record.subject_id.split("+")}
    assert trained == {clinical for clinical, _ in _terms()}


def test_no_plain_name_is_a_clinical_one():
    clinical, plain = zip(*_terms(), strict=True)
    assert len(set(clinical)) == len(set(plain)) == len(_terms()) == 60
    assert not set(clinical) & set(plain)
