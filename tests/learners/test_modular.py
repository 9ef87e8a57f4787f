from dataclasses import replace

import numpy as np
import pytest
import torch

from vesalius.errors import UserError
from vesalius.learners.learner import Learner
from vesalius.learners.modular import FusionRecipe, ModalityFusion
from vesalius.learners.training import Regime
from vesalius.metrics import METRICS
from vesalius.records import Label
from vesalius.sources.simulators.modalities import MODALITIES, OUTCOMES, Modalities
from vesalius.tasks.texts import by_release


def recipe(fusion, steps=150):
    regime = Regime(steps=steps, learning_rate=5e-3)
    return FusionRecipe(fusion=fusion, sizes=MODALITIES, width=16, batch=64, regime=regime)


def auroc(said, records):
    return METRICS["auroc"].function(np.array(said), np.array([record.get(OUTCOMES[0], Label).index for record in records]))


@pytest.mark.parametrize("fusion", ["sequential", "parallel"])
def test_it_learns_from_all_modalities_and_is_kept(fusion, tmp_path):
    split = by_release(Modalities(train=500, validation=100, test=400).records())
    learner = ModalityFusion(recipe(fusion), outcomes=OUTCOMES, seed=0)
    assert isinstance(learner, Learner)
    with pytest.raises(UserError, match="fit the learner"):
        learner.predict(split.test)
    learner.fit(split.train, split.validation)
    said = [one.value for one in learner.predict(split.test)]
    assert auroc(said, split.test) > 0.7
    learner.save(tmp_path)
    again = ModalityFusion(recipe(fusion), outcomes=OUTCOMES, seed=1)
    again.load(tmp_path)
    assert [one.value for one in again.predict(split.test)] == said


def test_belief_grows_better_with_each_modality():
    split = by_release(Modalities(train=600, validation=100, test=600).records())
    learner = ModalityFusion(recipe("sequential"), outcomes=OUTCOMES, seed=0)
    learner.fit(split.train, split.validation)
    steps = learner.steps(split.test)
    assert steps.shape == (600, 5) and np.ptp(steps[:, 0]) == 0
    scores = [auroc(steps[:, step], split.test) for step in (1, 2, 4)]
    assert scores[0] < scores[1] < scores[2]


def test_a_pattern_of_missing_that_is_turned_round_harms_parallel_fusion_more():
    split = by_release(Modalities(train=800, validation=150, test=800, missing="by outcome", flipped=True).records())
    found = {}
    for fusion in ("sequential", "parallel"):
        learner = ModalityFusion(recipe(fusion, 250), outcomes=OUTCOMES, seed=0)
        learner.fit(split.train, split.validation)
        found[fusion] = auroc([one.value for one in learner.predict(split.test)], split.test)
    assert found["sequential"] > found["parallel"]


def test_every_outcome_is_trained():
    split = by_release(Modalities(train=200, validation=0, test=10).records())
    trained, begun = ModalityFusion(recipe("sequential", 20), outcomes=OUTCOMES, seed=0), []
    trained.fit(split.train, [])
    begun = ModalityFusion(replace(recipe("sequential"), regime=Regime(steps=1, learning_rate=0.0)), outcomes=OUTCOMES, seed=0)
    begun.fit(split.train, [])
    for before, after in zip(begun._network.decoders, trained._network.decoders, strict=True):
        assert not torch.allclose(next(before.parameters()), next(after.parameters()))


def test_a_penalty_keeps_the_state_from_large_changes():
    split = by_release(Modalities(train=300, validation=0, test=100).records())
    moved = []
    for change in (0.0, 10.0):
        learner = ModalityFusion(replace(recipe("sequential", 60), change=change), outcomes=OUTCOMES, seed=0)
        learner.fit(split.train, [])
        steps = learner.steps(split.test)
        moved.append(np.abs(np.diff(steps, axis=1)).mean())
    assert moved[1] < moved[0] / 2


def test_a_record_of_another_size_is_named():
    split = by_release(Modalities(train=20, validation=5, test=5).records())
    wrong = FusionRecipe(fusion="parallel", sizes={"vitals": 5}, width=4, batch=4, regime=Regime(steps=1, learning_rate=1e-3))
    with pytest.raises(UserError, match="field 'vitals': 6 numbers"):
        ModalityFusion(wrong, outcomes=OUTCOMES, seed=0).fit(split.train, split.validation)
    absent = FusionRecipe(fusion="parallel", sizes={"ecg": 5}, width=4, batch=4, regime=Regime(steps=1, learning_rate=1e-3))
    with pytest.raises(UserError, match="'ecg'"):
        ModalityFusion(absent, outcomes=OUTCOMES, seed=0).fit(split.train, split.validation)
