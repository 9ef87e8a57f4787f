import math

import pytest

from vesalius.language.evidence import Refined
from vesalius.language.questions import Question
from vesalius.language.retrieval import Document
from vesalius.language.scripted import Scripted

ASKED = Question(id="1", text="Which thins blood?", options=("aloe", "heparin"), order=(0, 1))
FOUND = [
    Document("far", "", "Rivers run to the sea."),
    Document("near", "", "Blood is red."),
    Document("key", "", "Heparin thins blood."),
]


def asked_judge(prompt, continuation):
    """Says yes to relevance where blood is named in the passage, and to usefulness where an option is."""
    passage = prompt.split("\n")[0].lower()
    if "blood?" in continuation:
        return float(passage.count("blood") + passage.count("thins"))
    yes = "blood" in passage if "is the passage about" in prompt.lower() else "heparin" in passage
    return 0.0 if (continuation == " yes") == yes else -5.0


def ids(refined, scorer=asked_judge, found=FOUND):
    (chosen,) = refined(Scripted(lambda *_: "", scorer), [ASKED], [found])
    return [document.id for document in chosen.documents]


def test_the_question_is_likeliest_behind_the_best_document():
    assert ids(Refined(keep=9, words=9, relevance=False, usefulness=False)) == ["key", "near", "far"]


def test_each_filter_drops_what_it_is_there_for():
    assert ids(Refined(keep=9, words=9, rerank=False, usefulness=False)) == ["near", "key"]
    assert ids(Refined(keep=9, words=9, rerank=False, relevance=False)) == ["key"]
    assert ids(Refined(keep=9, words=9)) == ["key"]
    assert ids(Refined(keep=9, words=9, rerank=False, relevance=False, usefulness=False)) == ["far", "near", "key"]


def test_a_model_that_cannot_be_asked_judges_by_likelihood():
    def scorer(prompt, continuation):
        if continuation.endswith("blood?"):
            return {"Rivers": -9.0, "Blood": -2.0, "Heparin": -1.0}.get(
                next((w for w in prompt.split() if w[0] in "RBH"), ""), -5.0
            )
        share = 0.9 if "Heparin thins" in prompt else 0.5
        return math.log(share if continuation == " B" else 1 - share)

    assert ids(Refined(keep=9, words=9, judge="likelihood", usefulness=False), scorer) == ["key", "near"]
    assert ids(Refined(keep=9, words=9, judge="likelihood"), scorer) == ["key"]


@pytest.mark.parametrize("judge", ["asked", "likelihood"])
def test_nothing_found_costs_nothing(judge):
    backend = Scripted(lambda *_: "", asked_judge)
    (chosen,) = Refined(keep=2, words=9, judge=judge)(backend, [ASKED], [[]])
    assert chosen.documents == () and chosen.calls == 0 and backend.scored == []


def test_what_judging_costs_is_told():
    backend = Scripted(lambda *_: "", asked_judge)
    (chosen,) = Refined(keep=2, words=9)(backend, [ASKED], [FOUND])
    assert chosen.calls == len(backend.scored) == 4 + 3 + 2


def test_prompts_are_those_of_the_filters_that_are_on():
    assert len(Refined(keep=1, words=1).prompts) == 2
    assert Refined(keep=1, words=1, relevance=False).prompts[0].startswith("useful@1:")
    assert Refined(keep=1, words=1, judge="likelihood").prompts[0].startswith("letter@1:")
