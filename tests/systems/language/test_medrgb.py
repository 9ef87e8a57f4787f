import pytest

from tests.systems.language.clinic_reader import reader, scores
from vesalius.language.medrgb import INSUFFICIENT, parts, sub_questions_of
from vesalius.records import Choices, Text
from vesalius.systems.language import medrgb, medrgb_tasks
from vesalius.systems.language.medrgb import MEMORY_BY_LETTER, MEMORY_BY_STEPS, SYSTEM
from vesalius.systems.language.medrgb_tasks import FALSE, NOISE, SIGNAL, SUFFICIENT
from vesalius.systems.language.reading_tasks import documents

SIFTED = "documents judged useful, steps"


@pytest.fixture
def model(monkeypatch):
    backend = reader()
    monkeypatch.setattr(medrgb, "opened", lambda name: backend)
    return backend


def tasks(size="smoke"):
    return {task.name: task for task in SYSTEM.tasks["clinic"](size)}


def records(task):
    return task.split(task.source.records()).test


def test_every_test_is_there_at_its_shares():
    names = list(tasks("default"))
    assert names[: len(NOISE["clinic"]["default"])] == [f"clinic standard, noise {rate:g}" for rate in NOISE["clinic"]["default"]]
    assert [name for name in names if "robustness" in name] == [
        f"clinic robustness, counterfactual {r:g}" for r in FALSE["default"]
    ]
    assert {name.split()[1].strip(",") for name in names} == {
        *("standard", "sufficiency", "integration", "smaller", "robustness", "detection")
    }


def test_a_reader_that_sifts_is_right_where_documents_are_and_says_where_they_lack(model):
    every = tasks()
    assert scores(SYSTEM, every["clinic standard, noise 0.5"], [SIFTED, MEMORY_BY_STEPS]) == {
        SIFTED: 1.0,
        MEMORY_BY_STEPS: 0.0,
    }
    assert scores(SYSTEM, every["clinic sufficiency, noise 1"], [SIFTED, "copier"])[SIFTED] == 1.0
    assert scores(SYSTEM, every["clinic smaller questions, noise 0"], [SIFTED]) == {SIFTED: 1.0}


def test_no_documents_are_read_from_memory(model):
    scores(SYSTEM, tasks()["clinic standard, noise 0.5"], [MEMORY_BY_LETTER, MEMORY_BY_STEPS])
    assert all("\n\n" not in prompt for prompt in [*model.asked, *(prompt for prompt, _ in model.scored)])


def test_each_reader_has_a_baseline_that_answers_as_it_does(model):
    task = tasks()["clinic standard, noise 0.5"]

    def by_letter(arm):
        model.asked.clear(), model.scored.clear()
        scores(SYSTEM, task, [arm], "default")
        return not model.asked and bool(model.scored)

    readers = [name for name in SYSTEM.learners(task, "default") if name not in ("copier", "sceptic")]
    assert {name: by_letter(name) for name in readers} == {name: "steps" not in name for name in readers}
    assert {name: by_letter(name) for name in SYSTEM.baselines(task, "smoke")} == {MEMORY_BY_LETTER: True, MEMORY_BY_STEPS: False}


@pytest.mark.parametrize("size", ["smoke", "default", "paper"])
def test_the_share_in_every_name_is_that_of_the_documents(size, monkeypatch):
    monkeypatch.setattr(medrgb_tasks, "TEST", {size: 2})
    medrgb_tasks._clinic_cases.cache_clear()
    pages = {one.text for one in documents("clinic", "textbook")}
    for name, task in tasks(size).items():
        test, rate = task.tags["test"], float(task.tags["rate"])
        if test == "detection":
            continue
        for record in records(task):
            lines = record.get("context", Text).value.split("\n")
            own = {one.text for one in documents("clinic", "textbook") if one.id in record.tags["needs"].split()}
            other = pages if test == "robustness" else own
            if test != "smaller questions":
                assert sum(line not in other for line in lines) == pytest.approx(rate * len(lines)), name
            assert len(set(lines)) == len(lines), name
    medrgb_tasks._clinic_cases.cache_clear()


@pytest.mark.parametrize("size", ["smoke", "default", "paper"])
def test_the_documents_of_medqa_give_every_share_and_as_many_are_shown_at_each(size):
    rates = {*NOISE["medqa"][size], *SUFFICIENT["medqa"][size], *FALSE[size]}
    assert {sum(parts(SIGNAL["medqa"][size], rate)) for rate in rates} == {SIGNAL["medqa"][size]}


def test_records_of_each_test_hold_what_it_needs():
    every = tasks()
    sufficient = records(every["clinic sufficiency, noise 1"])[0]
    assert sufficient.get("options", Choices).options[-1] == INSUFFICIENT
    whole = records(every["clinic integration, noise 0"])[0]
    small = [one for one in records(every["clinic smaller questions, noise 0"]) if one.subject_id == whole.subject_id]
    assert len(sub_questions_of(whole)) == len(small) == 4
    assert {one.get("context", Text).value for one in small} == {whole.get("context", Text).value}
    robust = every["clinic robustness, counterfactual 0.5"]
    assert robust.target == "key" and [m.metric.name for m in robust.measures] == ["resisted_accuracy", "suggestion_followed"]


def test_smaller_questions_first_is_an_arm_of_integration_alone():
    arms = {task.tags["test"]: set(SYSTEM.learners(task, "default")) for task in tasks().values()}
    first = "smaller questions first, steps"
    assert {test for test, names in arms.items() if first in names} == {"integration"}


def test_records_are_built_from_medqa_and_medquad(public_data):
    public_data("medquad")
    every = {task.name: task for task in SYSTEM.tasks["medqa"]("smoke")}
    asked = records(every["medqa standard, noise 0.5"])[0]
    assert len(asked.get("context", Text).value.split("\n")) == SIGNAL["medqa"]["smoke"] == 4
    assert len(records(every["medqa detection, counterfactual 0.5"])) == 3 * 4
    whole = records(every["medqa integration, noise 0"])[0]
    assert len(sub_questions_of(whole)) == 4
