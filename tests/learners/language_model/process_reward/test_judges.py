import numpy as np
import pytest

from vesalius.errors import UserError
from vesalius.language.questions import Question
from vesalius.language.retrieval import Document
from vesalius.language.scripted import Scripted
from vesalius.learners.language_model.process_reward.judges import ByChain, ByModel, ByOutcome
from vesalius.learners.language_model.process_reward.solutions import solution_of

QUESTION = Question(
    id="q",
    text="Which?",
    options=("gout", "flu"),
    order=(0, 1),
    answer=0,
    explanation="gout: crystals yes, fever no, 1. flu: crystals no, fever yes, 1.",
)
RIGHT = " gout : crystals yes , fever no , 1 . flu: crystals no, fever yes, 1. The answer is A."
WRONG = " gout: crystals no, fever no, 0. flu: crystals no, fever yes, 1. The answer is A."
LATE = " gout: crystals yes, fever no, 1. flu: crystals no, fever yes, 1. The answer is B."
SOLUTIONS = [solution_of(text, QUESTION) for text in (RIGHT, WRONG, LATE)]


def test_steps_are_compared_with_the_true_chain_and_all_behind_an_error_is_wrong():
    assert ByChain().labels(QUESTION, SOLUTIONS, []) == [(1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (1.0, 1.0, 0.0)]


def test_noise_is_planted_at_its_rate_and_by_seed():
    many = SOLUTIONS * 400
    clean, noisy = ByChain().labels(QUESTION, many, []), ByChain(noise=0.2, seed=3).labels(QUESTION, many, [])
    changed = np.mean([one != other for pair in zip(clean, noisy, strict=True) for one, other in zip(*pair, strict=True)])
    assert changed == pytest.approx(0.2, abs=0.02)
    assert noisy == ByChain(noise=0.2, seed=3).labels(QUESTION, many, []) != ByChain(noise=0.2, seed=4).labels(QUESTION, many, [])


def test_an_outcome_judge_sees_the_answer_alone():
    assert ByOutcome().labels(QUESTION, SOLUTIONS, []) == [(None, None, 1.0), (None, None, 1.0), (None, None, 0.0)]


@pytest.mark.parametrize("judge", [ByChain(), ByOutcome()])
def test_a_question_without_its_answer_cannot_be_judged(judge):
    with pytest.raises(UserError, match="record q"):
        judge.labels(Question(id="q", text="?", options=("a", "b"), order=(0, 1)), SOLUTIONS, [])


def test_a_model_judges_with_the_evidence_before_its_eyes():
    def verdict(prompt, sampling, sample):
        known = "crystals lie in a joint" in prompt and "Step 2: flu: crystals no, fever yes, 1." in prompt
        return "1: right\n2. Wrong\n" if known else "1: wrong"

    judge = ByModel(lambda: Scripted(verdict))
    read = [Document("d", "gout", "crystals lie in a joint")]
    assert judge.labels(QUESTION, SOLUTIONS[:1], read) == [(1.0, 0.0, 0.0)]
    assert judge.labels(QUESTION, SOLUTIONS[:1], []) == [(0.0, 0.0, 0.0)]


def test_a_step_without_a_verdict_has_no_label():
    assert ByModel(lambda: Scripted(lambda *_: "1 right")).labels(QUESTION, SOLUTIONS[:1], []) == [(1.0, None, None)]
