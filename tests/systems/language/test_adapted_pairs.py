from dataclasses import dataclass, replace

import numpy as np
import pytest

from vesalius.records import Choices, Record, Text
from vesalius.systems.language import med_dapt_progress
from vesalius.systems.language.adapted_pairs import MODELS, SHARED, AdaptedPair, WinTieLoss, trained, win_tie_loss
from vesalius.systems.language.med_dapt_progress import SYSTEM, candidates
from vesalius.tasks import Prediction
from vesalius.tasks.texts import choices_task
from vesalius.trials import run_trial
from vesalius.trials.trial import Arms, Trial

SETS, QUESTIONS = 20, 200


@dataclass(frozen=True)
class Exam:
    """Questions whose right answer is A."""

    seed: int
    name: str = "exam"
    tier: str = "simulator"
    description: str = "Questions."

    def records(self):
        fields = {"options": Choices(("a", "b")), "answer": Text("A")}
        ids = [f"{self.seed}-{place}" for place in range(QUESTIONS)]
        return [
            Record(id=id, subject_id=id, fields={"question": Text(id)} | fields, tags={"split": "test"}, licence="CC0-1.0")
            for id in ids
        ]


class Skilled:
    """Right with a chance that is the same for every question, by its own luck."""

    trained_parameters = 0

    def __init__(self, chance, luck):
        self.chance, self.luck = chance, luck

    def fit(self, train, validation):
        pass

    def predict(self, records):
        rng = np.random.default_rng([self.luck, *(ord(letter) for letter in records[0].id)])
        right = rng.random(len(records)) < self.chance
        return [Prediction(record_id=one.id, value="A" if ok else "B") for one, ok in zip(records, right, strict=True)]

    def save(self, folder):
        pass

    load = save


def counts(out, chance):
    """Of models that are right with a chance, against a base that is with 0.6, on many exams."""
    tasks = [replace(choices_task(Exam(seed)), name=f"exam {seed}", question="exams") for seed in range(SETS)]
    arms = Arms({"adapted": lambda seed: Skilled(chance, 1)}, {"base": lambda seed: Skilled(0.6, 2)})
    finding = run_trial(Trial(name="pairs", tasks=tuple(tasks), arms=lambda task: arms, seeds=(0,)), out=out).finding
    return win_tie_loss(finding.comparisons)["exams", False]


def test_two_models_of_one_skill_tie_in_nearly_all_sets(tmp_path):
    assert counts(tmp_path, 0.6).ties >= 0.95 * SETS


def test_a_planted_gain_wins_and_a_planted_loss_loses(tmp_path):
    assert counts(tmp_path / "gain", 0.85).wins >= 0.9 * SETS
    assert counts(tmp_path / "loss", 0.35).losses >= 0.9 * SETS


def test_shared_prompts_are_counted_apart():
    def comparison(learner, low, high, primary=True):
        difference = type("Interval", (), {"low": low, "high": high})
        fields = {"learner": learner, "question": "few-shot", "difference": difference, "primary": primary}
        return type("One", (), fields)

    told = [
        comparison("x", 0.01, 0.2),
        comparison("x", -0.1, 0.2),
        comparison("x", -0.01, 0.01),
        comparison("x", -0.3, -0.1, primary=False),
        comparison(f"x, {SHARED}", -0.3, -0.1),
    ]
    assert win_tie_loss(told) == {("few-shot", False): WinTieLoss(1, 2, 0), ("few-shot", True): WinTieLoss(0, 0, 1)}


def test_every_model_and_its_twin_of_the_shared_prompt_meets_its_base_in_both_regimes():
    tasks = SYSTEM.tasks["clinic"]("default")
    assert {task.question for task in tasks} == {"zero-shot", "few-shot"}
    for task in tasks:
        assert set(SYSTEM.baselines(task, "default")) == {"base"}
        assert set(SYSTEM.learners(task, "default")) == {*MODELS, *(f"{name}, {SHARED}" for name in MODELS)}


def test_prompts_are_protocols_with_draws_of_examples():
    assert all(one.shots == 0 for one in candidates("zero-shot", "default"))
    few = candidates("few-shot", "default")
    assert {one.shots for one in few} == {2} and len({(one.protocol, one.draw) for one in few}) == len(few) == 6


def test_a_model_is_trained_once_for_all_exams_and_its_weights_are_not_the_bases():
    one = trained("me-llama", "smoke", "resident", 0)
    assert trained("me-llama", "smoke", "resident", 0) is one
    task = med_dapt_progress.SYSTEM.tasks["clinic"]("smoke")[0]
    split = task.split(task.source.records())
    pair = AdaptedPair("me-llama", "smoke", "resident", candidates("zero-shot", "smoke"), shared=False, seed=0)
    pair.fit(split.train, split.validation)
    assert pair.trained_parameters > 0
    base = SYSTEM.baselines(task, "smoke")["base"](0)
    base.fit(split.train, split.validation)
    assert [one.raw for one in pair.predict(split.test)] != [one.raw for one in base.predict(split.test)]


@pytest.mark.parametrize("name", MODELS)
def test_every_pair_is_an_arm_that_its_system_has(name):
    from vesalius import catalogue

    system = catalogue.system(name)
    task = system.tasks["clinic"]("smoke")[0]
    assert MODELS[name] in system.learners(task, "smoke")
