import pytest
from tests.language.exams import exam

from vesalius.errors import UserError
from vesalius.language.backend import Sampling
from vesalius.language.scripted import Scripted
from vesalius.learners.language_model.process_reward.best_of import BestOf, Choosing
from vesalius.learners.language_model.process_reward.judges import ByChain, ByModel, ByOutcome
from vesalius.learners.language_model.process_reward.reward import Scored
from vesalius.learners.learner import Learner
from vesalius.records import Text

RECORDS = exam(12)
SAMPLED = Sampling(max_tokens=32, temperature=1.0, samples=3)


def policy():
    """Two of three solutions are lazy and say A; one compares and says C."""
    texts = [" It is short. The answer is A.", " Compared. The answer is C.", " It is short. The answer is A."]
    return Scripted(lambda prompt, sampling, sample: texts[(sample + sampling.seed) % 3])


class Suspicious:
    """Stands for a reward model: it finds what is not compared doubtful, once it was fitted."""

    def __init__(self):
        self.fitted, self.trained_parameters = [], 7

    def evidence(self, questions):
        return [()] * len(questions)

    def fit(self, examples):
        self.fitted = list(examples)

    def scores(self, questions, chains):
        if not self.fitted:
            raise UserError("not fitted")
        scores = ([[0.1 if "short" in step else 0.9 for step in chain] for chain in own] for own in chains)
        return [Scored(one, tokens=5, calls=1) for one in scores]

    def save(self, folder):
        (folder / "fitted").write_text(str(len(self.fitted)))

    def load(self, folder):
        self.fitted = [None] * int((folder / "fitted").read_text())


def verified(judge=None, **options):
    return BestOf(policy, SAMPLED, reward=Suspicious(), judge=judge or ByOutcome(), **options)


def values(learner):
    return [one.value for one in learner.predict(RECORDS)]


def test_a_reward_model_overrules_the_majority_of_the_same_samples():
    plain, learner = BestOf(policy, SAMPLED), verified()
    assert isinstance(learner, Learner) and (plain.trained_parameters, learner.trained_parameters) == (0, 7)
    plain.fit([], [])
    learner.fit(RECORDS[:4], [])
    assert set(values(plain)) == {"A"} and set(values(learner)) == {"C"}
    assert len(plain.policy.asked) == len(RECORDS)


def test_what_fitting_cost_is_told_once():
    learner, plain = verified(), BestOf(policy, SAMPLED)
    learner.fit(RECORDS[:4], [])
    first, second = (sum(one.tokens for one in learner.predict(RECORDS)) for _ in range(2))
    assert second < first
    assert all(one.calls == 1 for one in plain.predict(RECORDS))


def test_what_the_reward_model_reads_is_a_cost_of_the_answer():
    learner, plain = verified(), BestOf(policy, SAMPLED)
    learner.fit(RECORDS[:4], [])
    learner.predict(RECORDS)
    for judged, sampled in zip(learner.predict(RECORDS), plain.predict(RECORDS), strict=True):
        assert (judged.tokens, judged.calls) == (sampled.tokens + 5, sampled.calls + 1)


def test_what_a_model_reads_as_a_judge_is_a_cost_of_fitting():
    judge = Scripted(lambda prompt, sampling, sample: "1: right\n2: right")
    asking, free = verified(ByModel(lambda: judge)), verified(ByOutcome())
    for learner in (asking, free):
        learner.fit(RECORDS[:4], [])
    told, told_free = asking.predict(RECORDS), free.predict(RECORDS)
    assert sum(one.calls for one in told) == sum(one.calls for one in told_free) + len(judge.asked)
    assert sum(one.tokens for one in told) > sum(one.tokens for one in told_free) + 6 * len(judge.asked)
    # it is told once, and a second fitting adds its own alone
    once = sum(one.tokens for one in told)
    asking.fit(RECORDS[:4], [])
    assert sum(one.tokens for one in asking.predict(RECORDS)) == once


def test_each_different_chain_is_labelled_once():
    learner = verified()
    learner.fit(RECORDS[2:3], [])
    [labelled] = learner._reward.fitted
    assert labelled.chains == ((" It is short.", " The answer is A."), (" Compared.", " The answer is C."))
    assert labelled.labels == ((None, 0.0), (None, 1.0))


def test_weights_of_a_vote_are_those_of_the_solutions():
    learner = verified(choosing=Choosing(aggregate="min", select="vote"))
    learner.fit(RECORDS[:4], [])
    assert set(values(learner)) == {"C"}  # 0.9 against 0.1 + 0.1


def test_a_saved_learner_draws_the_same_samples(tmp_path):
    learner = verified(seed=0)
    learner.fit(RECORDS[:4], [])
    learner.save(tmp_path)
    other = verified(seed=1)
    other.load(tmp_path)
    assert [one.raw for one in other.predict(RECORDS)] == [one.raw for one in learner.predict(RECORDS)]
    (tmp_path / "sampled.json").write_text("{}")
    with pytest.raises(UserError, match="damaged"):
        other.load(tmp_path)


def test_what_is_missing_is_told(tmp_path):
    with pytest.raises(UserError, match="none; a reward model needs"):
        verified().fit([], [])
    with pytest.raises(UserError, match="not fitted"):
        verified().predict(RECORDS)
    with pytest.raises(UserError, match="'explanation'"):
        verified(ByChain()).fit(RECORDS, [])
    with pytest.raises(UserError, match="missing"):
        BestOf(policy, SAMPLED).load(tmp_path)
    with pytest.raises(ValueError, match="go together"):
        BestOf(policy, SAMPLED, judge=ByOutcome())
    assert "explanation" not in RECORDS[0].fields and isinstance(RECORDS[0].fields["answer"], Text)
