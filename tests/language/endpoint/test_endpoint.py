import socket
import threading
import time

import numpy as np
import pytest

from tests.language.endpoint import server as toy
from vesalius.errors import UserError
from vesalius.language.arriving import Arriving
from vesalius.language.backend import Backend, Message, Sampling, Usage
from vesalius.language.cached import Cached
from vesalius.language.endpoint import Endpoint
from vesalius.language.endpoint.messages import REFUSED, seed_of
from vesalius.language.endpoint.pace import Pace
from vesalius.language.recorded import recorded

CHAT = (Message("system", "Be brief."), Message("user", "Mr Smith has gout."))


def endpoint(server, **options):
    return Endpoint(server.url, toy.MODEL, **{"concurrent": 4, "timeout": 0.3, "tries": 4, **options})


def test_texts_and_conversations_are_answered_in_order_with_their_tokens(server):
    backend = endpoint(server)
    assert isinstance(backend, Backend) and isinstance(backend, Arriving)
    replies = backend.generate(["one two", CHAT, "three"], Sampling())
    assert [reply.text.split()[0] for reply in replies] == ["two", "gout.", "three"]
    assert replies[0].usage == Usage(prompt=2, completion=2, calls=1) and replies[0].completions[0].tokens == 2
    assert backend.generate([], Sampling()) == []


def test_sampling_reaches_the_server(server):
    endpoint(server, extra={"top_k": 5}).generate(["a"], Sampling(max_tokens=7, temperature=0.5, top_p=0.9, stop=("\n",), seed=3))
    (body,) = server.bodies
    wanted = {"max_tokens": 7, "temperature": 0.5, "top_p": 0.9, "stop": ["\n"], "seed": seed_of("a", 3, 0), "top_k": 5}
    assert wanted.items() <= body.items()


def test_a_field_can_be_taken_away_and_that_is_part_of_the_identity(server):
    backend = endpoint(server, extra={"temperature": None})
    backend.generate(["a"], Sampling())
    assert "temperature" not in server.bodies[0] and backend.identity != endpoint(server).identity


@pytest.mark.parametrize(
    ("extra", "sent"),
    [
        ({"max_tokens": None}, {"max_completion_tokens": 7}),
        ({"max_tokens": None, "max_completion_tokens": 900}, {"max_completion_tokens": 900}),
        ({"max_tokens": None, "max_completion_tokens": None}, {}),
        ({}, {"max_tokens": 7}),
    ],
)
def test_the_limit_of_tokens_goes_by_the_name_that_the_server_takes(server, extra, sent):
    endpoint(server, extra=extra).generate([CHAT], Sampling(max_tokens=7))
    assert {name: value for name, value in server.bodies[0].items() if name.startswith("max_")} == sent


def test_without_temperature_every_seed_asks_the_same(server):
    backend = endpoint(server)
    first, second = (backend.generate(["a"], Sampling(seed=seed, top_p=top_p)) for seed, top_p in ((0, 1.0), (4, 0.9)))
    assert first == second and server.bodies[0] == server.bodies[1]


def test_samples_do_not_depend_on_how_many_are_asked_or_with_what(server):
    backend = endpoint(server)
    few = backend.generate(["a"], Sampling(temperature=1.0, samples=2))[0]
    many = backend.generate(["b", "a"], Sampling(temperature=1.0, samples=5))[1]
    assert many.completions[:2] == few.completions and len({one.text for one in many.completions}) == 5
    assert many.usage == Usage(prompt=5, completion=10, calls=5)


def test_without_temperature_samples_are_asked_once(server):
    reply = endpoint(server).generate(["a"], Sampling(samples=3))[0]
    assert len(reply.completions) == 3 and len(server.bodies) == 1


@pytest.mark.parametrize("prompt", ["one two", CHAT])
def test_log_probabilities_of_completions_on_request(server, prompt):
    assert endpoint(server).generate([prompt], Sampling())[0].completions[0].log_probability is None
    told = endpoint(server, log_probabilities=True).generate([prompt], Sampling())[0]
    assert told.completions[0].log_probability == sum(
        toy.log_probability(token) for token in toy.tokens(told.text if prompt == CHAT else " " + told.text.strip())
    )


FAULTS = [toy.broken, toy.loading, toy.hangs, toy.truncated, toy.html, toy.no_choices, toy.reset, toy.cut]
FAULTS += [pytest.param(fault, id=name) for name, fault in toy.NONSENSE.items()]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_passing_fault_is_asked_over(server, fault):
    server.faults = [fault, fault]
    reply = endpoint(server).generate(["one two"], Sampling())[0]
    assert reply.completions[0].finish == "stop" and reply.text.split()[0] == "two"
    assert len(server.bodies) == 3


@pytest.mark.parametrize("fault", [*FAULTS, toy.busy])
def test_a_lasting_fault_fails_with_a_reason_but_costs_no_other_answer(server, fault):
    server.faults = [fault] * 2
    failed, fine = endpoint(server, tries=2, concurrent=1).generate(["Mr Smith has gout.", "two"], Sampling())
    assert failed.completions[0].finish == "failed" and failed.text and "Smith" not in failed.text
    assert failed.usage == Usage() and fine.text.split()[0] == "two"


def test_the_server_says_how_long_all_are_held(server, monkeypatch):
    held = []
    monkeypatch.setattr(Pace, "hold", lambda self, seconds: held.append(seconds))
    server.faults = [toy.busy, toy.broken]
    endpoint(server, concurrent=1).generate(["a", "b"], Sampling())
    assert held == [0.2] and len(server.bodies) == 4


def test_an_error_for_all_ends_the_waiting_of_others(server):
    server.pause = 0.1
    server.faults = [
        lambda handler: handler.send(429, {}, Retry_After="500"),
        lambda handler: handler.send(401, {}),
    ]
    with pytest.raises(UserError, match="valid key"):
        endpoint(server, concurrent=2).generate(["a", "b"], Sampling())


def test_what_the_server_will_not_take_is_not_asked_over(server):
    server.faults = [toy.too_long, None, toy.filtered]
    first, second = endpoint(server, concurrent=1).generate(["Mr Smith has gout.", "b"], Sampling())
    assert first.text == "HTTP 400 (context_length_exceeded)" and first.completions[0].finish == "failed"
    assert second.text == REFUSED and second.completions[0].finish == "stop"
    # the second is an example, which shows that the first was refused for its prompt
    assert [body["prompt"] for body in server.bodies] == ["Mr Smith has gout.", "The sky is blue.", "b"]


@pytest.mark.parametrize("prompt", ["Mr Smith has gout.", CHAT])
def test_what_would_be_refused_of_every_prompt_is_one_error_that_names_the_field(server, prompt):
    server.always = toy.unsupported
    with pytest.raises(UserError, match=r"HTTP 400 \(unsupported_parameter, field max_tokens\) whatever.*--request") as caught:
        endpoint(server).generate([prompt] * 50, Sampling())
    assert "Smith" not in str(caught.value) and len(server.bodies) < 12


def test_a_field_is_named_where_the_server_gives_no_code(server):
    server.always = lambda handler: handler.send(422, {"error": {"param": "seed"}})
    with pytest.raises(UserError, match=r"HTTP 422 \(field seed\) whatever"):
        endpoint(server).generate(["a"], Sampling())


def test_a_prompt_that_is_refused_after_an_answer_fails_alone(server):
    server.faults = [None, toy.unsupported]
    _, refused, fine = endpoint(server, concurrent=1).generate(["a", "b", "c"], Sampling())
    assert refused.completions[0].finish == "failed" and fine.text and len(server.bodies) == 3


def test_a_wrong_model_is_one_error_at_once_that_tells_no_prompt(server):
    with pytest.raises(UserError, match=r"model 'toyy': HTTP 404 \(model_not_found\)") as caught:
        Endpoint(server.url, "toyy", concurrent=2).generate(["Mr Smith has gout."] * 50, Sampling())
    assert "Smith" not in str(caught.value) and len(server.bodies) < 10


HOPELESS = [
    (401, "invalid_api_key", "valid key into the environment variable VESALIUS_API_KEY"),
    (403, "", "valid key"),
    (402, "", "no credit"),
    (429, "insufficient_quota", "no credit"),
    (307, "", "no answer"),
    (404, "", "mostly ends in /v1; a model that takes conversations only is asked with --chat"),
]


@pytest.mark.parametrize(("status", "code", "words"), HOPELESS)
def test_what_no_prompt_can_get_past_is_one_error_at_once(server, status, code, words):
    server.always = lambda handler: handler.send(status, {"error": {"code": code}}, Location="http://127.0.0.1:9/")
    with pytest.raises(UserError, match=words):
        endpoint(server).generate(["a"] * 20, Sampling())
    assert len(server.bodies) < 20


def test_an_error_for_all_costs_no_answer_that_is_under_way(server, tmp_path):
    both = threading.Barrier(3)

    def late(handler):
        both.wait(2)
        time.sleep(0.1)
        handler.send(200, toy.text(server, server.bodies[0]))

    def unpaid(handler):
        both.wait(2)
        handler.send(402, {})

    server.faults = [late, late, unpaid]
    prompts = [f"question {number}" for number in range(30)]
    with pytest.raises(UserError, match="no credit"):
        Cached(endpoint(server, concurrent=3, timeout=3), tmp_path).generate(prompts, Sampling())
    assert len(server.bodies) == 3
    server.bodies.clear()
    Cached(endpoint(server), tmp_path).generate(prompts, Sampling())
    assert len(server.bodies) == 28


def test_a_sample_that_failed_is_asked_again_alone(server, tmp_path):
    sampling = Sampling(temperature=1.0, samples=5)
    server.faults = [None, None, toy.too_long]
    first = Cached(endpoint(server, concurrent=1), tmp_path).generate(["a", "b"], sampling)
    assert [one.finish for one in first[0].completions] == ["stop", "stop", "failed", "stop", "stop"]
    server.bodies.clear()
    again = Cached(endpoint(server), tmp_path)
    second = again.generate(["a", "b"], sampling)
    assert [body["seed"] for body in server.bodies] == [seed_of("a", 0, 2)] and again.spent.calls == 1
    assert second == endpoint(server).generate(["a", "b"], sampling)


def test_samples_that_are_kept_are_part_of_more_and_of_a_record(server, tmp_path):
    few, many = Sampling(temperature=1.0, samples=2), Sampling(temperature=1.0, samples=5)
    asked = Cached(endpoint(server), tmp_path)
    asked.generate(["a"], few)
    server.bodies.clear()
    reply = asked.generate(["a"], many)
    assert len(server.bodies) == 3 and recorded(tmp_path).generate(["a"], many) == reply
    assert recorded(tmp_path).generate(["a"], Sampling(temperature=1.0, samples=6))[0].completions[0].finish == "failed"


def test_a_greedy_prompt_is_paid_once_for_all_seeds_and_samples(server, tmp_path):
    asked = Cached(endpoint(server), tmp_path)
    replies = [
        asked.generate(["a"], Sampling(seed=seed, top_p=0.9, samples=samples)) for seed, samples in ((0, 1), (3, 1), (4, 3))
    ]
    assert len(server.bodies) == 1 and replies[0] == replies[1]
    assert replies[2][0].completions == replies[0][0].completions * 3


def test_vectors_that_came_before_a_fault_are_kept(server, tmp_path):
    texts = [f"text {number}" for number in range(150)]
    server.faults = [None, None, lambda handler: handler.send(402, {})]
    with pytest.raises(UserError, match="no credit"):
        Cached(endpoint(server, concurrent=1), tmp_path).embed(texts)
    server.bodies.clear()
    vectors = Cached(endpoint(server), tmp_path).embed(texts)
    assert [len(body["input"]) for body in server.bodies] == [22] and vectors.tolist() == endpoint(server).embed(texts).tolist()


def test_vectors_of_different_lengths_are_one_error(server, tmp_path):
    rows = [{"index": 0, "embedding": [1.0, 2.0, 3.0]}]
    Cached(endpoint(server), tmp_path).embed(["a"])
    server.always = lambda handler: handler.send(200, {"data": rows})
    with pytest.raises(UserError, match="different lengths"):
        Cached(endpoint(server), tmp_path).embed(["a", "b"])


def test_no_server_is_an_error_and_one_that_comes_late_is_waited_for(server):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = free.getsockname()
    url = f"http://127.0.0.1:{address[1]}/v1"
    with pytest.raises(UserError, match="ConnectError 2 times; start the server"):
        Endpoint(url, toy.MODEL, tries=2).generate(["a"], Sampling())
    late = []

    def start():
        time.sleep(0.1)
        late.append(toy.running(address))
        late[0].__enter__()

    threading.Thread(target=start).start()
    assert Endpoint(url, toy.MODEL, tries=9).generate(["a"], Sampling())[0].completions[0].finish == "stop"
    late[0].__exit__(None, None, None)


def test_no_more_requests_at_a_time_than_allowed(server):
    server.pause = 0.02
    endpoint(server, concurrent=3).generate([str(number) for number in range(12)], Sampling())
    assert server.busiest == 3


def test_the_key_comes_from_the_environment_and_stands_nowhere(server, monkeypatch, caplog, tmp_path):
    caplog.set_level("DEBUG")
    backend = endpoint(server, key_variable="TOY_KEY")
    with pytest.raises(UserError, match="TOY_KEY is not set"):
        backend.generate(["a"], Sampling())
    monkeypatch.setenv("TOY_KEY", toy.KEY)
    Cached(backend, tmp_path).generate(["Mr Smith has gout."], Sampling())
    assert {name.lower(): value for name, value in server.headers[0].items()}["authorization"] == f"Bearer {toy.KEY}"
    seen = repr(backend) + backend.identity + str(vars(backend)) + caplog.text
    seen += "".join(file.read_text() for file in tmp_path.iterdir())
    assert toy.KEY not in seen and "Smith" not in seen


@pytest.mark.parametrize("url", ["localhost:8000", "http://me:secret@host/v1", "http://host/v1?key=secret"])
def test_an_address_with_a_secret_or_none_is_refused_without_repeating_it(url):
    with pytest.raises(UserError) as caught:
        Endpoint(url, "x")
    assert "secret" not in str(caught.value)


def test_a_server_that_counts_no_tokens_is_refused(server):
    server.counts = False
    with pytest.raises(UserError, match="usage"):
        endpoint(server).generate(["a"], Sampling())


def test_a_killed_run_goes_on_where_it_was(server, tmp_path):
    prompts = [f"question {number}" for number in range(10)]
    server.faults = [None] * 6 + [lambda handler: handler.send(402, {})]
    with pytest.raises(UserError):
        Cached(endpoint(server, concurrent=1), tmp_path).generate(prompts, Sampling())
    server.bodies.clear()
    replies = Cached(endpoint(server, concurrent=1), tmp_path).generate(prompts, Sampling())
    assert [body["prompt"] for body in server.bodies] == prompts[6:]
    assert [reply.text.split()[0] for reply in replies] == [str(number) for number in range(10)]


def test_vectors_come_in_the_order_of_their_texts(server):
    texts = ["x" * (number + 1) for number in range(70)]
    vectors = endpoint(server).embed(texts)
    assert vectors.shape == (70, 2) and vectors.dtype == np.float32 and vectors[:, 0].tolist() == list(range(1, 71))
    assert endpoint(server).embed([]).shape[0] == 0
    server.always = toy.html
    with pytest.raises(UserError, match="embeddings"):
        endpoint(server, tries=1).embed(["a"])
