"""Classification metrics beside scikit-learn, torchmetrics and statsmodels."""

import csv
import gzip
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vesalius.conformance.agreement import Agreement, agreement
from vesalius.metrics import calibration, classification, confusion, probabilities, rater_agreement
from vesalius.metrics.metric import METRICS
from vesalius.sources.public import root

Pair = tuple[NDArray[Any], NDArray[Any]]
Inputs = dict[str, list[Pair]]
Function = Callable[..., Any]

ABSENT_GRADE = (
    "scikit-learn numbers the grades that occur, so that from 0 to 3 is one step if 1 and 2 do not occur; Cohen's weights are of "
    "the scale, as here and in statsmodels. Equal if all grades occur."
)
NO_POSITIVE = "scikit-learn gives 0 with a warning where neither side has a positive; 0/0 has no value, and here it is NaN."
ONE_CLASS_TRUE = "scikit-learn gives 0 if only one class is true; the covariance is then 0/0, and here it is NaN."
CLIPPED = (
    "scikit-learn moves a probability of 0 to 2.2e-16, which caps the loss at 36.04; by the formula it is infinite, as here."
)
EDGES = (
    "torchmetrics bins are [low, high) with one of its own for probability 1, those of Guo et al. (low, high], as here and in "
    "scikit-learn. Equal where no probability lies on an edge."
)


def agreements() -> Iterator[Agreement]:
    """Every classification metric that an installed peer has."""
    inputs = {"binary": binary_inputs(), "classes": class_inputs(), "probabilities": probability_inputs()}
    if find_spec("sklearn"):
        yield from _ranks_with_scikit_learn(inputs["binary"], inputs["probabilities"])
        yield from _classes_with_scikit_learn(inputs["classes"])
        yield from _probabilities_with_scikit_learn(inputs["binary"], inputs["probabilities"])
        yield from _differences_with_scikit_learn()
    if find_spec("torchmetrics"):
        yield from _with_torchmetrics(inputs["binary"], inputs["classes"], inputs["probabilities"])
    if find_spec("statsmodels"):
        yield from _with_statsmodels(inputs["classes"])


def binary_inputs() -> Inputs:
    """Probabilities and truths of two classes: random, with ties, and of a model on real data."""
    rng = np.random.default_rng(0)
    sizes = (10, 100, 5000)
    truths = [np.concatenate([[0, 1], rng.integers(0, 2, n - 2)]) for n in sizes]
    scores = [np.clip(0.3 * truth + 0.7 * rng.random(len(truth)), 0.001, 0.999) for truth in truths]
    found: Inputs = {
        "random": list(zip(scores, truths)),
        "random with ties": [(score.round(1).clip(0.05, 0.95), truth) for score, truth in zip(scores, truths)],
    }
    if find_spec("sklearn"):
        from sklearn.datasets import load_breast_cancer

        found["logistic regression on Wisconsin breast cancer"] = [_logistic(load_breast_cancer(return_X_y=True), binary=True)]
    return found


def probability_inputs() -> Inputs:
    """Probabilities of several classes: random and of a model on real data."""
    rng = np.random.default_rng(1)
    found: Inputs = {"random, several classes": []}
    for n, k in ((30, 3), (2000, 7)):
        truth = np.concatenate([np.arange(k), rng.integers(0, k, n - k)])
        found["random, several classes"].append((rng.dirichlet(np.ones(k), n), truth))
    if find_spec("sklearn"):
        from sklearn.datasets import load_digits

        found["logistic regression on digits"] = [_logistic(load_digits(return_X_y=True), binary=False)]
    return found


def _logistic(data: Pair, *, binary: bool) -> Pair:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features, truth = data
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01)).fit(features[::2], truth[::2])
    said = model.predict_proba(features[1::2])
    return (said[:, 1] if binary else said), truth[1::2]


def class_inputs() -> Inputs:
    """Decided classes: random grades, and letters that language models answered to medical questions."""
    rng = np.random.default_rng(2)
    found: Inputs = {"random": []}
    for n, k in ((20, 2), (300, 5), (5000, 14)):
        truth = np.concatenate([np.arange(k), rng.integers(0, k, n - k)])
        found["random"].append((np.where(rng.random(n) < 0.6, truth, rng.integers(0, k, n)), truth))
    if root.present("llm-outputs", "medagentsbench.csv.gz"):
        found["answers of language models, MedAgentsBench"] = _recorded_answers()
    return found


def _recorded_answers() -> list[Pair]:
    said: dict[str, list[tuple[int, int]]] = {}
    with gzip.open(root.path("llm-outputs", "medagentsbench.csv.gz"), "rt", newline="") as file:
        for row in csv.DictReader(file):
            letters = row["prediction"].strip(), row["answer"].strip()
            if all(len(letter) == 1 and "A" <= letter <= "E" for letter in letters):
                said.setdefault(row["model"], []).append((ord(letters[0]) - 65, ord(letters[1]) - 65))
    return [(pairs[:, 0], pairs[:, 1]) for pairs in (np.array(rows) for rows in said.values()) if len(pairs) > 100]


def _beside(
    ours: Function, peer: str, inputs: Inputs, theirs: Function, *, name: str | None = None, note: str = ""
) -> Iterator[Agreement]:
    """Ours takes predictions and truths, theirs truths and predictions."""
    listed = METRICS.get(ours.__name__)
    for description, pairs in inputs.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = [(np.ravel(ours(said, true)), np.ravel(theirs(true, said))) for said, true in pairs]
        yield agreement(
            name or (listed.identity if listed else ours.__name__),
            peer,
            description,
            np.concatenate([own for own, _ in values]).tolist(),
            np.concatenate([other for _, other in values]).tolist(),
            note=note,
        )


def _one_hot(truths: NDArray[Any], count: int) -> NDArray[np.int64]:
    return np.asarray(truths[:, None] == np.arange(count), dtype=np.int64)


def _ranks_with_scikit_learn(binary: Inputs, several: Inputs) -> Iterator[Agreement]:
    from sklearn import metrics

    peer = "scikit-learn"
    yield from _beside(classification.auroc, peer, binary, metrics.roc_auc_score)
    yield from _beside(classification.auprc, peer, binary, metrics.average_precision_score)
    for average, areas in (
        ("macro", (classification.macro_auroc, classification.macro_auprc)),
        ("micro", (classification.micro_auroc, classification.micro_auprc)),
    ):
        for ours, theirs in zip(areas, (metrics.roc_auc_score, metrics.average_precision_score)):
            yield from _beside(
                ours,
                peer,
                several,
                lambda true, said, theirs=theirs, average=average: theirs(_one_hot(true, said.shape[1]), said, average=average),
            )
    yield from _beside(
        classification.auroc_by_label,
        peer,
        several,
        lambda true, said: metrics.roc_auc_score(_one_hot(true, said.shape[1]), said, average=None),
    )


def _classes_with_scikit_learn(inputs: Inputs) -> Iterator[Agreement]:
    from sklearn import metrics

    peer = "scikit-learn"
    for ours in (confusion.macro_f1, confusion.micro_f1, confusion.weighted_f1):
        average = ours.__name__.partition("_")[0]
        yield from _beside(ours, peer, inputs, lambda true, said, average=average: metrics.f1_score(true, said, average=average))
    binary = {"random, one class against the rest": [(said == 1, true == 1) for said, true in inputs["random"]]}
    yield from _beside(confusion.f1, peer, binary, metrics.f1_score)
    yield from _beside(confusion.balanced_accuracy, peer, inputs, metrics.balanced_accuracy_score)
    yield from _beside(confusion.mcc, peer, inputs, metrics.matthews_corrcoef)
    for kind, ours in (
        (None, rater_agreement.kappa),
        ("linear", rater_agreement.linear_kappa),
        ("quadratic", rater_agreement.quadratic_kappa),
    ):
        yield from _beside(ours, peer, inputs, lambda true, said, kind=kind: metrics.cohen_kappa_score(true, said, weights=kind))


def _probabilities_with_scikit_learn(binary: Inputs, several: Inputs) -> Iterator[Agreement]:
    from sklearn import metrics

    peer = "scikit-learn"
    yield from _beside(probabilities.brier, peer, binary, metrics.brier_score_loss)
    yield from _beside(probabilities.log_loss, peer, binary, metrics.log_loss)
    yield from _beside(probabilities.log_loss, peer, several, metrics.log_loss)
    yield from _beside(
        probabilities.multiclass_brier,
        peer,
        several,
        lambda true, said: metrics.brier_score_loss(_one_hot(true, said.shape[1]), said, scale_by_half=False),
    )
    for strategy, binning in (("uniform", "width"), ("quantile", "mass")):
        yield from _beside(_curve_of(binning), peer, binary, _sklearn_curve(strategy), name=f"reliability_curve, equal {binning}")


def _curve_of(binning: calibration.Binning | str) -> Function:
    def curve(said: NDArray[Any], true: NDArray[Any]) -> NDArray[Any]:
        found = calibration.reliability_curve(said, true, binning=binning, bins=10)  # type: ignore[arg-type]
        return np.concatenate([found.observed, found.predicted])

    return curve


def _sklearn_curve(strategy: str) -> Function:
    from sklearn.calibration import calibration_curve

    return lambda true, said: np.concatenate(calibration_curve(true, said, n_bins=10, strategy=strategy))


def _differences_with_scikit_learn() -> Iterator[Agreement]:
    """Where the two differ by definition, one hand-made input each."""
    from sklearn import metrics

    def differ(
        ours: Function, theirs: Function, what: str, said: Sequence[Any], true: Sequence[Any], note: str
    ) -> Iterator[Agreement]:
        yield from _beside(ours, "scikit-learn", {what: [(np.array(said), np.array(true))]}, theirs, note=note)

    yield from differ(confusion.f1, metrics.f1_score, "no positive at all", [0, 0], [0, 0], NO_POSITIVE)
    yield from differ(confusion.mcc, metrics.matthews_corrcoef, "one class is true", [0, 1], [1, 1], ONE_CLASS_TRUE)
    yield from _beside(
        lambda said, true: np.exp(-probabilities.log_loss(said, true)),
        "scikit-learn",
        {"a true class of probability 0": [(np.array([0.0, 0.5]), np.array([1, 0]))]},
        lambda true, said: np.exp(-metrics.log_loss(true, said)),
        name=f"exp(-{METRICS['log_loss'].identity})",
        note=CLIPPED,
    )
    yield from differ(
        rater_agreement.quadratic_kappa,
        lambda true, said: metrics.cohen_kappa_score(true, said, weights="quadratic"),
        "grades 0, 1 and 3 of 0 to 3",
        [0, 0, 3, 3, 1],
        [0, 0, 3, 0, 1],
        ABSENT_GRADE,
    )


def _with_torchmetrics(binary: Inputs, classes: Inputs, several: Inputs) -> Iterator[Agreement]:
    import torch
    from torchmetrics.functional import classification as peer

    def beside(ours: Function, inputs: Inputs, theirs: Function, note: str = "") -> Iterator[Agreement]:
        def call(true: NDArray[Any], said: NDArray[Any]) -> NDArray[Any]:
            return np.asarray(theirs(torch.as_tensor(said), torch.as_tensor(true.astype(np.int64))))

        yield from _beside(ours, "torchmetrics", inputs, call, note=note)

    def count(said: Any, true: Any) -> int:
        return int(said.shape[1]) if said.ndim == 2 else int(max(said.max(), true.max())) + 1

    single = "torchmetrics computes in single precision"
    yield from beside(classification.auroc, binary, peer.binary_auroc, single)
    yield from beside(classification.auprc, binary, peer.binary_average_precision, single)
    yield from beside(
        classification.macro_auroc, several, lambda said, true: peer.multiclass_auroc(said, true, count(said, true)), single
    )
    for ours, theirs in ((confusion.macro_f1, peer.multiclass_f1_score), (confusion.mcc, peer.multiclass_matthews_corrcoef)):
        yield from beside(ours, classes, lambda said, true, theirs=theirs: theirs(said, true, count(said, true)), single)
    yield from beside(
        rater_agreement.quadratic_kappa,
        classes,
        lambda said, true: peer.multiclass_cohen_kappa(said, true, count(said, true), weights="quadratic"),
        single,
    )
    untied = {name: pairs for name, pairs in binary.items() if "ties" not in name}
    on_edges = {"probabilities on the edges": [(np.array([0.1, 0.2]), np.array([0, 1]))]}
    five = _with_five_bins(calibration.ece)
    for inputs, note in ((untied, single), (on_edges, EDGES)):
        yield from beside(five, inputs, lambda said, true: peer.binary_calibration_error(said, true, n_bins=5), note)
    yield from beside(
        five, several, lambda said, true: peer.multiclass_calibration_error(said, true, count(said, true), n_bins=5), single
    )


def _with_five_bins(ece: Function) -> Function:
    def five(said: NDArray[Any], true: NDArray[Any]) -> float:
        return float(ece(said, true, bins=5))

    five.__name__ = ece.__name__
    return five


def _with_statsmodels(classes: Inputs) -> Iterator[Agreement]:
    from statsmodels.stats.inter_rater import cohens_kappa

    def table(true: NDArray[Any], said: NDArray[Any]) -> NDArray[np.int64]:
        count = int(max(true.max(), said.max())) + 1
        return np.bincount(true * count + said, minlength=count * count).reshape(count, count)

    with_absent = {**classes, "grades 0, 1 and 3 of 0 to 3": [(np.array([0, 0, 3, 3, 1]), np.array([0, 0, 3, 0, 1]))]}
    yield from _beside(
        rater_agreement.kappa, "statsmodels", classes, lambda true, said: cohens_kappa(table(true, said), return_results=False)
    )
    for kind, ours in (("linear", rater_agreement.linear_kappa), ("quadratic", rater_agreement.quadratic_kappa)):
        yield from _beside(
            ours,
            "statsmodels",
            with_absent,
            lambda true, said, kind=kind: cohens_kappa(table(true, said), wt=kind, return_results=False),
        )
