"""The usual baseline of times to events: how often each code was, the last of each value and the age, in a survival model."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.learners.estimator import outcomes
from vesalius.learners.events.histories import Vocabulary, history_of, numbered, vocabulary_from, vocabulary_of
from vesalius.learners.kept_file import kept_arrays
from vesalius.metrics.survival import c_index
from vesalius.records import Record, Survival
from vesalius.tasks import Prediction

CODES, FITTED = "codes.json", "fitted-on.npz"

Model = Literal["cox", "boosting"]

_TRIED: dict[Model, tuple[float, ...]] = {"cox": (1.0, 10.0, 100.0, 1000.0), "boosting": (20.0, 60.0, 150.0)}
"""Ridge penalty, or number of trees: the one with the highest validation concordance is kept, the first of equal ones."""


class CountSurvival:
    """Cox regression with a ridge penalty, or gradient boosted Cox, of scikit-survival, on counts of codes.

    Features: log(1 + count) of each code, the last standardised value of each code that has one, and the age at the last event.
    Its strength is chosen on the validation records.

    Args:
        model: which.
        target: field of the ``Survival``.
        horizon: survival is told for 1, 2, … so many units of the target.
        seed: of the trees.
    """

    def __init__(self, model: Model, *, target: str, horizon: int, seed: int) -> None:
        self._model, self._target, self._horizon, self._seed = model, target, horizon, seed
        self._vocabulary: Vocabulary | None = None
        self._fitted_on: tuple[NDArray[np.float64], NDArray[Any], float] | None = None
        self._estimator: Any = None

    @property
    def trained_parameters(self) -> int:
        """Coefficients of Cox regression; trees are not counted."""
        return 0 if self._estimator is None else int(np.size(getattr(self._estimator[-1], "coef_", ())))

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Fit on the records that have the target; codes are those of all.

        Raises:
            UserError: if none has the target, or no event was seen.
        """
        labelled = [record for record in train if self._target in record.fields]
        if not any(record.get(self._target, Survival).event for record in labelled):
            raise UserError(f"training records: none with an event in the field {self._target!r}; give at least one.")
        self._vocabulary = vocabulary_of([history_of(record) for record in train])
        features, told = self._features(labelled), outcomes(labelled, self._target)
        checked = [record for record in validation if self._target in record.fields]
        strengths = _TRIED[self._model]
        scores = [0.0] * len(strengths)
        if any(record.get(self._target, Survival).event for record in checked):
            wanted = outcomes(checked, self._target)
            truths = np.column_stack([wanted["time"], wanted["event"]])
            scores = [c_index(risks, truths) for risks in self._risks(strengths, features, told, self._features(checked))]
        strength = strengths[int(np.argmax(np.nan_to_num(scores)))]
        self._fitted_on = features, told, strength
        self._estimator = self._made(strength, features, told)

    def _risks(
        self, strengths: Sequence[float], features: NDArray[np.float64], told: NDArray[Any], seen: NDArray[np.float64]
    ) -> list[NDArray[np.float64]]:
        """Of validation records by each strength; fewer trees are the first of more."""
        if self._model == "cox":
            return [self._made(each, features, told).predict(seen) for each in strengths]
        most = self._made(max(strengths), features, told)
        staged = list(most[-1].staged_predict(most[0].transform(seen)))
        return [staged[int(each) - 1] for each in strengths]

    def _made(self, strength: float, features_NP: NDArray[np.float64], told: NDArray[Any]) -> Any:
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sksurv.ensemble import GradientBoostingSurvivalAnalysis
        from sksurv.linear_model import CoxPHSurvivalAnalysis

        if self._model == "cox":
            return make_pipeline(StandardScaler(), CoxPHSurvivalAnalysis(alpha=strength)).fit(features_NP, told)
        trees = GradientBoostingSurvivalAnalysis(
            n_estimators=int(strength), max_depth=2, subsample=0.5, max_features="sqrt", random_state=self._seed
        )
        return make_pipeline(StandardScaler(), trees).fit(features_NP, told)

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Probability to be without the event after 1, 2, … units of time.

        Raises:
            UserError: before ``fit`` and ``load``, or if a record has no history.
        """
        if self._estimator is None:
            raise UserError("CountSurvival: no model yet; fit the learner or load it first.")
        features = self._features(records)
        curves = self._estimator[-1].predict_survival_function(self._estimator[0].transform(features), return_array=True)
        steps = np.searchsorted(self._estimator[-1].unique_times_, np.arange(1.0, self._horizon + 1), "right")
        lived = np.column_stack([np.ones(len(curves)), curves])[:, steps].clip(0, 1)
        return [Prediction(record_id=record.id, value=curve) for record, curve in zip(records, lived, strict=True)]

    def _features(self, records: Sequence[Record]) -> NDArray[np.float64]:
        assert self._vocabulary is not None
        size = len(self._vocabulary)
        found = np.zeros((len(records), 2 * size + 1))
        for row, record in zip(found, records, strict=True):
            history = numbered(history_of(record), self._vocabulary)
            row[:size] = np.log1p(np.bincount(history.places, minlength=size))
            valued = ~np.isnan(history.values)
            row[size : 2 * size][history.places[valued]] = history.values[valued]
            row[-1] = history.ages[-1] / 3652.5
        return found

    def save(self, folder: Path) -> None:
        """Write the codes and what the model was fitted on: trees can't be read back safely, so that ``load`` fits again."""
        assert self._vocabulary is not None and self._fitted_on is not None
        features, told, strength = self._fitted_on
        self._vocabulary.save(folder / CODES)
        content = {"features": features, "times": told["time"], "events": told["event"]}
        np.savez_compressed(folder / FITTED, allow_pickle=False, **content, strength=strength, seed=self._seed)

    def load(self, folder: Path) -> None:
        """Fit again on what ``save`` wrote, which gives the same model.

        Raises:
            UserError: if a file is missing or damaged.
        """
        self._vocabulary = vocabulary_from(folder / CODES)
        with kept_arrays(folder / FITTED) as kept:
            told = np.array(list(zip(kept["events"], kept["times"], strict=True)), dtype=[("event", "?"), ("time", "<f8")])
            self._fitted_on, self._seed = (kept["features"], told, float(kept["strength"])), int(kept["seed"])
        self._estimator = self._made(self._fitted_on[2], self._fitted_on[0], told)
