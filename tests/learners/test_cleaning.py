"""Learners that drop suspected noise."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from vesalius.errors import UserError
from vesalius.learners.cleaning import Cleaned, ConfidentLearning, RandomRemoval, ReCoV
from vesalius.learners.estimator import Estimator
from vesalius.learners.learner import Learner
from vesalius.learners.noise_histogram import above_band, binomial_tail, ridge_scoring
from vesalius.records import Label, Record
from vesalius.sources.noise import LabelNoise, planted
from vesalius.sources.simulators.noisy_labels import NoisyLabels
from vesalius.tasks import Prediction

MODEL = partial(Estimator, LogisticRegression(), target="label")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """The products are small: threads of the numeric library would only wait for each other."""
    with threadpool_limits(1):
        yield


def noisy_records(seed: int = 0) -> list[Record]:
    return LabelNoise(rate=0.2, target="label").build(NoisyLabels("label").records()[:300], seed)


def recov(seed: int = 0) -> ReCoV:
    return ReCoV(scoring=ridge_scoring("label"), pick=binomial_tail, repetitions=500, seed=seed)


class Remembering(Estimator):
    """Keeps what it was fitted on."""

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        self.seen = (list(train), list(validation))
        super().fit(train, validation)


def values(predictions: list[Prediction]) -> np.ndarray:
    return np.array([prediction.value for prediction in predictions], dtype=float)


def test_the_final_model_is_fitted_on_exactly_the_records_that_were_not_picked() -> None:
    records = noisy_records()
    inner = Remembering(LogisticRegression(), target="label")
    cleaned = Cleaned(lambda train: np.arange(len(train)) % 10 == 3, inner, target="label")
    cleaned.fit(records, records[:5])
    assert cleaned.removed == tuple(record.id for record in records[3::10])
    assert [record.id for record in inner.seen[0]] == [record.id for record in records if record.id not in cleaned.removed]
    assert inner.seen[1] == records[:5]
    assert isinstance(cleaned, Learner) and cleaned.trained_parameters == 11


def test_the_histogram_finds_more_noise_than_the_same_number_drawn_at_random() -> None:
    right, at_random = [], []
    for seed in range(3):
        records = noisy_records(seed)
        picked, drawn = recov(seed)(records), RandomRemoval(like=recov(seed), seed=seed)(records)
        assert picked.sum() == drawn.sum() > 5
        right.append(planted(records)[picked].mean())
        at_random.append(planted(records)[drawn].mean())
    assert np.mean(right) > 0.6
    assert np.mean(at_random) < 0.35


def test_each_part_of_the_finder_has_its_say() -> None:
    records = noisy_records()
    wider = ReCoV(scoring=ridge_scoring("label"), pick=above_band, repetitions=500, seed=0)
    assert recov()(records).sum() < wider(records).sum()
    assert np.array_equal(recov()(records), recov()(records))
    assert not np.array_equal(recov()(records), recov(1)(records))


def test_confident_learning_finds_planted_noise_and_none_in_labels_that_follow_the_covariates() -> None:
    records = noisy_records()
    found = ConfidentLearning(build=MODEL, seed=0)(records)
    assert planted(records)[found].mean() > 0.6
    assert ConfidentLearning(build=MODEL, seed=0)(NoisyLabels("label").records()[:300]).mean() < 0.1


@pytest.mark.parametrize("outcome", ["label", "survival"])
def test_cleaning_that_takes_a_whole_class_or_all_events_is_refused(outcome: str) -> None:
    def first_class(train: Sequence[Record]) -> np.ndarray:
        targets = [record.fields[outcome] for record in train]
        return np.array([target.value == "ill" if isinstance(target, Label) else target.event for target in targets])

    with pytest.raises(UserError, match="all of a class or all events in"):
        Cleaned(first_class, MODEL(), target=outcome).fit(NoisyLabels(outcome).records(), [])


def test_a_loaded_learner_answers_as_before_and_knows_what_was_dropped(tmp_path: Path) -> None:
    records = noisy_records()
    cleaned = Cleaned(recov(), MODEL(), target="label")
    cleaned.fit(records, [])
    cleaned.save(tmp_path)
    loaded = Cleaned(recov(), MODEL(), target="label")
    loaded.load(tmp_path)
    assert np.array_equal(values(loaded.predict(records)), values(cleaned.predict(records)))
    assert loaded.removed == cleaned.removed != ()
