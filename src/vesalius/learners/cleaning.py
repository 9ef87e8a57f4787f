"""Learners that drop suspected label noise from their training records before they fit."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vesalius.errors import UserError
from vesalius.learners.estimator import Estimator, covariate_matrix, outcomes
from vesalius.learners.learner import Learner
from vesalius.learners.noise_histogram import Bools, Picker, Scoring, noise_histogram
from vesalius.records import Label, Record, Survival
from vesalius.tasks import Prediction

Finder = Callable[[Sequence[Record]], Bools]
"""From training records, which of them are noisy."""

FOLDS = 5
"""Of every cross-validation, as in the authors' scripts and cleanlab's default."""

REMOVED = "removed.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReCoV:
    """Finds noisy records by repeated cross-validation.

    Attributes:
        scoring: how folds are scored.
        pick: how noisy records are picked from the noise histogram.
        repetitions: of the cross-validation.
        seed: of the folds.
    """

    scoring: Scoring
    pick: Picker
    repetitions: int
    seed: int

    def __call__(self, records: Sequence[Record]) -> Bools:
        """Which of the records are noisy."""
        counts = noise_histogram(self.scoring(records), len(records), repetitions=self.repetitions, folds=FOLDS, seed=self.seed)
        return self.pick(counts, self.repetitions, FOLDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomRemoval:
    """A control: as many records as another way finds, but drawn at random.

    Attributes:
        like: what decides how many.
        seed: of the draw.
    """

    like: Finder
    seed: int

    def __call__(self, records: Sequence[Record]) -> Bools:
        """Which of the records are dropped."""
        return np.random.default_rng(self.seed).permutation(self.like(records))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidentLearning:
    """Finds noisy labels by confident learning (Northcutt, Jiang and Chuang 2021), as cleanlab has it.

    Attributes:
        build: makes the estimator whose out-of-fold probabilities are used.
        seed: of the folds.
    """

    build: Callable[[], Estimator]
    seed: int

    def __call__(self, records: Sequence[Record]) -> Bools:
        """Which of the labels are noisy."""
        from cleanlab.filter import find_label_issues
        from sklearn.model_selection import StratifiedKFold, cross_val_predict

        estimator = self.build()
        labels = outcomes(records, estimator.target)
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=self.seed)
        values_NP = covariate_matrix(records, estimator.covariates)
        probabilities = cross_val_predict(estimator.pipeline, values_NP, labels, cv=folds, method="predict_proba")
        return np.asarray(find_label_issues(labels, probabilities, n_jobs=1), dtype=bool)


class Cleaned:
    """A learner fitted without the training records that a finder calls noisy.

    Attributes:
        removed: ids of the records that were dropped.
    """

    def __init__(self, find: Finder, learner: Learner, *, target: str) -> None:
        self.find = find
        self.learner = learner
        self.target = target
        self.removed: tuple[str, ...] = ()

    @property
    def trained_parameters(self) -> int:
        """Those of the learner."""
        return self.learner.trained_parameters

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Drop the noisy training records, then fit the learner on the others.

        Raises:
            UserError: if all records of a class, or all events, are among the dropped.
        """
        noisy = self.find(train)
        kept = [record for record, dropped in zip(train, noisy) if not dropped]
        self.removed = tuple(record.id for record, dropped in zip(train, noisy) if dropped)
        if _needed(kept, self.target) < _needed(train, self.target):
            raise UserError(
                f"Cleaning dropped {len(self.removed)} of {len(train)} training records, and with them all of a class or all "
                f"events in {self.target!r}; train on more records, or without cleaning."
            )
        self.learner.fit(kept, validation)

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """The learner's answers."""
        return self.learner.predict(records)

    def save(self, folder: Path) -> None:
        """Write the learner, and which records were dropped."""
        self.learner.save(folder)
        (folder / REMOVED).write_text(json.dumps(self.removed) + "\n", encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Take back the learner, and which records were dropped."""
        self.learner.load(folder)
        self.removed = tuple(json.loads((folder / REMOVED).read_text(encoding="utf-8")))


def _needed(records: Sequence[Record], target: str) -> set[str]:
    """What a fit cannot do without: the classes that there are, or an event."""
    found = set()
    for record in records:
        match record.fields[target]:
            case Label(value=value):
                found.add(value)
            case Survival(event=True):
                found.add("event")
    return found
