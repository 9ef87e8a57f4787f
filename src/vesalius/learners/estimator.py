"""Any estimator in scikit-learn's style, of scikit-learn or scikit-survival, as a learner on covariates."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records import Label, Record, Survival, Vector
from vesalius.tasks import Prediction

MODEL, DESCRIPTION = "estimator.skops", "estimator.json"

TRUSTED = (
    "numpy.dtype",
    "sksurv.functions.StepFunction",
    "sksurv.linear_model.coxnet.CoxnetSurvivalAnalysis",
    "sksurv.linear_model.coxph.BreslowEstimator",
    "sksurv.linear_model.coxph.CoxPHSurvivalAnalysis",
)
"""Types that are loaded from a file beside those that skops trusts of itself. Tree ensembles are not among them: compiled code
reads a tree's arrays without checking them."""


def covariate_matrix(records: Sequence[Record], field: str = "covariates") -> NDArray[np.float64]:
    """The covariates of records, records × names.

    Raises:
        UserError: if there is no record, or two name their covariates differently.

    >>> records = [Record(id=name, subject_id=name, fields={"covariates": Vector(np.array([2.0]), ("age",))}) for name in "ab"]
    >>> covariate_matrix(records).shape
    (2, 1)
    """
    if not records:
        raise UserError("No records to read covariates from; check the split of the task.")
    vectors = [record.get(field, Vector) for record in records]
    for record, vector in zip(records, vectors):
        if vector.names != vectors[0].names:
            raise UserError(
                f"record {record.id}, field {field!r}: other covariates than the first record has; give all the same names."
            )
    return np.stack([vector.values for vector in vectors])


def outcomes(records: Sequence[Record], target: str) -> NDArray[Any]:
    """Targets as estimators take them: 0 or 1 for a label of two classes, a structured array of event and time for survival.

    Raises:
        UserError: if the target is of another kind.

    >>> record = Record(id="1", subject_id="1", fields={"survival": Survival(12.0, True)})
    >>> outcomes([record], "survival")
    array([( True, 12.)], dtype=[('event', '?'), ('time', '<f8')])
    """
    found = [record.fields.get(target) for record in records]
    if all(isinstance(value, Survival) for value in found):
        pairs = [(value.event, value.time) for value in found if isinstance(value, Survival)]
        return np.array(pairs, dtype=[("event", "?"), ("time", "<f8")])
    if all(isinstance(value, Label) and len(value.classes) == 2 for value in found):
        return np.array([value.index for value in found if isinstance(value, Label)])
    raise UserError(f"field {target!r}: every training record needs a label of two classes there, or a survival outcome.")


class Estimator:
    """A third-party estimator behind imputation and standardisation.

    A missing covariate takes the median of the training records, then every covariate is standardised by them, whichever the
    estimator. The answer is the probability of the second class for a label, and the risk score for survival.

    Attributes:
        pipeline: imputation, standardisation and the estimator; fitted by ``fit``.

    >>> from sklearn.linear_model import LogisticRegression
    >>> classes = ("well", "ill")
    >>> fields = [{"covariates": Vector(np.array([n]), ("age",)), "label": Label(classes[n > 4], classes)} for n in range(10)]
    >>> records = [Record(id=str(n), subject_id=str(n), fields=content) for n, content in enumerate(fields)]
    >>> learner = Estimator(LogisticRegression(), target="label")
    >>> learner.fit(records, [])
    >>> [round(prediction.value) for prediction in learner.predict(records)]
    [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    """

    def __init__(self, estimator: Any, *, target: str, covariates: str = "covariates") -> None:
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        self.target = target
        self.covariates = covariates
        self.pipeline = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler(), estimator)

    @property
    def trained_parameters(self) -> int:
        """Coefficients and intercepts of a linear model; 0 where the estimator has none."""
        fitted = self.pipeline[-1]
        return sum(np.size(getattr(fitted, name, ())) for name in ("coef_", "intercept_"))

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Fit imputation, standardisation and estimator on the training records alone."""
        self.pipeline.fit(covariate_matrix(train, self.covariates), outcomes(train, self.target))

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """The probability of the second class, or its margin where the estimator has no probability; the risk for survival."""
        values_NP = covariate_matrix(records, self.covariates)
        if hasattr(self.pipeline[-1], "predict_proba"):
            values = self.pipeline.predict_proba(values_NP)[:, 1]
        elif hasattr(self.pipeline[-1], "decision_function"):
            values = self.pipeline.decision_function(values_NP)
        else:
            values = self.pipeline.predict(values_NP)
        return [Prediction(record_id=record.id, value=float(value)) for record, value in zip(records, values)]

    def save(self, folder: Path) -> None:
        """Write the fitted pipeline in the format of skops, which holds no pickle.

        Any estimator can be an arm of a trial, so any is written; ``load`` takes only types that it trusts.
        """
        from skops.io import dump

        dump(self.pipeline, folder / MODEL)
        (folder / DESCRIPTION).write_text(
            json.dumps({"target": self.target, "covariates": self.covariates}) + "\n", encoding="utf-8"
        )

    def load(self, folder: Path) -> None:
        """Take back a saved pipeline; nothing but known types is built from the file.

        Raises:
            UserError: if the file holds other types.
        """
        from skops.io import get_untrusted_types, load

        found = get_untrusted_types(file=folder / MODEL)
        _refuse(sorted(set(found) - set(TRUSTED)), folder / MODEL)
        self.pipeline = load(folder / MODEL, trusted=[name for name in found if name in TRUSTED])
        described = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        self.target, self.covariates = described["target"], described["covariates"]


def _refuse(names: Sequence[str], file: Path) -> None:
    if names:
        raise UserError(
            f"{file}: holds {', '.join(names)}, which is not loaded from a file; use a linear model, or fit again from the data."
        )
