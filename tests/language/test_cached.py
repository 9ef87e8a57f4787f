import json
import multiprocessing
import warnings

import numpy as np
import pytest

from vesalius.errors import UserError
from vesalius.language import arriving
from vesalius.language.answer_file import NAME, AnswerFile, key_of
from vesalius.language.backend import Completion, Message, Reply, Sampling, Usage
from vesalius.language.cached import Cached
from vesalius.language.recorded import recorded
from vesalius.language.scripted import Scripted


def shout(prompt, sampling, sample):
    return f"{prompt}! {sample}"


def backend(identity="model"):
    return Scripted(shout, lambda prompt, continuation: -float(len(continuation)), identity=identity)


def test_what_was_asked_is_not_asked_again_and_its_cost_stays(tmp_path):
    asked = Cached(backend(), tmp_path)
    first = asked.generate(["a", "b", "a"], Sampling(samples=2)), asked.score(["a"], [(" x", "")]), asked.embed(["a"])
    inner = backend()
    again = Cached(inner, tmp_path)
    second = again.generate(["a", "b", "a"], Sampling(samples=2)), again.score(["a"], [(" x", "")]), again.embed(["a"])
    assert first[:2] == second[:2] and np.array_equal(first[2], second[2])
    assert inner.asked == [] and inner.scored == []
    assert asked.spent == Usage(prompt=3, completion=9, calls=3) and again.spent == Usage()


@pytest.mark.parametrize(
    "other",
    [
        lambda folder: Cached(backend("another"), folder).generate(["a"], Sampling()),
        lambda folder: Cached(backend(), folder).generate(["a"], Sampling(max_tokens=9)),
        lambda folder: Cached(backend(), folder).generate([(Message("user", "a"),)], Sampling()),
    ],
)
def test_another_model_sampling_or_form_of_prompt_is_another_answer(tmp_path, other):
    Cached(backend(), tmp_path).generate(["a"], Sampling())
    other(tmp_path)
    assert len((tmp_path / NAME).read_text().splitlines()) == 2


def test_seeds_are_other_answers_only_where_there_is_chance(tmp_path):
    inner = backend()
    asked = Cached(inner, tmp_path)
    for seed in range(5):
        asked.generate(["greedy"], Sampling(seed=seed))
        asked.generate(["drawn"], Sampling(seed=seed, temperature=1.0))
    assert inner.asked.count("greedy") == 1 and inner.asked.count("drawn") == 5


def test_greedy_answers_from_before_seeds_were_settled_are_found(tmp_path):
    sampling = {"max_tokens": 256, "temperature": 0.0, "top_p": 0.9, "stop": [], "samples": 1, "seed": 3}
    reply = {"completions": [{"text": "old", "tokens": 1}], "usage": {"prompt": 1, "completion": 1, "calls": 1}}
    AnswerFile(tmp_path, dict).add(
        key_of({"identity": "model", "sampling": sampling, "prompt": "a"}), {"identity": "model", **reply}
    )
    assert Cached(backend(), tmp_path).generate(["a"], Sampling(seed=3, top_p=0.9))[0].text == "old"


def test_no_prompt_stands_in_the_file(tmp_path):
    Cached(Scripted(lambda *_: "yes"), tmp_path).generate(["Mr Smith has gout."], Sampling())
    assert "Smith" not in (tmp_path / NAME).read_text()


class Failing(Scripted):
    def generate(self, prompts, sampling):
        self.asked.extend(prompts)
        failed = Completion(text="HTTP 500", tokens=0, finish="failed")
        return [Reply(completions=(failed,), usage=Usage()) for _ in prompts]


def test_failures_are_asked_again(tmp_path):
    assert Cached(Failing(shout, identity="model"), tmp_path).generate(["a"], Sampling())[0].completions[0].finish == "failed"
    assert Cached(backend(), tmp_path).generate(["a"], Sampling())[0].text == "a! 0"


def test_a_line_that_a_kill_cut_short_costs_that_answer_alone(tmp_path):
    Cached(backend(), tmp_path).generate(["a", "b", "c"], Sampling())
    file = tmp_path / NAME
    file.write_bytes(file.read_bytes()[:-20])
    inner = backend()
    Cached(inner, tmp_path).generate(["a", "b", "c"], Sampling())
    assert inner.asked == ["c"]
    with pytest.warns(UserWarning, match=rf"{NAME}, line 3: damaged") as caught:
        inner = backend()
        Cached(inner, tmp_path).generate(["a", "b", "c"], Sampling())
    assert inner.asked == [] and len(caught) == 1


def test_damaged_lines_are_skipped_with_one_warning(tmp_path):
    Cached(backend(), tmp_path).generate(["a", "b", "c"], Sampling())
    file = tmp_path / NAME
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    rows[0]["completions"] = [{"text": 3, "tokens": 1}]
    del rows[2]["usage"]
    file.write_text("\n".join([json.dumps(row) for row in rows] + ["[]", "nonsense", ""]))
    with pytest.warns(UserWarning, match="line 1: damaged") as caught:
        inner = backend()
        Cached(inner, tmp_path).generate(["a", "b", "c"], Sampling())
    assert inner.asked == ["a", "c"] and len(caught) == 1


def test_a_killed_run_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(arriving, "CHUNK", 2)

    def dies(prompt, sampling, sample):
        if prompt == "d":
            raise KeyboardInterrupt
        return shout(prompt, sampling, sample)

    with pytest.raises(KeyboardInterrupt):
        Cached(Scripted(dies, identity="model"), tmp_path).generate(["a", "b", "c", "d"], Sampling())
    inner = backend()
    Cached(inner, tmp_path).generate(["a", "b", "c", "d"], Sampling())
    assert inner.asked == ["c", "d"]


def test_vectors_that_came_before_a_kill_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(arriving, "CHUNK", 2)

    class Dying(Scripted):
        def embed(self, texts):
            if "d" in texts:
                raise KeyboardInterrupt
            return super().embed(texts)

    with pytest.raises(KeyboardInterrupt):
        Cached(Dying(shout, identity="model"), tmp_path).embed(["a", "b", "c", "d"])
    assert len((tmp_path / NAME).read_text().splitlines()) == 2


def _writer(folder, name):
    cached = Cached(Scripted(lambda prompt, sampling, sample: prompt * 2000, identity="model"), folder)
    for number in range(40):
        cached.generate([f"{name}{number}"], Sampling())


def test_processes_write_side_by_side(tmp_path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_writer, args=(tmp_path, name)) for name in "xyz"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cached = recorded(tmp_path)
    replies = cached.generate([f"{name}{number}" for name in "xyz" for number in range(40)], Sampling())
    assert all(reply.completions[0].finish != "failed" for reply in replies)


def test_recorded_answers_need_no_model_and_what_is_not_there_has_failed(tmp_path):
    asked = Cached(backend(), tmp_path)
    known = asked.generate(["a"], Sampling())
    scores = asked.score(["a"], [(" x",)])
    past = recorded(tmp_path)
    assert past.identity == "model"
    assert past.generate(["a"], Sampling()) == known and past.score(["a"], [(" x",)]) == scores
    assert past.generate(["b"], Sampling())[0].completions[0].finish == "failed"
    assert np.isnan(past.score(["a"], [(" y",)])[0].likelihoods[0].log_probability)
    with pytest.raises(UserError, match="no recorded vector"):
        past.embed(["a"])
    assert len((tmp_path / NAME).read_text().splitlines()) == 2


def test_of_several_recorded_models_one_is_named(tmp_path):
    with pytest.raises(UserError, match="missing"):
        recorded(tmp_path)
    for name in ("one", "two"):
        Cached(backend(name), tmp_path).generate(["a"], Sampling())
    with pytest.raises(UserError, match="2 models"):
        recorded(tmp_path)
    with pytest.raises(UserError, match="no answers of 'three'"):
        recorded(tmp_path, "three")
    assert recorded(tmp_path, "two").generate(["a"], Sampling())[0].text == "a! 0"
