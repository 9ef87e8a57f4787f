import math

import pytest

from tests.language.endpoint import server as toy
from vesalius.errors import UserError
from vesalius.language.backend import Likelihood, Message, Sampling, Usage
from vesalius.language.cached import Cached
from vesalius.language.endpoint import Endpoint

CHAT = (Message("user", "Which one?"),)


def endpoint(server, **options):
    return Endpoint(server.url, toy.MODEL, **{"concurrent": 2, "timeout": 0.3, "tries": 2, **options})


@pytest.mark.parametrize("scoring", ["echo", "prompt_logprobs"])
def test_a_continuation_has_the_sum_over_its_own_tokens(server, scoring):
    found = endpoint(server, scoring=scoring).score(["The drug is"], [(" b", " heparin sodium", "")])[0]
    assert found.likelihoods == (
        Likelihood(log_probability=-2.0, tokens=1, greedy=True),
        Likelihood(log_probability=-15.0, tokens=2, greedy=False),
        Likelihood(log_probability=0.0, tokens=0, greedy=True),
    )
    # 3 of the prompt, 4 and 5 with a continuation, and a token made with each
    assert found.usage == Usage(prompt=12, completion=3, calls=3)


def test_space_at_the_end_of_the_prompt_belongs_to_the_continuation(server):
    backend = endpoint(server)
    assert backend.score(["The drug is "], [("b",)])[0].likelihoods == backend.score(["The drug is"], [(" b",)])[0].likelihoods


def test_a_continuation_that_joins_the_last_token_is_scored_with_it(server):
    found = endpoint(server).score(["The drug is"], [("olated",)])[0].likelihoods[0]
    assert found.tokens == 1 and found.log_probability == -len(" isolated")


def test_an_answer_that_has_begun_is_gone_on_with(server):
    begun = (*CHAT, Message("assistant", "It is "))
    found = endpoint(server, scoring="prompt_logprobs").score([begun], [("b", "heparin sodium")])[0]
    assert [one.log_probability for one in found.likelihoods] == [-2.0, -15.0]
    assert [one.tokens for one in found.likelihoods] == [1, 2]
    endpoint(server).generate([begun], Sampling())
    body = server.bodies[-1]
    assert body["continue_final_message"] is True and body["add_generation_prompt"] is False
    endpoint(server).generate([CHAT], Sampling())
    assert "continue_final_message" not in server.bodies[-1]


def test_conversations_are_scored_where_the_server_tells(server):
    found = endpoint(server, scoring="prompt_logprobs").score([CHAT], [("b", "heparin sodium")])[0]
    assert [one.log_probability for one in found.likelihoods] == [-1.0, -14.0]
    assert all("messages" in body for body in server.bodies)
    with pytest.raises(UserError, match="conversations"):
        endpoint(server).score([CHAT], [("b",)])


@pytest.mark.parametrize("scoring", ["echo", "prompt_logprobs"])
def test_a_server_that_tells_nothing_of_the_prompt_is_found_out_at_once(server, scoring):
    # llama.cpp answers with the token that it made, and nothing else
    server.echoes, server.told = False, False
    with pytest.raises(UserError, match="can't score"):
        endpoint(server, scoring=scoring).score(["a"] * 50, [(" b",)] * 50)
    assert len(server.bodies) == 1


def test_a_server_that_refuses_is_found_out_at_once(server):
    server.always = toy.no_echo
    with pytest.raises(UserError, match=r"HTTP 400 \(invalid_request_error\)"):
        endpoint(server).score(["a"], [(" b",)])
    assert len(server.bodies) == 1


def test_an_answer_with_holes_is_asked_over(server):
    def holed(handler):
        answer = toy.text(server, server.bodies[-1])
        answer["choices"][0]["logprobs"]["top_logprobs"][1] = None
        handler.send(200, answer)

    server.faults = [None, None, holed]
    found = endpoint(server).score(["a"], [(" b",)])[0]
    assert found.likelihoods[0].log_probability == -2.0 and len(server.bodies) == 4


def test_fields_that_are_taken_away_are_not_sent_for_scores_either(server):
    endpoint(server, extra={"temperature": None, "top_k": 2}).score(["a"], [(" b",)])
    assert all("temperature" not in body and body["top_k"] == 2 for body in server.bodies)


def test_what_could_not_be_scored_is_unknown_and_asked_again(server, tmp_path):
    server.faults = [None, None, None, toy.too_long]
    first = Cached(endpoint(server), tmp_path).score(["a"], [(" b", " c")])[0]
    assert first.likelihoods[0].log_probability == -2.0 and math.isnan(first.likelihoods[1].log_probability)
    again = Cached(endpoint(server), tmp_path).score(["a"], [(" b", " c")])[0]
    assert [one.log_probability for one in again.likelihoods] == [-2.0, -2.0]


def test_nothing_is_asked_about_nothing(server):
    assert endpoint(server).score([], []) == [] and server.bodies == []
