"""CIDEr-D (Vedantam, Zitnick and Parikh 2015), the consensus of a set of captions or reports."""

import math
from collections import Counter
from collections.abc import Sequence

from vesalius.metrics.metric import metric
from vesalius.metrics.tokens import Tokeniser, Truth, ngrams, paired, words

ORDER = 4
_LENGTH_SPREAD = 6.0
_SCALE = 10.0

Grams = list[Counter[tuple[str, ...]]]
Weights = list[dict[tuple[str, ...], float]]


@metric(
    family="text",
    unit="set",
    range=(0.0, 10.0),
    undefined="there is only one record, so no word is rarer than another",
    properties={"record order"},
)
def cider(predictions: Sequence[str], truths: Sequence[Truth], *, tokeniser: Tokeniser = words) -> float:
    """CIDEr-D: tf-idf cosine of 1- to 4-grams, clipped, with a length penalty, mean over references, orders and records, × 10.

    Per order Σ min(g, h)·h / (|g||h|) · exp(−(l_P − l_T)²/72), weights g = tf · log(N/df), df the records with the n-gram in a
    reference, lengths in words (Vedantam et al. 2015). As pycocoevalcap's, which counts lengths in word pairs; the tokens there
    are of the Stanford tokeniser, here lower-cased words without punctuation. It depends on the whole set: resample sets, don't
    average records.

    Args:
        predictions: n texts.
        truths: n times one reference or several.
        tokeniser: text to tokens.

    Returns:
        0 to 10; NaN for one record.

    Raises:
        ValueError: if lengths differ, there is no record or no reference, or something is not a text.

    >>> cider(["no acute disease", "left effusion seen"], ["no acute disease", "small effusion seen"]).__round__(2)
    5.21
    """
    records = paired(predictions, truths)
    if len(records) < 2:
        return float("nan")
    said = [_grams(tokeniser(prediction)) for prediction, _ in records]
    true = [[_grams(tokeniser(each)) for each in references] for _, references in records]
    seen = Counter(gram for grams in true for gram in set().union(*(order for each in grams for order in each)))
    weight = {gram: math.log(len(records) / count) for gram, count in seen.items()}
    unseen = math.log(len(records))
    total = 0.0
    for prediction, references_of_record in zip(said, true):
        weighed = _weighed(prediction, weight, unseen)
        scores = [_similarity(prediction, weighed, each, _weighed(each, weight, unseen)) for each in references_of_record]
        total += sum(scores) / len(scores)
    return _SCALE * total / len(records)


def _grams(tokens: list[str]) -> Grams:
    return [ngrams(tokens, n) for n in range(1, ORDER + 1)]


def _weighed(grams: Grams, weight: dict[tuple[str, ...], float], unseen: float) -> Weights:
    return [{gram: count * weight.get(gram, unseen) for gram, count in order.items()} for order in grams]


def _similarity(said: Grams, weighed: Weights, true: Grams, weighed_true: Weights) -> float:
    """Mean over the orders of the clipped cosine, with the penalty on the difference of lengths."""
    cosines = 0.0
    for g, h in zip(weighed, weighed_true):
        norms = math.sqrt(sum(x * x for x in g.values())) * math.sqrt(sum(x * x for x in h.values()))
        if norms > 0:
            cosines += sum(min(value, h[gram]) * h[gram] for gram, value in g.items() if gram in h) / norms
    difference = said[0].total() - true[0].total()
    return cosines / ORDER * math.exp(-(difference**2) / (2 * _LENGTH_SPREAD**2))
