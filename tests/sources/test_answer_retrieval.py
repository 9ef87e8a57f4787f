from dataclasses import dataclass

from vesalius.checks import check_source
from vesalius.records import Record, Text
from vesalius.sources.answer_retrieval import AnswerRetrieval
from vesalius.sources.public.medquad import MEDQUAD

ROWS = [
    ("train", "What is gout?", "a disease"),
    ("test", "What is flu?", "an infection"),
    ("test", "what  is FLU?", "a cold"),
    ("test", "Who gets flu?", "an infection"),
    ("test", "What is gout?", "crystals"),
    ("validation", "What is mumps?", "swelling"),
]


@dataclass(frozen=True)
class Given:
    name = "given"
    tier = "simulator"
    description = "Given records."

    def records(self):
        return [
            Record(
                id=str(number),
                subject_id=str(number),
                fields={"question": Text(question), "answer": Text(answer)},
                licence="CC0",
                tags={"split": split},
            )
            for number, (split, question, answer) in enumerate(ROWS)
        ]


def right(source, number):
    names = source.records()[number].get("passages", Text).value.split(",")
    return {source.corpus().get(name) for name in names}


def test_the_answers_to_equal_questions_of_a_part_are_all_right():
    source = AnswerRetrieval(Given())
    assert right(source, 1) == right(source, 2) == {"an infection", "a cold"}
    assert right(source, 3) == {"an infection"} and right(source, 4) == {"crystals"}


def test_the_corpus_is_the_different_answers_of_the_test_part():
    source = AnswerRetrieval(Given())
    assert list(source.corpus().values()) == ["an infection", "a cold", "crystals"]
    assert right(source, 0) == {None}


def test_a_limit_thins_each_part():
    assert [record.tags["split"] for record in AnswerRetrieval(Given(), limit=2).records()] == [
        "train",
        "validation",
        "test",
        "test",
    ]


def test_it_keeps_the_contract_of_a_source():
    check_source(AnswerRetrieval(Given()))


def test_no_answer_of_medquads_corpus_was_one_in_training(public_data):
    public_data("medquad")
    source = AnswerRetrieval(MEDQUAD)
    parts = {split: [record for record in source.records() if record.tags["split"] == split] for split in ("train", "test")}
    learned = {record.get("answer", Text).value for record in parts["train"]}
    assert len(source.corpus()) > 1000
    assert not learned & set(source.corpus().values())
    assert not {record.subject_id for record in parts["train"]} & {record.subject_id for record in parts["test"]}
