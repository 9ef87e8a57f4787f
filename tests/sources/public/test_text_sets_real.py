from collections import Counter

import pytest

from vesalius.checks import check_source
from vesalius.records import Choices, Text
from vesalius.sources.public.text_sets import TEXT_SETS
from vesalius.tasks.texts import by_release

COUNTS = {
    "medqa-4": ("mirage", {"test": 1273}),
    "medmcqa": ("mirage", {"test": 4183}),
    "pubmedqa": ("pubmedqa", {"train": 500, "test": 500}),
    "mmlu-medical": ("mirage", {"test": 1089}),
    "bioasq": ("mirage", {"test": 326}),
    "bioasq-ideal": ("mirage", {"test": 1310}),
    "frenchmedmcqa": ("frenchmedmcqa", {"train": 2170, "validation": 312, "test": 622}),
    "healthfc-en": ("healthfc", {"test": 750}),
    "healthfc-de": ("healthfc", {"test": 750}),
    "cmqcic": ("cmqcic", {"test": 785}),
    "medec": ("medec", {"validation": 574, "test": 597}),
    "medquad": ("medquad", {"train": 13976, "validation": 778, "test": 1653}),
    "mts-dialog": ("mts-dialog", {"train": 1201, "validation": 100, "test": 400}),
    "aci-bench": ("aci-bench", {"train": 67, "validation": 20, "test": 120}),
}


@pytest.mark.parametrize("name", COUNTS)
def test_the_real_release_is_read_whole(public_data, name):
    needs, counts = COUNTS[name]
    public_data(needs)
    check_source(TEXT_SETS[name])
    records = TEXT_SETS[name].records()
    assert Counter(record.tags["split"] for record in records) == counts


def test_no_question_of_medquad_is_both_learned_from_and_tested(public_data):
    public_data("medquad")
    split = by_release(TEXT_SETS["medquad"].records())
    for asked in (lambda record: record.subject_id, lambda record: record.get("question", Text).value):
        train, test = ({asked(record) for record in part} for part in (split.train, split.test))
        assert not train & test


def test_the_questions_that_two_subjects_of_mmlu_share_are_known(public_data):
    public_data("mirage")
    subjects = {}
    for record in TEXT_SETS["mmlu-medical"].records():
        asked = record.get("question", Text).value, record.get("options", Choices).options
        subjects.setdefault(asked, set()).add(record.tags["subject"])
    shared = Counter(tuple(sorted(each)) for each in subjects.values() if len(each) > 1)
    assert shared == {("clinical_knowledge", "college_medicine"): 78}


def test_real_french_questions_have_one_to_five_right_options(public_data):
    public_data("frenchmedmcqa")
    records = TEXT_SETS["frenchmedmcqa"].records()
    right = Counter(len(record.get("answer", Text).value.split(",")) for record in records)
    assert right == {1: 1079, 2: 670, 3: 930, 4: 382, 5: 43}
    assert all((record.tags["type"] == "simple") == ("," not in record.get("answer", Text).value) for record in records)
