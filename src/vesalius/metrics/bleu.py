"""BLEU and chrF as sacrebleu defines them, from 0 to 1 where sacrebleu prints 0 to 100."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vesalius.metrics.metric import metric
from vesalius.metrics.tokens import Tokeniser, Truth, mteval_words, ngrams, paired, references, text

Counts = NDArray[np.int64]

WORD_ORDER = 4
CHARACTER_ORDER = 6
_RECALL_WEIGHT = 2


@metric(family="text", unanswered=0.0, properties={"identity"})
def sentence_bleu(prediction: str, truth: Truth, *, tokeniser: Tokeniser = mteval_words) -> float:
    """BLEU of one text: brevity penalty × geometric mean of the clipped precisions of 1- to 4-grams (Papineni et al. 2002).

    As sacrebleu's ``sentence_bleu``: 13a tokens, case kept; orders longer than the prediction are left out; the n-th order
    without a match counts as 1/2ⁿ of a match (exponential smoothing, Chen and Cherry 2014, method 3). Several references: counts
    are clipped by the largest of any, and the length is that of the closest, the shorter of two.

    Args:
        prediction: the text.
        truth: one reference or several.
        tokeniser: text to tokens.

    Returns:
        0 to 1, a hundredth of sacrebleu's; 0 if no word matches or the prediction has none.

    Raises:
        ValueError: if something is not a text, or there is no reference.

    >>> sentence_bleu("no pleural effusion is seen", "no pleural effusion").__round__(3)
    0.398
    """
    return _bleu(bleu_counts(text(prediction), references(truth), tokeniser=tokeniser), shorten=True)


@metric(family="text", unit="set", properties={"identity", "record order"})
def corpus_bleu(predictions: Sequence[str], truths: Sequence[Truth], *, tokeniser: Tokeniser = mteval_words) -> float:
    """BLEU of a set: counts are summed over the records before precisions and brevity penalty (Papineni et al. 2002).

    As sacrebleu's ``corpus_bleu``, with the tokens, clipping and smoothing of ``sentence_bleu``, but all four orders count. For
    resampling, sum the rows of ``bleu_counts`` and give them to ``bleu_of_counts``.

    Args:
        predictions: n texts.
        truths: n times one reference or several; their number may differ between records.
        tokeniser: text to tokens.

    Returns:
        0 to 1, a hundredth of sacrebleu's; 0 if no word matches or no prediction has four tokens.

    Raises:
        ValueError: if lengths differ, there is no record or no reference, or something is not a text.

    >>> corpus_bleu(["the heart is not enlarged"], ["the heart is not enlarged today"]).__round__(3)
    0.819
    """
    rows = [bleu_counts(said, true, tokeniser=tokeniser) for said, true in paired(predictions, truths)]
    return bleu_of_counts(np.sum(rows, axis=0))


def bleu_counts(prediction: str, truth: Truth, *, tokeniser: Tokeniser = mteval_words) -> Counts:
    """What BLEU needs of one record; rows add up.

    Returns:
        Ten integers: length of the prediction, of the closest reference, matches of 1- to 4-grams, numbers of them predicted.

    >>> bleu_counts("no mass", "no mass seen").tolist()
    [2, 3, 2, 1, 0, 0, 2, 1, 0, 0]
    """
    said = tokeniser(prediction)
    true = [tokeniser(each) for each in references(truth)]
    closest = min((len(each) for each in true), key=lambda length: (abs(length - len(said)), length))
    matches = []
    for n in range(1, WORD_ORDER + 1):
        allowed = ngrams(true[0], n)
        for other in true[1:]:
            allowed |= ngrams(other, n)
        matches.append(sum(min(count, allowed[gram]) for gram, count in ngrams(said, n).items() if gram in allowed))
    totals = [max(len(said) - n + 1, 0) for n in range(1, WORD_ORDER + 1)]
    return np.array([len(said), closest, *matches, *totals], dtype=np.int64)


def bleu_of_counts(counts: Counts) -> float:
    """Corpus BLEU of the sum of the rows of ``bleu_counts``.

    >>> bleu_of_counts(bleu_counts("the heart is normal", "the heart is normal"))
    1.0
    """
    return _bleu(counts, shorten=False)


def _bleu(counts: Counts, *, shorten: bool) -> float:
    predicted, closest, *rest = (int(each) for each in counts)
    matches, totals = rest[:WORD_ORDER], rest[WORD_ORDER:]
    if not any(matches):
        return 0.0
    orders = sum(total > 0 for total in totals)
    if orders < WORD_ORDER and not shorten:
        return 0.0
    halved, logs = 1.0, 0.0
    for match, total in zip(matches[:orders], totals[:orders]):
        if match == 0:
            halved *= 2
        logs += math.log((match or 1 / halved) / total)
    brevity = min(0.0, 1 - closest / predicted)
    return math.exp(brevity + logs / orders)


@metric(family="text", unanswered=0.0, properties={"identity"})
def sentence_chrf(prediction: str, truth: Truth) -> float:
    """chrF2: F-score of character 1- to 6-grams, recall weighing twice, 5PR / (4P+R) of the mean P and R (Popović 2015).

    As sacrebleu's ``sentence_chrf``: spaces are left out, case is kept, orders that a text is too short for are left out of the
    means. Works for any script.

    Args:
        prediction: the text.
        truth: one reference or several; the one with the highest score counts.

    Returns:
        0 to 1, a hundredth of sacrebleu's; 0 where nothing matches or either is empty.

    Raises:
        ValueError: if something is not a text, or there is no reference.

    >>> sentence_chrf("pneumonia", "pneumonias").__round__(3)
    0.884
    """
    return _chrf(chrf_counts(text(prediction), references(truth)))


@metric(family="text", unit="set", properties={"identity", "record order"})
def corpus_chrf(predictions: Sequence[str], truths: Sequence[Truth]) -> float:
    """chrF2 of a set: counts against each record's best reference are summed over the records (Popović 2015).

    As sacrebleu's ``corpus_chrf``; definition of the score as in ``sentence_chrf``.

    Args:
        predictions: n texts.
        truths: n times one reference or several.

    Returns:
        0 to 1, a hundredth of sacrebleu's.

    Raises:
        ValueError: if lengths differ, there is no record or no reference, or something is not a text.

    >>> corpus_chrf(["pneumonia", "edema"], ["pneumonias", "oedema"]).__round__(3)
    0.831
    """
    return _chrf(np.sum([chrf_counts(said, true) for said, true in paired(predictions, truths)], axis=0))


def chrf_counts(prediction: str, truth: Truth) -> Counts:
    """What chrF needs of one record against its best reference; rows add up.

    Returns:
        Six times three integers: n-grams predicted, in the reference, in both, for n from 1 to 6.

    >>> chrf_counts("ab", "abc")[:6].tolist()
    [2, 3, 2, 1, 2, 1]
    """
    said = _character_ngrams(prediction)
    rows = [_matches(said, _character_ngrams(each)) for each in references(truth)]
    return max(rows, key=_chrf)


def _character_ngrams(value: str) -> list[Counter[str]]:
    joined = "".join(value.split())
    return [Counter([joined[i : i + n] for i in range(len(joined) - n + 1)]) for n in range(1, CHARACTER_ORDER + 1)]


def _matches(said: list[Counter[str]], true: list[Counter[str]]) -> Counts:
    row: list[int] = []
    for a, b in zip(said, true):
        both = sum([count if count < b[gram] else b[gram] for gram, count in a.items() if gram in b])
        row += [a.total() if b else 0, b.total(), both]
    return np.array(row, dtype=np.int64)


def _chrf(counts: Counts) -> float:
    table = counts.reshape(CHARACTER_ORDER, 3).astype(float)
    predicted, true, both = table[(table[:, 0] > 0) & (table[:, 1] > 0)].T
    if not both.any():
        return 0.0
    precision, recall = float((both / predicted).mean()), float((both / true).mean())
    weight = _RECALL_WEIGHT**2
    return (1 + weight) * precision * recall / (weight * precision + recall)
