"""Reports scored by the 14 observations of CheXpert (Irvin et al. 2019), which a rule-based labeller of our own finds."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vesalius.metrics._classes import as_numbers
from vesalius.metrics._context import Kind, Scope, bounded, scopes, sentences, table
from vesalius.metrics.metric import metric
from vesalius.metrics.tokens import f1_of, text

OBSERVATIONS = (
    "No Finding",
    "Enlarged Cardiomediastinum",
    "Cardiomegaly",
    "Lung Opacity",
    "Lung Lesion",
    "Edema",
    "Consolidation",
    "Pneumonia",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Effusion",
    "Pleural Other",
    "Fracture",
    "Support Devices",
)
POSITIVE, NEGATIVE, UNCERTAIN = 1.0, 0.0, -1.0

Labels = NDArray[np.float64]
Reports = Sequence[Any] | NDArray[Any]
"""Texts, or n×14 labels as ``label_findings`` gives them."""

Doubt = Literal["negative", "positive"]

_STATUS = re.compile(
    r"(?P<doubt>borderline|(?:upper (?:limits?|range|end) of|top|high|upper)[- ]normal)"
    r"|(?P<normal>not (?:\w+ly )?(?:enlarged|widened)|within (?:normal|limits)|normal|unremarkable|not remarkable)"
    r"|(?P<abnormal>(?:enlarge|widen|dilat|prominen)\w*|increased|(?:is|appears|remains) (?:\w+ )?large\b)"
)
_WITH = re.compile(r" with ")
_REACH = 70


def label_findings(report: str) -> Labels:
    """The 14 observations of a chest X-ray report: 1 positive, 0 negative, −1 uncertain, NaN not mentioned, as in CheXpert.

    Each sentence is searched for the phrases of an observation (``chexpert_phrases.tsv``); ConText triggers (Chapman et al. 2001,
    Harkema et al. 2009; ``context_rules.tsv``) say whether they are negated or uncertain. Heart and mediastinum are mentioned if
    their size is judged: enlarged is positive, normal negative, borderline uncertain. Of several mentions of an observation a
    positive one counts before an uncertain and that before a negative one. No Finding is 1 if nothing else but Support Devices is
    positive or uncertain, else NaN.

    Give findings and impression; an indication is read as if it were a finding. A report without a letter mentions nothing, not
    even No Finding, so that an empty answer is not credited with a normal report.

    Args:
        report: the text, English.

    Returns:
        14 labels in the order of ``OBSERVATIONS``.

    Raises:
        ValueError: if it is not a text.

    >>> labels = label_findings("Mild cardiomegaly. No effusion. Possible edema.")
    >>> dict(zip(np.array(OBSERVATIONS)[~np.isnan(labels)].tolist(), labels[~np.isnan(labels)].tolist()))
    {'Cardiomegaly': 1.0, 'Edema': -1.0, 'Pleural Effusion': 0.0}
    """
    labels = np.full(len(OBSERVATIONS), np.nan)
    for sentence in sentences(text(report, "report")):
        for observation, label in _mentions(sentence):
            labels[observation] = _stronger(labels[observation], label)
    pathologies = labels[1:-1]
    if not np.isin(pathologies, (POSITIVE, UNCERTAIN)).any() and any(letter.isalpha() for letter in report):
        labels[0] = POSITIVE
    return labels


def _stronger(old: float, new: float) -> float:
    order = (NEGATIVE, UNCERTAIN, POSITIVE)
    return new if np.isnan(old) else max(old, new, key=order.index)


def _mentions(sentence: str) -> Iterator[tuple[int, float]]:
    """Each observation spoken of, by its place in ``OBSERVATIONS``, with its label."""
    phrases, ignored = _phrases()
    for pattern in ignored:
        sentence = pattern.sub(lambda match: "_" * len(match[0]), sentence)
    reached: list[Scope] | None = None
    for observation, kind, pattern in phrases:
        for match in pattern.finditer(sentence):
            span: tuple[int, int] = match.span()
            stated: float | None = POSITIVE
            if kind == "anatomy":
                span, stated = _judged(sentence, span)
            if stated is None:
                continue
            reached = scopes(sentence) if reached is None else reached
            categories = {scope.category for scope in reached if scope.start < span[1] and span[0] < scope.end}
            if not categories & {"historical", "hypothetical"}:
                yield observation, _in_context(stated, categories)


def _in_context(stated: float, categories: set[Kind]) -> float:
    if stated == POSITIVE and "negated" in categories:
        return NEGATIVE
    return UNCERTAIN if stated == POSITIVE and "uncertain" in categories else stated


def _judged(sentence: str, span: tuple[int, int]) -> tuple[tuple[int, int], float | None]:
    """Where the size of a part is judged, and how; None if it is not."""
    before = re.search(r"(\w+)(?: of(?: the)?)? (?:the )?$", sentence[: span[0]])
    match = _STATUS.fullmatch(before[1]) if before else None
    if match and before:
        return before.span(1), _status(match)
    end = span[1] + _REACH
    with_another = _WITH.search(sentence, span[1], end)
    match = _STATUS.search(sentence, span[1], with_another.start() if with_another else end)
    return (match.span(), _status(match)) if match else (span, None)


def _status(match: re.Match[str]) -> float:
    return {"doubt": UNCERTAIN, "normal": NEGATIVE, "abnormal": POSITIVE}[str(match.lastgroup)]


@cache
def _phrases() -> tuple[list[tuple[int, str, re.Pattern[str]]], list[re.Pattern[str]]]:
    rows = table("chexpert_phrases.tsv")
    found = [(OBSERVATIONS.index(row["observation"]), row["kind"], bounded(row["pattern"])) for row in rows if row["observation"]]
    return found, [bounded(row["pattern"]) for row in rows if row["kind"] == "ignore"]


def _positive(reports: Reports, uncertain: Doubt) -> NDArray[np.bool_]:
    """Which observations are positive, reports × observations."""
    if uncertain not in ("negative", "positive"):
        raise ValueError(f"uncertain is {uncertain!r}; count it as 'negative' or 'positive'.")
    if isinstance(reports, str):
        raise ValueError("give a sequence of reports, not one text.")
    given = list(np.atleast_1d(reports))
    texts = bool(given) and all(isinstance(each, str) for each in given)
    labels = np.stack([label_findings(each) for each in given]) if texts else as_numbers("reports", given)
    if labels.ndim != 2 or labels.shape[1] != len(OBSERVATIONS):
        raise ValueError(
            f"reports are texts or rows of {len(OBSERVATIONS)} labels, and at least one; got the shape {labels.shape}."
        )
    if not (np.isnan(labels) | np.isin(labels, (POSITIVE, NEGATIVE, UNCERTAIN))).all():
        raise ValueError("labels are 1 (positive), 0 (negative), -1 (uncertain) or NaN (not mentioned).")
    counted = (POSITIVE, UNCERTAIN) if uncertain == "positive" else (POSITIVE,)
    return np.isin(labels, counted)


def _counts(predictions: Reports, truths: Reports, uncertain: Doubt) -> NDArray[np.int64]:
    """Per observation: positive in both, in the predictions, in the truths."""
    said, true = _positive(predictions, uncertain), _positive(truths, uncertain)
    if said.shape != true.shape:
        raise ValueError(f"{len(said)} predicted and {len(true)} true reports; give one of each a record.")
    return np.stack([(said & true).sum(axis=0), said.sum(axis=0), true.sum(axis=0)])


@metric(
    family="text",
    unanswered=0.0,
    undefined="no observation is positive in either report",
    properties={"symmetric", "identity"},
)
def chexpert_f1(prediction: str | ArrayLike, truth: str | ArrayLike, *, uncertain: Doubt = "negative") -> float:
    """F1 of the positive observations of one report, 2|P∩T| / (|P|+|T|) over the 14 of CheXpert (example-based F1).

    Args:
        prediction: the report, or its 14 labels.
        truth: the report, or its 14 labels.
        uncertain: whether an uncertain observation counts as negative or as positive, in both.

    Returns:
        0 to 1; NaN if neither has a positive observation, which is so of two uncertain ones.

    Raises:
        ValueError: if something is neither a text nor 14 labels of 1, 0, −1 or NaN.

    >>> chexpert_f1("Cardiomegaly without effusion.", "Cardiomegaly and a small effusion.").__round__(3)
    0.667
    """
    hits, predicted, true = _counts([prediction], [truth], uncertain).sum(axis=1)
    return f1_of(int(hits), int(predicted), int(true)) if predicted + true else float("nan")


@metric(
    family="text",
    unit="set",
    undefined="no observation is positive in any report",
    properties={"symmetric", "identity", "record order"},
)
def chexpert_micro_f1(predictions: Reports, truths: Reports, *, uncertain: Doubt = "negative") -> float:
    """F1 of all positive observations of a set, 2·TP / (2·TP + FP + FN) summed over the 14 (micro F1-14; Smit et al. 2020).

    A positive observation is what is found; negative and not mentioned are the same. For resampling, label the reports once with
    ``label_findings`` and give the rows.

    Args:
        predictions: n reports, or n×14 labels.
        truths: n reports, or n×14 labels.
        uncertain: whether an uncertain observation counts as negative or as positive.

    Returns:
        0 to 1; NaN if no report has a positive observation.

    Raises:
        ValueError: if lengths differ, there is no report, or labels are not 1, 0, −1 or NaN.

    >>> chexpert_micro_f1(["Edema.", "Normal."], ["Edema and effusion.", "Lungs are clear."])
    0.8
    """
    hits, predicted, true = _counts(predictions, truths, uncertain).sum(axis=1)
    return f1_of(int(hits), int(predicted), int(true)) if predicted + true else float("nan")


@metric(
    family="text",
    unit="set",
    undefined="no observation is positive in any report",
    properties={"symmetric", "identity", "record order"},
)
def chexpert_macro_f1(predictions: Reports, truths: Reports, *, uncertain: Doubt = "negative") -> float:
    """Mean of the F1 of each observation that is positive in a predicted or true report (macro F1-14; Smit et al. 2020).

    An observation that nobody reports is left out of the mean, where scikit-learn's default counts it as 0.

    Args:
        predictions: n reports, or n×14 labels.
        truths: n reports, or n×14 labels.
        uncertain: whether an uncertain observation counts as negative or as positive.

    Returns:
        0 to 1; NaN if no report has a positive observation.

    Raises:
        ValueError: if lengths differ, there is no report, or labels are not 1, 0, −1 or NaN.

    >>> chexpert_macro_f1(["Edema.", "Normal."], ["Edema and effusion.", "Lungs are clear."]).__round__(3)
    0.667
    """
    hits, predicted, true = _counts(predictions, truths, uncertain)
    present = predicted + true > 0
    return float((2 * hits[present] / (predicted + true)[present]).mean()) if present.any() else float("nan")
