import json
from dataclasses import replace
from pathlib import Path

import pytest

from vesalius.checks import check_learner
from vesalius.errors import UserError
from vesalius.language.backend import Completion, Reply, Sampling, Usage
from vesalius.language.cached import Cached
from vesalius.language.recorded import recorded
from vesalius.language.scripted import Scripted
from vesalius.learners.agents.bench_agent import BenchAgent, judged_again
from vesalius.learners.agents.episodes import Episode, WithoutModel, play_all
from vesalius.learners.agents.tool_calling import ToolCalling, spoken
from vesalius.metrics import METRICS
from vesalius.systems.agents.medagentbench import SYSTEM
from vesalius.worlds.environment import Observation, idle, oracle
from vesalius.worlds.goals import Goal
from vesalius.worlds.medagentbench import Bench
from vesalius.worlds.medagentbench.agents import prefetched
from vesalius.worlds.medagentbench.rules import by_rules, rules

BENCH = Bench(patients=12, visits=1, tasks=3)
RECORDS = BENCH.records()
CALL = '{"tool": "search", "arguments": {"resource_type": "Patient"}}'


def agent(chooser):
    return BenchAgent(BENCH, lambda: chooser)


def asked(model, records=RECORDS):
    """What a scripted model comes to: predictions, and their values as objects."""
    said = agent(ToolCalling(lambda: model, steps=8)).predict(records)
    return said, [json.loads(one.value) for one in said if one.value is not None]


def says(text):
    return Scripted(lambda prompt, sampling, sample: text if isinstance(text, str) else text(prompt))


def test_rules_that_are_spoken_as_calls_come_to_what_they_come_to_without_a_model():
    said, _ = asked(spoken(by_rules, "rules"))
    assert [one.value for one in said] == [one.value for one in agent(WithoutModel(rules, "rules")).predict(RECORDS)]
    assert all(one.calls == len(json.loads(one.raw)["turns"]) and one.tokens > 100 for one in said)


def test_all_episodes_are_asked_for_their_next_call_at_once():
    class Counting(Scripted):
        asked_with = ()

        def generate(self, prompts, sampling):
            self.asked_with += (len(prompts),)
            return super().generate(prompts, sampling)

    model = Counting(spoken(by_rules, "rules")._answer)
    asked(model)
    assert model.asked_with[:2] == (30, 30) and len(model.asked_with) <= 8
    assert sum(model.asked_with) == len(model.asked)


def test_a_turn_that_cannot_be_read_is_told_and_counted_and_can_be_mended():
    speak = spoken(by_rules, "rules")._answer

    def hesitant(prompt):
        turns = [one for one in prompt if one.role != "system"]
        if len(turns) == 1:
            return "Let me think about that."
        assert "no call in it" in turns[2].text
        return speak((prompt[0], turns[0], *turns[3:]), Sampling(), 0)

    said, values = asked(says(hesitant))
    for one, plain in zip(values, agent(WithoutModel(rules, "rules")).predict(RECORDS)):
        assert one == {**json.loads(plain.value), "unreadable": 1}
    assert all(one.calls == len(json.loads(one.raw)["turns"]) for one in said)


def test_of_two_calls_in_one_turn_none_is_done():
    _, values = asked(says(CALL + CALL), RECORDS[:1])
    assert values[0]["reads"] == 0 and values[0]["unreadable"] == 8


@pytest.mark.parametrize(
    ("text", "reads", "refused", "unreadable"), [(CALL, 8, 0, 0), ("Hm.", 0, 0, 8), (CALL.replace("Patient", "Pet"), 0, 8, 0)]
)
def test_who_never_finishes_solves_nothing(text, reads, refused, unreadable):
    said, values = asked(says(text))
    for one, value in zip(said, values):
        counts = [value[name] for name in ("reads", "refused", "unreadable")]
        assert (value["ended"], counts, one.calls) == ("out of steps", [reads, refused, unreadable], 8)
        assert value["outcome"] == "not finished" and METRICS["task_success"].function(one.value, '{"writes": 0}') == 0.0


HALF = '{"tool": "finish", "arguments": {"answer": "\\ud83d"}}'
HUGE = '{"tool": "create", "arguments": {"resource": {"resourceType": "Observation", "status": "final", "code": {"text": "a"}, '


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        (HALF, "unreadable"),
        ("\ud83d", "unreadable"),
        (CALL.replace("Patient", "\ud83d"), "refused"),
        (CALL.replace('"Patient"', '"Patient", "parameters": {"name": "\\ud83d"}'), "unreadable"),
        (HUGE + f'"valueQuantity": {{"value": {10**400}}}}}}}}}', "refused"),
        (HUGE + '"contained": [{"resourceType": "X", "id": "m"}]}}}', "refused"),
    ],
)
def test_an_odd_turn_costs_a_step_and_not_the_evaluation(text, counted):
    from vesalius.trials.table import predictions_to_parquet

    said, values = asked(says(text), RECORDS[:2])
    assert [value[counted] for value in values] == [8, 8] and all(one.outcome == "answered" for one in said)
    assert predictions_to_parquet(said)
    assert [judged_again(BENCH, record, one.raw) for record, one in zip(RECORDS, said)] == [one.value for one in said]


def test_tokens_and_calls_are_the_sums_of_all_turns():
    model = spoken(by_rules, "rules")
    said, _ = asked(model, RECORDS[6:7])
    prompts = sum(len("\n\n".join(turn.text for turn in prompt).split()) for prompt in model.asked)
    made = sum(len(turn["said"].split()) for turn in json.loads(said[0].raw)["turns"])
    assert (said[0].tokens, said[0].calls) == (prompts + made, len(model.asked))


def test_a_model_that_fails_is_a_failed_record_and_no_answer():
    class Failing(Scripted):
        def generate(self, prompts, sampling):
            failed = Reply(completions=(Completion(text="timed out", tokens=0, finish="failed"),), usage=Usage())
            replies = super().generate(prompts, sampling)
            return [
                failed if any(one.role == "assistant" for one in prompt) else reply for prompt, reply in zip(prompts, replies)
            ]

    said, values = asked(Failing(spoken(by_rules, "rules")._answer))
    assert not values and {(one.outcome, one.value, one.calls) for one in said} == {("failed", None, 1)}


def test_what_the_model_is_told_does_not_hang_on_the_goal():
    model = spoken(by_rules, "rules")
    calling = ToolCalling(lambda: model, steps=8)
    for episode in play_all(BENCH, RECORDS, calling):
        other = replace(episode.task, goal=Goal(patient="nobody"), solution=(), identifier="")
        prompts = [
            calling._prompt(Episode(task, episode.moment, episode.seen, episode.moves[: len(episode.seen) - 1]))
            for task in (episode.task, other)
        ]
        assert prompts[0] == prompts[1]
        assert prompts[0][1].text == episode.task.instruction


def test_a_recorded_model_says_again_what_it_said(tmp_path):
    cached = Cached(spoken(by_rules, "rules"), tmp_path)
    first, _ = asked(cached)
    again, _ = asked(recorded(tmp_path))
    assert [(one.value, one.raw, one.tokens, one.calls) for one in first] == [
        (one.value, one.raw, one.tokens, one.calls) for one in again
    ]


def test_a_transcript_of_a_talkative_model_is_read_as_it_was_meant():
    file = Path(__file__).with_name("transcript.json")
    transcript = json.loads(file.read_text(encoding="utf-8"))
    record = next(one for one in RECORDS if one.id == transcript["record"])
    said, values = asked(says(lambda prompt: transcript["said"][sum(one.role == "assistant" for one in prompt)]), [record])
    assert values == [{"outcome": "right", "ended": "finished", "reads": 2, "writes": 2, "refused": 1, "unreadable": 1}]
    assert said[0].calls == len(transcript["said"]) == 7


@pytest.mark.parametrize("chooser", [WithoutModel(oracle, "oracle"), ToolCalling(lambda: spoken(by_rules, "rules"), steps=8)])
def test_the_learner_keeps_its_contract(chooser):
    (task,) = SYSTEM.tasks["whole"]("smoke")
    check_learner(lambda seed: BenchAgent(task.source, lambda: chooser), task)


@pytest.mark.parametrize(
    "chooser", [WithoutModel(rules, "rules"), WithoutModel(idle, "idle"), ToolCalling(lambda: says("Hm. " + CALL), steps=8)]
)
def test_the_actions_alone_come_to_the_same_judgement(chooser):
    for record, one in zip(RECORDS, agent(chooser).predict(RECORDS)):
        assert judged_again(BENCH, record, one.raw) == one.value


def test_other_actions_come_to_another_judgement_and_what_are_none_to_a_sentence():
    record = next(one for one in RECORDS if one.tags["family"] == "blood pressure")
    (one,) = agent(WithoutModel(oracle, "oracle")).predict([record])
    turns = json.loads(one.raw)["turns"]
    turns[1]["arguments"]["resource"]["valueString"] = "1/1 mmHg"
    assert json.loads(judged_again(BENCH, record, json.dumps({"turns": turns})))["outcome"] == "wrong change"
    for raw in ("{", "[]", '{"turns": [1]}', '{"turns": []}', json.dumps({"turns": turns[:1]})):
        with pytest.raises(UserError, match="run it again"):
            judged_again(BENCH, record, raw)


def test_a_kept_agent_of_another_bench_is_refused(tmp_path):
    agent(WithoutModel(idle, "idle")).save(tmp_path)
    with pytest.raises(UserError, match="another one"):
        BenchAgent(Bench(patients=13), lambda: WithoutModel(idle, "idle")).load(tmp_path)


def test_a_read_only_shortcut_is_success_and_reported_as_one():
    (task,) = SYSTEM.tasks["whole"]("default")
    bench = replace(task.source, visits=1)
    records = bench.records()

    def shares(make):
        said = BenchAgent(bench, lambda: WithoutModel(make, "")).predict(records)
        pairs = [(one.value, task.truth(record)) for one, record in zip(said, records)]
        return [
            sum(value == 1.0 for value in (METRICS[measure.metric.name].function(*pair) for pair in pairs))
            for measure in task.measures
        ]

    assert [measure.metric.name for measure in task.measures] == ["task_success", "solved_without_reading", "needless_write"]
    assert shares(oracle) == [300, 0, 0]
    assert shares(prefetched) == [192, 192, 0]
    assert shares(idle) == [30, 30, 0]


def test_a_write_where_nothing_is_to_be_written_is_counted():
    record = next(one for one in RECORDS if one.tags["family"] == "age")
    note = {"resourceType": "Communication", "status": "completed"}
    calls = [
        json.dumps({"tool": "create", "arguments": {"resource": note}}),
        '{"tool": "finish", "arguments": {"answer": 1}}',
    ]
    _, values = asked(says(lambda prompt: calls[sum(one.role == "assistant" for one in prompt)]), [record])
    assert values[0]["outcome"] == "wrong change"
    assert METRICS["needless_write"].function(json.dumps(values[0]), '{"writes": 0}') == 1.0


def test_a_model_is_an_arm_only_where_it_is_named():
    task = SYSTEM.tasks["families"]("smoke")[0]
    assert set(SYSTEM.learners(task, "smoke")) == {"oracle", "rules as tool calls"}
    named = replace(task, tags={"backend": "http://localhost:1/v1#m"})
    assert set(SYSTEM.learners(named, "smoke")) == {"oracle", "rules as tool calls", "model, tool calls"}


def test_the_finding_has_success_by_family():
    tasks = SYSTEM.tasks["families"]("default")
    assert len({task.name for task in tasks}) == 10 and {task.question for task in tasks} == {"Success by family"}
    silent = {task.source.families[0] for task in tasks if len(task.measures) == 2}
    assert silent == {"blood pressure", "referral"}


def test_rules_see_what_any_agent_sees():
    seen = [Observation(RECORDS[0].fields["instruction"].value)]
    assert by_rules(seen) == rules(BENCH.begin(RECORDS[0]).task)(seen)
