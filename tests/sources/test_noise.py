"""Planted label noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesalius.errors import UserError
from vesalius.records import Label, Record, Survival, Text, Vector, digest_of
from vesalius.sources.noise import ORIGINAL, LabelNoise, planted
from vesalius.sources.simulators.noisy_labels import NoisyLabels


@settings(max_examples=30)
@given(rate=st.floats(0, 1), count=st.integers(0, 60), seed=st.integers(0, 5))
def test_exactly_the_rate_of_labels_is_flipped_and_the_tags_tell_which(rate: float, count: int, seed: int) -> None:
    records = NoisyLabels("label").records()[:count]
    noisy = LabelNoise(rate=rate, target="label").build(records, seed)
    changed = [old.get("label", Label) != new.get("label", Label) for old, new in zip(records, noisy)]
    assert sum(changed) == round(rate * count)
    assert planted(noisy).tolist() == changed
    assert [record.tags[ORIGINAL] for record in noisy] == [record.get("label", Label).value for record in records]


@pytest.mark.parametrize("rate", [0.1, 0.5, 1.0])
def test_survival_outcomes_move_among_the_chosen_and_stay_the_same_set(rate: float) -> None:
    records = NoisyLabels("survival").records()
    noisy = LabelNoise(rate=rate, target="survival").build(records, seed=3)
    before, after = ([record.get("survival", Survival) for record in made] for made in (records, noisy))
    assert sorted((value.time, value.event) for value in before) == sorted((value.time, value.event) for value in after)
    assert planted(noisy).sum() == sum(old != new for old, new in zip(before, after)) == round(rate * len(records))


def test_nothing_but_the_target_and_the_tags_changes() -> None:
    records = NoisyLabels("label").records()
    noisy = LabelNoise(rate=0.3, target="label").build(records, seed=0)
    for old, new in zip(records, noisy):
        assert (old.id, old.subject_id, old.licence) == (new.id, new.subject_id, new.licence)
        assert old.get("covariates", Vector) is new.get("covariates", Vector)


def test_a_seed_plants_the_same_noise_and_another_seed_other_noise() -> None:
    records = NoisyLabels("label").records()
    noise = LabelNoise(rate=0.2, target="label")
    assert digest_of(noise.build(records, 1)) == digest_of(noise.build(records, 1)) != digest_of(noise.build(records, 2))


def test_no_noise_changes_no_target() -> None:
    assert not planted(LabelNoise(rate=0.0, target="survival").build(NoisyLabels("survival").records(), 0)).any()


def test_other_targets_and_rates_are_refused() -> None:
    with pytest.raises(UserError, match="record 1, field 'note'"):
        LabelNoise(rate=1.0, target="note").build([Record(id="1", subject_id="1", fields={"note": Text("a")})], 0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        LabelNoise(rate=1.5, target="label")


def test_the_simulated_outcomes_follow_the_covariates() -> None:
    """A model that knows the rule ranks far better than chance, so that a wrong label is one that can be noticed."""
    records = NoisyLabels("label").records()
    values = np.stack([record.get("covariates", Vector).values for record in records])
    labels = np.array([record.get("label", Label).index for record in records])
    direction = values[labels == 1].mean(axis=0) - values[labels == 0].mean(axis=0)
    scores = values @ direction
    assert (scores[labels == 1][:, None] > scores[labels == 0]).mean() > 0.9
