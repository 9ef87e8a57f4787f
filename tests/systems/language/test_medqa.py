import pytest

from vesalius.learners.option_reader import OptionReader
from vesalius.records import Text
from vesalius.sources.public.medqa import MEDQA_4
from vesalius.systems.language.medqa import BUDGETS, SYSTEM, _split, recipe
from vesalius.systems.language.reading_tasks import documents


@pytest.fixture(scope="module")
def clinic():
    (task,) = SYSTEM.tasks["clinic"]("smoke")
    return task


def arms(task):
    return {**SYSTEM.learners(task, "smoke"), **SYSTEM.baselines(task, "smoke")}


def accuracy(learner, task):
    records = task.split(task.source.records()).test
    said = learner.predict([task.blind(record) for record in records])
    return sum(one.value == record.get("answer", Text).value for one, record in zip(said, records, strict=True)) / len(records)


def test_rules_find_the_clinics_answers_where_chance_does_not(clinic):
    scores = {name: accuracy(arms(clinic)[name](0), clinic) for name in ("chance", "retrieval", "pmi")}
    assert scores["chance"] < 0.5 < scores["pmi"] <= scores["retrieval"]
    assert scores["retrieval"] > 0.9


def test_no_answer_of_the_clinics_test_can_be_learnt_by_heart(clinic):
    split = clinic.split(clinic.source.records())
    parts = [{record.get("question", Text).value for record in part} for part in (split.train, split.validation, split.test)]
    assert all(parts) and not parts[2] & (parts[0] | parts[1])


def test_chance_follows_the_seed_and_the_rules_do_not(clinic):
    for name, same in (("chance", False), ("retrieval", True)):
        one, other = (arms(clinic)[name](seed) for seed in (0, 1))
        records = [clinic.blind(record) for record in clinic.split(clinic.source.records()).test]
        assert ([p.value for p in one.predict(records)] == [p.value for p in other.predict(records)]) is same


def test_readers_differ_by_network_and_context_alone(clinic):
    readers = [name for name, build in arms(clinic).items() if isinstance(build(0), OptionReader)]
    assert readers == ["max-out", "transformer", "transformer, no context"]
    budget = BUDGETS["default"]
    kinds = [(recipe(budget, name).kind, recipe(budget, name).passages) for name in readers]
    assert kinds == [("max-out", budget.passages), ("transformer", budget.passages), ("transformer", 0)]
    assert len({recipe(budget, name).regime for name in readers}) == 1


def test_the_textbook_holds_the_answers_of_the_clinic(clinic):
    pages = {page.title: page.text for page in documents(clinic.tags["data"], "textbook") if page.id.startswith("textbook/")}
    for record in clinic.split(clinic.source.records()).test:
        right = record.fields["options"].options["ABCD".index(record.get("answer", Text).value)]
        assert right in pages[record.tags["disease"]]


def test_test_questions_alone_are_split_and_a_full_release_is_not(public_data):
    public_data("mirage")
    records = MEDQA_4.records()
    split = _split(None, records)
    assert len(split.train) + len(split.validation) + len(split.test) == len(records) or split.train[0].tags["split"] == "train"
    assert 0.3 < len(split.test) / len(records) < 0.5


def test_the_corpus_of_medqa_is_medquad_in_passages(public_data):
    public_data("mirage")
    public_data("medquad")
    (task,) = SYSTEM.tasks["medqa"]("smoke")
    corpus = documents(task.tags["data"], "textbook", "smoke")
    assert len(corpus) > 10 and max(len(passage.text.split()) for passage in corpus) <= 100
