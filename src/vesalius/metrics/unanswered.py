"""Macro F1 of named classes where some records have no answer, which counts as wrong."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from vesalius.metrics.metric import metric
from vesalius.metrics.tokens import text


@metric(
    family="classification",
    unit="set",
    undefined="there is no record",
    properties={"identity", "label order", "record order"},
)
def strict_macro_f1(predictions: Sequence[str | None], truths: Sequence[str]) -> float:
    """Mean of 2 TP / (2 TP + FP + FN) over the classes that are true or said; silence is a miss of the true class.

    ``macro_f1`` is undefined as soon as one record has no answer. ClinicalBench (Chen et al. 2024) puts a wrong class in its
    place, which costs that class a false alarm as well; here it costs none, for nobody said it.

    Args:
        predictions: names of classes; None, or NaN where nothing at all was said, for no answer.
        truths: names of classes.

    Returns:
        The mean; NaN if there is no record.

    Raises:
        ValueError: if the two differ in length, or something is not a name.

    >>> strict_macro_f1(["a", "b", "b"], ["a", "a", "b"])
    0.6666666666666666
    >>> strict_macro_f1(["a", None, "b"], ["a", "a", "b"])
    0.8333333333333333
    """
    if any(isinstance(one, str) or np.ndim(np.asarray(one, dtype=object)) != 1 for one in (predictions, truths)):
        raise ValueError("predictions and truths are lists of names of classes; give lists.")
    if len(predictions) != len(truths):
        raise ValueError(f"{len(predictions)} predictions and {len(truths)} truths; give one class a record.")
    said = [None if one is None or one != one else text(one) for one in predictions]
    true = [text(one, "truth") for one in truths]
    hits = Counter(one for one, other in zip(said, true, strict=True) if one == other)
    told, there = Counter(one for one in said if one is not None), Counter(true)
    scores = [2 * hits[name] / (told[name] + there[name]) for name in sorted(told | there)]
    return float(np.mean(scores)) if scores else float("nan")
