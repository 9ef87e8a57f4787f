from dataclasses import replace

import pytest
from peft import PeftModel
from tests.learners.language_model.tiny import organs, tiny
from transformers import AutoModelForCausalLM

from vesalius.errors import UserError
from vesalius.language.backend import Sampling
from vesalius.language.questions import question_of
from vesalius.language.scripted import Scripted
from vesalius.learners.language_model.examples import Example
from vesalius.learners.language_model.process_reward.reward import Labelling, Reward, Training, begun_as
from vesalius.learners.language_model.process_reward.solutions import asked
from vesalius.learners.language_model.self_evolved import BySampling, ByTree, Found, PolicyTraining, SelfEvolved
from vesalius.learners.language_model.tree_search import Search
from vesalius.learners.learner import Learner

RECORDS = organs(8)
SAMPLED = Sampling(max_tokens=4, temperature=1.0, samples=3)
CHAIN = (" heart is organ .", " A .")


class Taught:
    """Stands for exploring: every question has the same right chain, and what it asked is kept."""

    def __init__(self, right=True):
        self.policies, self.seeds, self._right = [], [], right

    def __call__(self, policy, questions, seed):
        self.policies.append(policy.identity)
        self.seeds.append(seed)
        right = tuple(Example(asked(one), "A") for one in questions) if self._right else ()
        return Found(
            right=right, labelled=tuple(Labelling(one, (CHAIN,), ((1.0, 0.5),)) for one in questions), tokens=80, calls=8
        )


def evolved(folder, explore, *, rank=0, reward=True, **options):
    begun = begun_as(lambda: folder, rank)
    return SelfEvolved(
        lambda: folder,
        explore,
        PolicyTraining(steps=12, batch=4, learning_rate=2e-2, rank=rank),
        SAMPLED,
        reward=Reward(begun, Training(steps=2, batch=2)) if reward else None,
        **options,
    )


@pytest.mark.parametrize(("kind", "rank"), [("qwen", 0), ("gemma", 2)])
def test_it_learns_what_was_found_and_is_kept_in_plain_files(kind, rank, tmp_path):
    folder, kept = tiny(kind, tmp_path), tmp_path / "kept"
    kept.mkdir()
    learner = evolved(folder, Taught(), rank=rank)
    assert isinstance(learner, Learner)
    with pytest.raises(UserError, match="fit the learner"):
        learner.predict(RECORDS)
    learner.fit(RECORDS, [])
    said = learner.predict(RECORDS)
    assert sum(one.tokens for one in said) == 80 + sum(one.tokens for one in learner.predict(RECORDS))
    if not rank:
        assert [one.value for one in said].count("A") >= 6
    learner.save(kept)
    other = evolved(folder, Taught(), rank=rank, seed=1)
    other.load(kept)
    assert [one.raw for one in other.predict(RECORDS)] == [one.raw for one in said]
    model = kept / "policy" / "model"
    if rank:
        PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(folder), str(model))
    else:
        AutoModelForCausalLM.from_pretrained(model)


def test_each_round_explores_with_what_the_one_before_learnt(tmp_path):
    explore = Taught()
    learner = evolved(tiny("llama", tmp_path), explore, reward=False, rounds=2, seed=5)
    learner.fit(RECORDS, [])
    assert len(set(explore.policies)) == 2 and len(set(explore.seeds)) == 2
    assert sum(one.calls for one in learner.predict(RECORDS)) == 16 + len(RECORDS)


def test_a_second_learner_explores_with_the_same_tuned_policy_though_tuning_is_remembered(tmp_path):
    folder, explored = tiny("qwen", tmp_path), []
    for _ in range(2):
        explore = Taught()
        evolved(folder, explore, reward=False, rounds=2, seed=3).fit(RECORDS, [])
        explored.append(explore.policies)
    assert explored[0] == explored[1] and len(set(explored[0])) == 2


def test_what_is_missing_is_told(tmp_path):
    folder = tiny("llama", tmp_path)
    with pytest.raises(UserError, match="training records"):
        evolved(folder, Taught(), reward=False).fit([], [])
    with pytest.raises(UserError, match="missing"):
        evolved(folder, Taught(), reward=False).load(tmp_path)


def test_sampling_keeps_whole_solutions_that_are_right():
    texts = [" Short. The answer is A.", " Long. The answer is B.", " Short. The answer is A."]
    policy = Scripted(lambda prompt, sampling, sample: texts[sample % 3])
    questions = [question_of(record) for record in RECORDS[:2]]
    found = BySampling(replace(SAMPLED, max_tokens=16))(policy, questions, 0)
    assert [one.answer for one in found.right] == ["Short. The answer is A.", "Long. The answer is B."]
    assert not found.labelled and found.calls == 2


def test_where_nothing_right_is_found_the_policy_stays_the_base(tmp_path):
    learner = evolved(tiny("llama", tmp_path), Taught(right=False), reward=False)
    learner.fit(RECORDS, [])
    assert learner.trained_parameters == 0 and len(learner.predict(RECORDS)) == len(RECORDS)


def test_a_random_model_can_be_searched(tmp_path):
    explore = ByTree(Search(rounds=2, branches=2, roll_outs=2, sampling=SAMPLED))
    learner = evolved(tiny("gemma", tmp_path), explore)
    learner.fit(RECORDS[:2], [])
    said = learner.predict(RECORDS)
    assert len(said) == len(RECORDS) and learner.trained_parameters > 0
