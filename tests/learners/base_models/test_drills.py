import re

import numpy as np
import pytest

from vesalius.learners.base_models.batches import Batches
from vesalius.learners.base_models.drills import DRILLS, facts, letters, pages, sentences
from vesalius.learners.base_models.vocabulary import base_tokenizer
from vesalius.sources.simulators.mini_clinic import world


@pytest.fixture(scope="module")
def tokenizer():
    return base_tokenizer()


@pytest.mark.parametrize("name", list(DRILLS))
def test_every_drill_is_in_words_that_the_tokenizer_knows(tokenizer, name):
    rng = np.random.default_rng(0)
    for size in range(20):
        drill = DRILLS[name].drill(rng, size % len(DRILLS[name].counts) + 1)
        assert tokenizer.unk_token_id not in tokenizer(f"{drill.prompt} {drill.answer}")["input_ids"]


def test_facts_of_known_diseases_are_true():
    disease, compared = facts(np.random.default_rng(3)).answer.rstrip(".").split(": ")
    assert all((pair.split()[1] == "yes") == (pair.split()[0] in world().findings[disease]) for pair in compared.split(", "))


def test_a_verdict_on_a_page_follows_from_that_page_alone():
    rng = np.random.default_rng(0)
    for size in range(18):
        drill = pages(rng, size % 3 + 1)
        stands = {page.split(" ")[0]: page for page in drill.prompt.strip().split("\n")}
        for sentence in drill.answer.rstrip(".").split(". "):
            disease, compared = sentence.split(": ")
            for pair in compared.split(", "):
                finding, verdict = pair.split()
                assert (verdict == "yes") == any(f" {finding}{mark}" in stands[disease] for mark in ",.")


def test_every_sentence_is_said_once_more_in_another_order():
    drill = sentences(np.random.default_rng(0))
    assert sorted(drill.prompt.strip().split(". ")) != drill.prompt.strip().split(". ")
    assert sorted(drill.answer.replace(".", "").split()) == sorted(drill.prompt.replace(".", "").split())
    assert drill.answer != drill.prompt.strip()


def test_verdicts_and_letter_are_those_of_the_option_that_the_step_names():
    rng = np.random.default_rng(0)
    repeated = 0
    for _ in range(20):
        drill = letters(rng)
        options = dict(line.split(". ") for line in drill.prompt.split("\n") if line[:2] in {"A.", "B.", "C.", "D."})
        closed = re.findall(r"([^.]+)\. ([^.]+)\. The answer is ([A-D])\.", drill.answer)
        repeated += len({letter for *_, letter in closed}) < 4
        for step, chosen, letter in closed:
            assert options[letter] in step.split()
            assert dict(pair.split() for pair in chosen.split(", ")) == {
                option: "yes" if option == options[letter] else "no" for option in options.values()
            }
    assert repeated > 10


def test_only_what_can_be_told_is_learnt(tokenizer):
    one = world()
    values = {*one.all_tests, *one.all_treatments, *one.all_conditions}
    batches = Batches(tokenizer)
    for seed in range(4):
        drill = sentences(np.random.default_rng(seed))
        batch = batches._part([drill], 1.0)
        learnt = [tokenizer.decode([token]).strip() for token in batch["tokens"][0][batch["weights"][0] > 0]]
        said = drill.answer.replace(".", " .").split()
        begins = [word for place, word in enumerate(said) if place == 0 or said[place - 1] == "."]
        assert len(learnt) == sum(word in values for word in said) - sum(word in values for word in begins)
        assert set(learnt) <= values
