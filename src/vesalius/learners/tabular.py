"""Nine classifiers of covariates, from logistic regression to boosting, as one learner that can be saved without a pickle."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.learners.estimator import covariate_matrix
from vesalius.learners.kept_file import kept_arrays
from vesalius.records import Label, Record
from vesalius.tasks import Prediction, Value

FITTED = "fitted-on.npz"

Model = Literal[
    "boosting",
    "logistic regression",
    "decision tree",
    "random forest",
    "adaboost",
    "svm",
    "naive bayes",
    "nearest neighbours",
    "mlp",
]
MODELS: tuple[Model, ...] = get_args(Model)

Answer = Literal["class", "score"]
"""What is told of a record: the name of its class; or the score of the second of two classes, or of each of more."""


def made(model: Model, seed: int) -> Any:
    """An estimator with the settings of ClinicalBench (Chen et al. 2024): trees of depth 6, 100 of them, 5 neighbours.

    Boosting is scikit-learn's over histograms, in the place of XGBoost, from which it differs in how trees grow.

    Args:
        model: which.
        seed: of what is drawn.

    >>> made("random forest", 0).n_estimators
    100
    """
    from sklearn import ensemble, linear_model, naive_bayes, neighbors, neural_network, svm, tree

    match model:
        case "boosting":
            return ensemble.HistGradientBoostingClassifier(max_depth=6, early_stopping=False, random_state=seed)
        case "logistic regression":
            return linear_model.LogisticRegression(max_iter=1000)
        case "decision tree":
            return tree.DecisionTreeClassifier(max_depth=6, random_state=seed)
        case "random forest":
            return ensemble.RandomForestClassifier(n_estimators=100, max_depth=6, random_state=seed)
        case "adaboost":
            return ensemble.AdaBoostClassifier(n_estimators=100, random_state=seed)
        case "svm":
            return svm.SVC(kernel="rbf", decision_function_shape="ovr", random_state=seed)
        case "naive bayes":
            return naive_bayes.GaussianNB()
        case "nearest neighbours":
            return neighbors.KNeighborsClassifier(n_neighbors=5)
        case "mlp":
            return neural_network.MLPClassifier(hidden_layer_sizes=(100,), max_iter=1000, random_state=seed)


def classes_of(records: Sequence[Record], target: str) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The closed set of classes of training records, and the place of each record's in it.

    Raises:
        UserError: if there is no record, one lacks its ``Label``, or a class has no record.
    """
    labels = [record.fields.get(target) for record in records]
    found = [label for label in labels if isinstance(label, Label)]
    if not found or len(found) < len(labels):
        raise UserError(f"field {target!r}: every training record needs a Label there; give them.")
    places = np.array([label.index for label in found])
    absent = [name for place, name in enumerate(found[0].classes) if place not in places]
    if absent:
        raise UserError(f"field {target!r}: no training record is of the class {absent[0]!r}; give some, or leave the class out.")
    return found[0].classes, places


def told(records: Sequence[Record], scores_NK: NDArray[np.float64], classes: Sequence[str], answer: Answer) -> list[Prediction]:
    """Predictions from scores of all classes.

    >>> record = Record(id="1", subject_id="1", fields={})
    >>> [told([record], np.array([[0.3, 0.7]]), ("no", "yes"), answer)[0].value for answer in ("class", "score")]
    ['yes', 0.7]
    """
    values: list[Value]
    if answer == "class":
        values = [classes[place] for place in scores_NK.argmax(axis=1)]
    elif len(classes) == 2:
        values = [float(scores[1]) for scores in scores_NK]
    else:
        values = list(scores_NK)
    return [Prediction(record_id=record.id, value=value) for record, value in zip(records, values, strict=True)]


class Tabular:
    """A classifier of scikit-learn on standardised covariates.

    Trees and kernels can't be read back safely from a file, so that what is saved are the covariates and classes of the training
    records, one row a record, and ``load`` fits again, which gives the same model.

    Args:
        model: which.
        target: field of the ``Label``.
        answer: what is told.
        seed: of what is drawn.

    >>> from vesalius.records import Vector
    >>> classes = ("well", "ill")
    >>> fields = [{"covariates": Vector(np.array([n]), ("age",)), "label": Label(classes[n > 4], classes)} for n in range(10)]
    >>> records = [Record(id=str(n), subject_id=str(n), fields=content) for n, content in enumerate(fields)]
    >>> learner = Tabular("decision tree", target="label", answer="class", seed=0)
    >>> learner.fit(records, [])
    >>> [prediction.value for prediction in learner.predict(records)][3:7]
    ['well', 'well', 'ill', 'ill']
    """

    def __init__(self, model: Model, *, target: str, answer: Answer, seed: int) -> None:
        self._model, self._target, self._answer, self._seed = model, target, answer, seed
        self._classes: tuple[str, ...] = ()
        self._fitted_on: tuple[NDArray[np.float64], NDArray[np.int64]] | None = None
        self._estimator: Any = None

    @property
    def trained_parameters(self) -> int:
        """Weights of logistic regression and of the perceptron; trees, kernels and neighbours are not counted."""
        if self._estimator is None:
            return 0
        parts = [getattr(self._estimator[-1], name, ()) for name in ("coefs_", "intercepts_")]
        weights = [array for part in parts for array in part]
        if self._model == "logistic regression":
            weights = [self._estimator[-1].coef_, self._estimator[-1].intercept_]
        return sum(np.size(array) for array in weights)

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Standardise and fit on the training records alone.

        Raises:
            UserError: as ``classes_of`` and ``covariate_matrix``.
        """
        self._classes, places = classes_of(train, self._target)
        self._fit(covariate_matrix(train), places)

    def _fit(self, values_NP: NDArray[np.float64], places: NDArray[np.int64]) -> None:
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        self._fitted_on = values_NP, places
        self._estimator = make_pipeline(StandardScaler(), made(self._model, self._seed)).fit(values_NP, places)

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """What ``answer`` says; scores are probabilities, or margins where the estimator has none.

        Raises:
            UserError: before ``fit`` and ``load``.
        """
        if self._estimator is None:
            raise UserError("Tabular: no model yet; fit the learner or load it first.")
        return told(records, self._scores(covariate_matrix(records)), self._classes, self._answer)

    def _scores(self, values_NP: NDArray[np.float64]) -> NDArray[np.float64]:
        if hasattr(self._estimator[-1], "predict_proba"):
            return np.asarray(self._estimator.predict_proba(values_NP))
        margins = np.asarray(self._estimator.decision_function(values_NP))
        return np.column_stack([-margins, margins]) if margins.ndim == 1 else margins

    def save(self, folder: Path) -> None:
        """Write the covariates and classes of the training records, whose names and texts stay behind, and the seed."""
        assert self._fitted_on is not None
        values, places = self._fitted_on
        np.savez_compressed(
            folder / FITTED, values=values, places=places, classes=np.array(self._classes), seed=self._seed, allow_pickle=False
        )

    def load(self, folder: Path) -> None:
        """Fit again on what ``save`` wrote.

        Raises:
            UserError: if the file is missing or damaged.
        """
        with kept_arrays(folder / FITTED) as kept:
            self._classes, self._seed = tuple(kept["classes"].tolist()), int(kept["seed"])
            values, places = kept["values"], kept["places"]
        self._fit(values, places)
