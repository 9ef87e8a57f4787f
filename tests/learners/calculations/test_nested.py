import json
from collections import Counter
from dataclasses import replace

import pytest

from tests.learners.calculations.mocks import TEST, TRAIN, blind, faults, mock
from vesalius.language.backend import Completion, Reply, Usage
from vesalius.language.scripted import Scripted, text_of
from vesalius.learners.calculations.nested import STAGES, NestedTools, stage_faults
from vesalius.learners.calculations.prompted import PromptedCalculation


def test_an_oracle_is_right_of_every_calculator_and_converts_by_nested_calls():
    learner = NestedTools(mock())
    assert set(faults(learner)) == {"none"}
    calls = Counter()
    for said in learner.predict(blind(TEST)):
        calls.update(json.loads(said.raw)["tools"])
    assert calls["calculator"] == len(TEST) and calls["convert"] > len(TEST) / 4


@pytest.mark.parametrize("planted", ["formula", "arithmetic", "conversion"])
def test_tools_repair_what_a_model_calculates_wrong(planted):
    assert set(faults(NestedTools(mock(**{planted: 1.0})))) == {"none"}
    assert set(faults(PromptedCalculation(mock(**{planted: 1.0}), asking="steps"))) != {"none"}


def test_tools_do_not_repair_misreading():
    found = Counter(faults(NestedTools(mock(extraction=1.0))))
    assert found["extraction"] > 0.95 * len(TEST)


def test_without_nested_calls_a_model_that_converts_wrong_goes_wrong():
    learner = NestedTools(mock(conversion=1.0), nested=False)
    found = Counter(faults(learner))
    assert found["none"] < 0.85 * len(TEST)
    assert stage_faults(learner.predict(blind(TEST)))["calculation"] == found["unparsed"] > 0
    assert set(faults(NestedTools(mock(), nested=False))) == {"none"}


def test_the_meta_tool_searches_by_the_name_that_the_model_gives():
    vague = [
        replace(each, fields={**each.fields, "question": replace(each.fields["question"], value="What follows?")})
        for each in TEST
    ]
    assert set(faults(NestedTools(mock()), vague)) == {"none"}
    assert Counter(faults(NestedTools(mock(), meta=False), vague))["unparsed"] == len(vague)


def test_neither_target_nor_tags_are_looked_at():
    untagged = [replace(each, tags={}) for each in blind(TEST[:20])]
    learner = NestedTools(mock())
    assert [one.value for one in learner.predict(untagged)] == [one.value for one in learner.predict(TEST[:20])]


def spoiling(ending, said):
    """An oracle but for one kind of prompt."""
    oracle = mock()()
    answer = oracle._answer
    return lambda: Scripted(lambda prompt, *more: said if text_of(prompt).endswith(ending) else answer(prompt, *more))


NESTED = json.dumps({"weight": {"tool": "convert", "arguments": {"value": 1, "from": "lb", "to": "mmHg"}}})


@pytest.mark.parametrize(
    ("ending", "said", "stage"),
    [
        ("Id:", "None of these.", "choosing"),
        ("Id:", "", "choosing"),
        ("Arguments:", "I do not know.", "filling"),
        ("Arguments:", "[1, 2]", "filling"),
        ("Arguments:", NESTED, "conversion"),
        ("Arguments:", "{}", "calculation"),
        ("Arguments:", '{"mood": "good"}', "calculation"),
    ],
)
def test_what_comes_to_nothing_is_counted_by_its_stage(ending, said, stage):
    record = next(each for each in TEST if each.tags["calculator"] == "bmi")
    predictions = NestedTools(spoiling(ending, said)).predict([record])
    assert [(one.value, one.outcome) for one in predictions] == [(None, "unparsed")]
    assert stage_faults(predictions) == {stage: 1} and stage in STAGES


def test_an_id_in_a_sentence_is_a_choice_and_two_are_none():
    record = next(each for each in TEST if each.tags["calculator"] == "delta-gap")
    (one,) = NestedTools(spoiling("Id:", "It is delta-gap here")).predict([record])
    (two,) = NestedTools(spoiling("Id:", "Either delta-gap or albumin-corrected-delta-gap .")).predict([record])
    assert (one.outcome, two.outcome) == ("answered", "unparsed")


def test_a_record_that_could_not_be_asked_has_failed_and_the_others_go_on():
    class Failing(Scripted):
        def generate(self, prompts, sampling):
            replies = super().generate(prompts, sampling)
            failed = Reply(completions=(Completion(text="timed out", tokens=0, finish="failed"),), usage=Usage(calls=1))
            return [
                failed if TEST[0].fields["note"].value in prompt else reply
                for prompt, reply in zip(prompts, replies, strict=True)
            ]

    found = NestedTools(lambda: Failing(mock()()._answer)).predict(TEST[:3])
    assert [one.outcome for one in found] == ["failed", "answered", "answered"]
    assert found[0].calls == 1 and found[1].calls == 3


def test_settings_are_saved(tmp_path):
    learner = NestedTools(mock(), meta=False, nested=False)
    learner.fit(TRAIN, [])
    learner.save(tmp_path)
    restored = NestedTools(mock())
    restored.load(tmp_path)
    assert [one.raw for one in restored.predict(TEST[:5])] == [one.raw for one in learner.predict(TEST[:5])]
