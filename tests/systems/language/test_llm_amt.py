from dataclasses import replace

import pytest

from tests.systems.language.clinic_reader import reader, scores
from vesalius.sources.simulators.mini_clinic import world
from vesalius.systems.language import llm_amt
from vesalius.systems.language.llm_amt import GENERAL, PLAIN, SYSTEM
from vesalius.systems.language.reading_tasks import documents

WHOLE = "LLM-AMT"
RANKED = "the question behind a passage"


@pytest.fixture
def model(monkeypatch):
    backend = reader()
    monkeypatch.setattr(llm_amt, "opened", lambda name: backend)
    return backend


@pytest.fixture
def task():
    return SYSTEM.tasks["clinic"]("smoke")[0]


def test_a_reader_that_knows_nothing_needs_the_textbook(model, task):
    found = scores(SYSTEM, task, [WHOLE, PLAIN, GENERAL])
    assert found[WHOLE] == 1.0 and max(found[PLAIN], found[GENERAL]) <= 0.5  # the latter guess


def test_recall_is_asked_by_letter_and_what_takes_steps_by_steps(model, task):
    def stepped(level):
        model.asked.clear()
        scores(SYSTEM, replace(task, tags={**task.tags, "level": level}), [PLAIN])
        return [prompt for prompt in model.asked if "step by step" in prompt]

    assert len(stepped("one step")) == 4 and stepped("recall") == []


def asked(model, task, arm):
    """All that an arm asks the model, and whether it ranks."""
    model.asked.clear(), model.scored.clear()
    scores(SYSTEM, task, [arm], "default")
    likely = [RANKED for _, continuations in model.scored if continuations[0].startswith("\n\n")]
    return "\n".join([*map(str, model.asked), *(str(prompt) for prompt, _ in model.scored), *likely])


@pytest.mark.parametrize(
    ("arm", "missing"),
    [
        ("without query augmenter", "Rewritten:"),
        ("without query augmenter", "Write a short passage of a medical textbook"),
        ("without self-refiner", "Does the passage help to choose"),
        ("without self-refiner", "Is the passage about"),
        ("without re-ranking", RANKED),
    ],
)
def test_each_module_is_asked_by_the_whole_alone(model, task, arm, missing):
    assert missing in asked(model, task, WHOLE) and missing not in asked(model, task, arm)


def test_passages_are_ranked_without_the_refiner_and_refined_without_ranking(model, task):
    assert RANKED in asked(model, task, "without self-refiner")
    assert "Does the passage help to choose" in asked(model, task, "without re-ranking")


def test_vectors_are_asked_for_by_the_hybrid_index_alone(model, task, monkeypatch):
    embedded = []
    monkeypatch.setattr(model, "embed", lambda texts, embed=model.embed: embedded.append(len(texts)) or embed(texts))
    scores(SYSTEM, task, ["without dense retrieval"], "default")
    assert embedded == []
    scores(SYSTEM, task, [WHOLE])
    assert embedded[0] == len(documents("clinic", "textbook"))


def test_the_refiner_keeps_pages_of_the_disease_alone(model, task):
    scores(SYSTEM, replace(task, tags={**task.tags, "level": "one step"}), [WHOLE])
    read = [prompt for prompt in model.asked if "step by step" in prompt]
    assert len(read) == 4 and all(len(prompt.split("\n\n")[0].split("\n")) == 1 for prompt in read)


def test_general_texts_and_medicine_share_no_page():
    textbook, general = documents("clinic", "textbook"), documents("clinic", "general")
    assert not {one.id for one in textbook} & {one.id for one in general}
    one = world()
    assert {document.title for document in textbook} == {*one.known, *one.new, *one.all_treatments}
