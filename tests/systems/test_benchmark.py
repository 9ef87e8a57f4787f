import json

import pytest
from typer.testing import CliRunner

from tests.language.endpoint import server
from tests.language.exams import exam, key
from vesalius import api
from vesalius.cli.app import app
from vesalius.errors import UserError
from vesalius.language.cached import Cached
from vesalius.language.choices import PROTOCOLS
from vesalius.language.mocks import coin, first_option, oracle
from vesalius.language.models import CACHE, opened
from vesalius.language.questions import question_of
from vesalius.language.scripted import Scripted
from vesalius.records import Choices, Record, Text
from vesalius.systems import benchmark
from vesalius.trials import verify

SINGLE = [Record(id=one.id, subject_id=one.id, fields=one.fields, licence="made", tags={"split": "test"}) for one in exam(40)]
SEVERAL = [
    Record(
        id=f"s{number}",
        subject_id=f"s{number}",
        fields={"question": Text(f"Which are {number}?"), "options": Choices(("v", "w", "x")), "answer": Text("A,C")},
        licence="made",
        tags={"split": "test"},
    )
    for number in range(12)
]


class Made:
    description, tier = "made for this test", "simulator"

    def __init__(self, name, records):
        self.name, self._records = name, records

    def records(self):
        return self._records


@pytest.fixture
def sets(monkeypatch):
    """Two sets of questions, and any model by what it answers."""
    made = {"one": Made("one", SINGLE), "several": Made("several", SEVERAL)}
    monkeypatch.setattr(benchmark, "SETS", made)
    monkeypatch.setattr(benchmark, "_SEVERAL", frozenset({"several"}))

    def model(backend):
        monkeypatch.setattr(
            benchmark, "opened", lambda name, answers=None, turns=False: Cached(backend, answers) if answers else backend
        )

    return model


def scores(run, metric="accuracy"):
    return {(one.task, one.arm): one.estimate.value for one in run.finding.scores if one.metric.startswith(metric)}


def test_a_model_that_knows_is_right_by_every_protocol_in_every_order(sets, tmp_path):
    sets(oracle(key(SINGLE)))
    run = api.ask("m", "one", orders=2, out=tmp_path)
    assert scores(run) == {("one", protocol): 1.0 for protocol in PROTOCOLS}
    assert verify(run.folder) == [] and (run.folder / "report.html").is_file()


def test_what_the_protocol_changes_is_found(sets, tmp_path):
    knows = oracle(key(SINGLE))

    def likelihood(prompt, continuation):
        return knows.score([prompt], [[continuation]])[0].likelihoods[0].log_probability

    sets(Scripted(lambda prompt, sampling, sample: "No.", likelihood, identity="knows and does not say"))
    run = api.ask("m", "one", protocols=["generation", "letter"], out=tmp_path)
    (comparison,) = run.finding.comparisons
    assert (comparison.learner, comparison.baseline, comparison.verdict) == ("letter", "generation", "better")
    assert scores(run) == {("one", "letter"): 1.0, ("one", "generation"): 0.0}


def test_a_habit_of_the_first_place_is_averaged_out_by_orders(sets, tmp_path):
    sets(first_option())
    run = api.ask("m", "one", protocols=["letter", "generation"], orders=4, out=tmp_path)
    assert all(0.1 < value < 0.4 for value in scores(run).values())


def test_questions_with_several_right_options_are_asked_in_their_own_ways(sets, tmp_path):
    sets(Scripted(lambda prompt, sampling, sample: "The answers are A and C.", lambda prompt, said: 0.0, identity="likes none"))
    run = api.ask("m", "several", out=tmp_path)
    found = scores(run)
    assert found["several", "generation"] == 1.0 and found["several", "each option"] == 0.0
    assert scores(run, "hamming")["several", "each option"] == pytest.approx(1 / 2)


def test_a_limit_takes_the_same_questions_whatever_their_order(sets, tmp_path):
    sets(coin())
    few = benchmark.benchmark_trial("m", ["one"], limit=10, answers=tmp_path).tasks[0]
    test = [record.id for record in few.split(SINGLE).test]
    assert len(test) == 10 and test == [record.id for record in few.split(SINGLE[::-1]).test]


def test_examples_are_held_out_where_the_release_has_no_training_questions(sets, tmp_path):
    seen = []
    sets(Scripted(lambda prompt, sampling, sample: seen.append(prompt) or "A", identity="seen"))
    api.ask("m", "one", protocols=["generation", "chain of thought"], shots=2, limit=5, out=tmp_path)
    assert all(prompt.count("Question:") == 3 for prompt in seen)
    pairs = [prompt.rsplit("Question: ", 1) for prompt in seen]
    texts = [question_of(record).text for record in SINGLE]
    asked = {text for text in texts if any(last.startswith(f"{text}\n") for _, last in pairs)}
    shown = {text for text in texts if any(f"{text}\n" in before for before, _ in pairs)}
    assert len(asked) == 5 and len(shown) == 2 and not asked & shown


def test_a_stopped_run_asks_nothing_twice(sets, tmp_path):
    asked = []

    def answer(prompt, sampling, sample):
        asked.append(prompt)
        return "The answer is A."

    sets(Scripted(answer, identity="counted"))
    protocols = ["generation", "chain of thought"]
    first = api.ask("m", "one", protocols=protocols, out=tmp_path)
    assert len(asked) == 80
    (first.folder / "finding.json").unlink()
    for cell in (first.folder / "cells").glob("*/*/*/cell.json"):
        cell.unlink()
    again = api.ask("m", "one", protocols=protocols, out=tmp_path)
    assert len(asked) == 80 and again.finding.digest() == first.finding.digest()


def test_a_server_scores_the_letters_of_a_conversation_and_is_told_what_it_needs(sets, tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    monkeypatch.setattr(benchmark, "opened", opened)
    with server.running() as started:
        name = f"{started.url}#{server.MODEL}"
        asked = ["ask", name, "--data", "one", "--protocol", "letter", "--protocol", "generation", "--limit", "3", "--chat"]
        more = ["--request", '{"temperature": null, "top_k": 20}', "--per-minute", "60000", "--out", str(tmp_path)]
        said = CliRunner().invoke(app, [*asked, *more])
    assert said.exit_code == 0, said.output
    assert any("prompt_logprobs" in body and "messages" in body for body in started.bodies)
    assert all(body["top_k"] == 20 and "temperature" not in body for body in started.bodies)
    (run,) = tmp_path.glob("ask-*")
    assert "top_k" in json.loads((run / "trial.json").read_text())["settings"]["model"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--request", '{"top_k": 20}'], "is no server"),
        (["--per-minute", "9"], "is no server"),
        (["--request", "top_k=20"], "not a JSON object"),
        (["--request", "[20]"], "not a JSON object"),
    ],
)
def test_what_only_a_server_can_be_told_is_refused_for_others(sets, tmp_path, options, message):
    sets(coin())
    said = CliRunner().invoke(app, ["ask", "m", "--data", "one", "--out", str(tmp_path), *options])
    assert isinstance(said.exception, UserError) and message in str(said.exception)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"data": "none"}, "the sets of questions are one, several"),
        ({"data": "one", "protocols": ["guess", "letter"]}, "'guess': one is asked by letter"),
        ({"data": "one", "protocols": ["letter"]}, "at least two"),
        ({"data": "several", "shots": 2}, "without examples"),
        ({"data": ["one", "several"], "protocols": ["letter", "text"]}, "several is asked by each option"),
    ],
)
def test_what_cannot_be_asked_is_said(sets, tmp_path, options, message):
    sets(coin())
    with pytest.raises(UserError, match=message):
        api.ask("m", out=tmp_path, **options)


def test_the_verb_prints_every_score_and_how_far_they_are_apart(sets, tmp_path):
    sets(first_option())
    asked = ["ask", "m", "--data", "one", "--protocol", "letter", "--protocol", "text", "--out", str(tmp_path)]
    said = CliRunner().invoke(app, asked)
    assert said.exit_code == 0, said.output
    assert "Between the highest and the lowest" in said.output and "Report:" in said.output
    told = json.loads(CliRunner().invoke(app, [*asked, "--json"]).output)
    assert {score["arm"] for score in told["finding"]["scores"]} == {"letter", "text"}
