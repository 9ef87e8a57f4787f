from dataclasses import replace

import pytest

from tests.systems.language.clinic_reader import asked_disease, reader, scores
from vesalius.systems.language import searchrag
from vesalius.systems.language.reading_tasks import documents
from vesalius.systems.language.searchrag import PLAIN, QUERIES, STANDARD, SYSTEM


@pytest.fixture
def opened(monkeypatch):
    def use(backend):
        monkeypatch.setattr(searchrag, "opened", lambda name: backend)
        return backend

    return use


@pytest.fixture
def task():
    return SYSTEM.tasks["clinic"]("smoke")[0]


def test_a_reader_that_knows_nothing_gains_by_searching(opened, task):
    opened(reader())
    found = scores(SYSTEM, task, ["SearchRAG", PLAIN, STANDARD])
    assert found["SearchRAG"] == found[STANDARD] == 1.0 and found[PLAIN] <= 0.5  # without pages it guesses


def test_one_useful_query_among_many_is_enough_and_selection_keeps_what_it_finds(opened, task):
    opened(reader(lambda text, sample: asked_disease(text) if sample == 1 else "river garden"))
    found = scores(SYSTEM, task, ["SearchRAG", "synthetic queries alone"], "default")
    assert found["SearchRAG"] == 1.0


def test_only_snippets_that_make_the_model_surer_are_read(opened, task):
    task = replace(task, tags={**task.tags, "level": "one step"})  # asked by steps, which tells reading from choosing
    model = opened(reader(lambda text, sample: asked_disease(text) if sample else "river garden"))
    scores(SYSTEM, task, ["SearchRAG"], "default")
    chosen = [prompt for prompt in model.asked if "step by step" in prompt]
    model.asked.clear()
    scores(SYSTEM, task, ["synthetic queries alone"], "default")
    every = [prompt for prompt in model.asked if "step by step" in prompt]
    assert not any("river" in prompt for prompt in chosen) and any("river" in prompt for prompt in every)


def test_queries_are_sampled_and_the_prompt_for_them_is_the_search_engines(opened, task):
    samples = []
    model = opened(reader(lambda text, sample: samples.append(sample) or asked_disease(text)))
    scores(SYSTEM, task, ["SearchRAG"])
    assert set(samples) == set(range(QUERIES["smoke"]))
    assert all("search engine" in str(prompt) for prompt in model.asked if str(prompt).endswith("Query:"))


def test_the_web_holds_pages_that_are_wrong_beside_those_that_are_right():
    kinds = {one.id.split("/")[0] for one in documents("clinic", "web")}
    assert kinds == {"textbook", "guideline", "general", "misinformation"}
