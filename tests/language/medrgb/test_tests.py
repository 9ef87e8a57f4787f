"""The tests of MedRGB, proved by models of known behaviour."""

from dataclasses import replace

import numpy as np
import pytest

from tests.language.exams import key
from vesalius.errors import UserError
from vesalius.language.medrgb import (
    INSUFFICIENT,
    cases,
    copier,
    detection,
    integration_records,
    needed,
    parts,
    robustness,
    sceptic,
    searched,
    standard,
    sub_questions_of,
    sufficiency,
)
from vesalius.language.medrgb.cases import naming
from vesalius.language.mocks import oracle
from vesalius.language.questions import question_of
from vesalius.language.retrieval import Bm25, Document
from vesalius.language.steering import Ask
from vesalius.learners.integrated import Integrated
from vesalius.learners.steered import Steered
from vesalius.metrics import METRICS
from vesalius.records import Choices, Record, Text

COUNT = 40
CORPUS = [Document(f"d{n}", f"disease-{n}", f"disease-{n} has finding-{n}, finding-{n + 1000}.") for n in range(COUNT)]


def question(number):
    """Which finding a disease has; every wrong option is a finding of no disease."""
    options = [f"absent-{number}-{place}" for place in range(4)]
    options[number % 4] = f"finding-{number}"
    return Record(
        id=f"q{number}",
        subject_id=f"q{number}",
        fields={
            "question": Text(f"What has disease-{number}?"),
            "options": Choices(tuple(options)),
            "answer": Text("ABCD"[number % 4]),
        },
        licence="CC0-1.0",
        tags={"split": "test", "needs": f"d{number}"},
    )


QUESTIONS = [question(number) for number in range(COUNT)]


@pytest.fixture(scope="module")
def built():
    return cases(QUESTIONS, CORPUS, needed(CORPUS), noise=6, seed=0)


def share(model, records, metric="accuracy", target="answer"):
    learner = model if isinstance(model, Integrated) else Steered(lambda: model, Ask())
    inputs = {"question", "options", "context", "sub_questions"}
    blind = [replace(one, fields={name: value for name, value in one.fields.items() if name in inputs}) for one in records]
    said = learner.predict(blind)
    values = [
        METRICS[metric].function(p.value, one.get(target, Text).value) if p.value is not None else 0.0
        for p, one in zip(said, records, strict=True)
    ]
    return float(np.mean(values))


@pytest.mark.parametrize(("rate", "reads"), [(0.0, 1.0), (0.5, 1.0), (0.75, 1.0), (1.0, 0.0)])
def test_noise_leaves_a_copier_what_it_finds_and_changes_nothing_for_a_sceptic(built, rate, reads):
    records = [standard(case, rate, 0) for case in built]
    assert share(copier(), records) == reads
    assert share(sceptic(), records) == share(sceptic(), QUESTIONS)
    assert share(oracle(key(QUESTIONS)), records) == 1.0


@pytest.mark.parametrize(("rate", "true", "noise"), [(0.0, 1, 0), (0.5, 1, 1), (0.75, 1, 3), (1.0, 0, 1)])
def test_the_share_of_noise_is_what_it_is_said_to_be(built, rate, true, noise):
    for case in built:
        lines = standard(case, rate, 0).get("context", Text).value.split("\n")
        assert len(lines) == true + noise
        assert sum(line == case.signal[0].text for line in lines) == true
        assert sum(bool(naming(case.right).search(line)) for line in lines) == true


def test_the_place_of_the_signal_is_by_chance(built):
    places = [standard(case, 0.75, 0).get("context", Text).value.split("\n").index(case.signal[0].text) for case in built]
    assert set(places) == {0, 1, 2, 3}


def test_only_noise_is_insufficient_and_one_more_option_says_so(built):
    some, none = ([sufficiency(case, rate, 0) for case in built] for rate in (0.5, 1.0))
    assert {one.get("answer", Text).value for one in none} == {"E"}
    assert all(one.get("options", Choices).options[4] == INSUFFICIENT for one in some)
    assert share(copier(), some) == share(copier(), none) == 1.0
    assert share(oracle(key(QUESTIONS)), none) == 0.0


@pytest.mark.parametrize(("rate", "right", "followed"), [(0.0, 1.0, 0.0), (1.0, 0.0, 1.0)])
def test_a_copier_follows_counterfactual_documents_and_an_oracle_never(built, rate, right, followed):
    records = [robustness(case, rate, 0) for case in built]
    assert share(copier(), records, "resisted_accuracy", "key") == right
    assert share(copier(), records, "suggestion_followed", "key") == followed
    assert share(oracle(key(QUESTIONS)), records, "resisted_accuracy", "key") == 1.0
    assert share(sceptic(), records, "resisted_accuracy", "key") == share(sceptic(), QUESTIONS)


def test_against_two_counterfactual_documents_a_copier_loses_and_against_one_its_order_decides(built):
    two = [robustness(case, 2 / 3, 0) for case in built]
    assert all(len(one.get("context", Text).value.split("\n")) == 3 for one in two)
    assert share(copier(), two, "suggestion_followed", "key") == 1.0
    one = [robustness(case, 0.5, 0) for case in built]
    earlier = np.mean([case.planted < "ABCD".index(case.record.get("answer", Text).value) for case in built])
    assert share(copier(), one, "suggestion_followed", "key") == earlier


def test_a_counterfactual_document_names_the_planted_option_where_the_right_one_stood(built):
    for case in built:
        text = robustness(case, 1.0, 0).get("context", Text).value
        assert not naming(case.right).search(text)
        assert case.question.options[case.planted] in text


def test_half_of_the_documents_to_be_judged_are_right(built):
    records = [one for case in built for one in detection(case)]
    false = [one.get("answer", Text).value == "B" for one in records]
    assert 0.3 < np.mean(false) < 0.7
    for one, wrong, case in zip(records, false, built, strict=True):
        assert bool(naming(case.right).search(one.get("context", Text).value)) != wrong


def smaller(document, rng):
    return question(int(document.id[1:]))


def both(signal):
    """A question that needs two documents."""
    base = question(signal[0])
    return replace(base, tags={**base.tags, "needs": " ".join(f"d{number}" for number in signal)})


def test_every_document_answers_a_smaller_question_behind_all_documents():
    (case,) = cases([both((3, 5))], CORPUS, needed(CORPUS), noise=0, seed=0)
    whole, small = integration_records(case, smaller, 0)
    assert [one.get("question", Text).value for one in small] == ["What has disease-3?", "What has disease-5?"]
    assert {one.subject_id for one in small} == {whole.subject_id} and len({one.id for one in small}) == 2
    assert len({one.get("context", Text).value for one in [whole, *small]}) == 1
    assert share(copier(), small) == 1.0
    assert [one.answer for one in sub_questions_of(whole)] == [None, None]


def test_smaller_answers_are_read_before_the_question():
    (case,) = cases([both((3, 5))], CORPUS, needed(CORPUS), noise=0, seed=0)
    whole, _ = integration_records(case, smaller, 0)
    backend = copier()
    answered = Integrated(lambda: backend, Ask()).predict([whole])[0]
    *_, last = backend.asked
    assert "What has disease-5? finding-5." in last and last.index("finding-5.") < last.rindex("What has disease-3?")
    assert answered.value == "D" and answered.calls == 3


def test_smaller_answers_leave_a_question_with_blank_lines_whole():
    base = both((3, 5))
    asked = "A man of 50.\n\nHe has fever.\n\nWhat has disease-3?"
    base = replace(base, fields={**base.fields, "question": Text(asked)})
    (case,) = cases([base], CORPUS, needed(CORPUS), noise=0, seed=0)
    whole, _ = integration_records(case, smaller, 0)
    backend = copier()
    Integrated(lambda: backend, Ask()).predict([whole])
    *small, last = backend.asked
    assert all("A man of 50." not in one for one in small)
    assert f"finding-5.\n\n{asked}\nA. " in last
    bare = replace(whole, fields={name: value for name, value in whole.fields.items() if name != "context"})
    Integrated(lambda: backend, Ask()).predict([bare])
    assert backend.asked[3].startswith("Question: What has disease-3?")
    assert backend.asked[5].startswith(f"Question: {asked}\nA. ")


def test_a_record_without_smaller_questions_is_asked_as_it_is(built):
    records = [standard(case, 0.0, 0) for case in built[:3]]
    assert share(Integrated(copier, Ask()), records) == share(copier(), records) == 1.0


def test_a_damaged_field_of_smaller_questions_is_named():
    record = replace(QUESTIONS[0], fields={**QUESTIONS[0].fields, "sub_questions": Text("[1")})
    with pytest.raises(UserError, match="record q0, field 'sub_questions'"):
        sub_questions_of(record)


def test_where_nobody_says_which_documents_answer_they_are_searched():
    found = searched(Bm25(CORPUS, tokenise=lambda text: text.replace("?", "").replace(".", "").split()), 1)
    made = cases(QUESTIONS[:3], CORPUS, found, noise=2, seed=0)
    assert [case.signal[0].id for case in made] == ["d0", "d1", "d2"]


def test_noise_never_names_the_right_option_nor_is_about_an_option():
    diseases = replace(
        question(1),
        fields={
            "question": Text("Who has finding-1?"),
            "options": Choices(("disease-1", "disease-2", "disease-3", "disease-4")),
            "answer": Text("A"),
        },
    )
    (case,) = cases([diseases], CORPUS, needed(CORPUS), noise=30, seed=0)
    assert not {document.title for document in case.noise} & {"disease-1", "disease-2", "disease-3", "disease-4"}


def test_too_small_a_corpus_and_missing_answers_are_told():
    with pytest.raises(UserError, match="39 documents of no use"):
        cases(QUESTIONS[:1], CORPUS, needed(CORPUS), noise=50, seed=0)
    bare = replace(QUESTIONS[0], fields={name: QUESTIONS[0].fields[name] for name in ("question", "options")})
    with pytest.raises(UserError, match="'answer'"):
        cases([bare], CORPUS, needed(CORPUS), noise=1, seed=0)


FIFTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def test_shares_are_exact_and_as_many_documents_are_shown_at_each():
    assert [parts(5, rate) for rate in FIFTHS] == [(5, 0), (4, 1), (3, 2), (2, 3), (1, 4), (0, 5)]
    assert [parts(1, rate) for rate in FIFTHS] == [(1, 0), (4, 1), (3, 2), (2, 3), (1, 4), (0, 1)]
    assert question_of(QUESTIONS[0]).answer == 0


@pytest.mark.parametrize("rate", FIFTHS)
@pytest.mark.parametrize("signal", [1, 2, 5])
def test_so_many_documents_are_false_and_none_stands_there_twice(rate, signal):
    base = replace(question(0), tags={"split": "test", "needs": " ".join(f"d{number}" for number in range(signal))})
    (case,) = cases([base], CORPUS, needed(CORPUS), noise=6, seed=0)
    lines = robustness(case, rate, 0).get("context", Text).value.split("\n")
    true = {document.text for document in CORPUS}
    assert len(set(lines)) == len(lines) and sum(line not in true for line in lines) == pytest.approx(rate * len(lines))
    planted = naming(case.question.options[case.planted])
    assert [bool(planted.search(line)) for line in lines] == [line not in true for line in lines]
    assert rate == 1 or case.signal[0].text in lines


def test_noise_takes_the_places_of_documents_that_answer_where_there_are_several():
    base = replace(question(0), tags={"split": "test", "needs": "d0 d1 d2 d3 d4"})
    (case,) = cases([base], CORPUS, needed(CORPUS), noise=5, seed=0)
    for rate in FIFTHS:
        lines = standard(case, rate, 0).get("context", Text).value.split("\n")
        assert len(set(lines)) == 5 and sum(line in {one.text for one in case.noise} for line in lines) == round(5 * rate)


def test_a_share_that_the_documents_do_not_give_is_told(built):
    with pytest.raises(UserError, match=r"record q0: 1 documents, where the share 0\.2 takes 4"):
        standard(built[0], 0.2, 0)
