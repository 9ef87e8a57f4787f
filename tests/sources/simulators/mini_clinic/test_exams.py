from itertools import product

import pytest

from vesalius.checks import check_source, check_task
from vesalius.records import Choices, Text
from vesalius.sources.simulators.mini_clinic import Exam, general_corpus, guidelines, misinformation, textbook, world
from vesalius.sources.simulators.mini_clinic.exams import _PARTS
from vesalius.tasks.texts import choices_task

LEVELS = ("recall", "one step", "several steps")


def _right(record):
    return record.get("options", Choices).options["ABCD".index(record.get("answer", Text).value)]


@pytest.mark.parametrize(("level", "part"), list(product(LEVELS, _PARTS)))
def test_every_level_and_part_is_a_source_and_a_task(level, part):
    source = Exam(level=level, part=part, train=5, validation=2, test=10)
    check_source(source)
    check_task(choices_task(source))


def test_the_answer_of_several_steps_is_the_one_disease_with_all_findings():
    for record in Exam(level="several steps", test=100).records():
        text = record.get("question", Text).value
        asked = set(text.removeprefix("A patient has ").removesuffix(". Which disease is it?").split(", "))
        fits = [name for name in record.get("options", Choices).options if asked <= world().findings[name]]
        assert fits == [_right(record)]


def test_written_steps_say_what_is_true_and_lead_to_the_answer():
    for record in Exam(level="several steps", test=50).records():
        for step in record.get("explanation", Text).value.rstrip(".").split(". "):
            disease, compared = step.split(": ")
            *pairs, count = compared.split(", ")
            told = {pair.split()[0]: pair.split()[1] == "yes" for pair in pairs}
            assert all(has == (finding in world().findings[disease]) for finding, has in told.items())
            assert int(count) == sum(told.values()) and (int(count) == 4) == (disease == _right(record))


def test_recall_has_one_right_option():
    one = world()
    for record in Exam(level="recall", test=100).records():
        options, disease = record.get("options", Choices).options, record.tags["disease"]
        facts = one.findings[disease] | {one.test[disease], one.treatment[disease]}
        assert [option for option in options if option in facts] == [_right(record)]


def test_one_step_offers_the_first_choice_and_the_alternative_and_each_is_right_about_half_of_the_time():
    one, first = world(), 0
    records = Exam(level="one step", test=200).records()
    for record in records:
        treatment = one.treatment[record.tags["disease"]]
        assert {treatment, one.alternative[treatment]} <= set(record.get("options", Choices).options)
        condition = record.get("question", Text).value.split(" also has ")[1].split(".")[0]
        assert _right(record) == one.given(record.tags["disease"], condition)
        first += _right(record) == treatment
    assert 0.35 < first / len(records) < 0.65


def test_needed_documents_hold_the_answer():
    pages = {page.id: page.text for page in (*textbook(), *guidelines())}
    for level in ("recall", "one step"):
        for record in Exam(level=level, test=30).records():
            text = " ".join(pages[name] for name in record.tags["needs"].split())
            assert _right(record) in text.replace(".", " ").replace(",", " ").split()


def test_parts_differ_in_disease_form_and_language():
    one = world()
    new = Exam(level="recall", part="new diseases", test=50).records()
    assert {record.tags["disease"] for record in new} <= set(one.new)
    known = Exam(level="recall", test=50).records()
    assert {record.tags["disease"] for record in known} <= set(one.known)
    form = Exam(level="recall", part="new form", test=1).records()[0]
    assert "name the" in form.get("question", Text).value.lower() and form.tags["disease"] in one.known
    second = Exam(level="recall", part="second dialect", test=1).records()[0]
    assert not set(second.get("options", Choices).options) & set(one.terms)


def test_no_question_is_in_two_splits_and_another_seed_asks_others():
    records = Exam(level="several steps", train=50, test=50).records()
    assert len({record.id for record in records}) == 100
    others = Exam(level="several steps", train=50, test=50, seed=1).records()
    assert not {record.id for record in records} & {record.id for record in others}


def test_label_noise_is_planted_at_its_rate_and_never_in_the_test():
    clean, noisy = (Exam(level="recall", train=300, test=50, noise=noise).records() for noise in (0.0, 0.3))
    wrong = [one.get("answer", Text) != two.get("answer", Text) for one, two in zip(clean, noisy, strict=True)]
    assert 0.22 < sum(wrong[:300]) / 300 < 0.38 and not any(wrong[300:])


def test_misinformation_is_wrong_and_general_texts_are_of_no_use():
    one = world()
    for page in misinformation():
        said = {word.strip(".,") for word in page.text.split()}
        assert not said & one.findings[page.title] and page.title in said
    assert not {word.strip(".") for page in general_corpus(20) for word in page.text.split()} & set(one.terms)


@pytest.mark.parametrize("seed", range(4))
def test_misinformation_has_no_true_test_or_treatment(seed):
    one = world()
    for page in misinformation(seed=seed):
        said = {word.strip(".,") for word in page.text.split()}
        assert one.test[page.title] not in said and one.treatment[page.title] not in said


def test_wrong_counts_are_refused():
    with pytest.raises(ValueError, match="from 0"):
        Exam(level="recall", test=-1)
