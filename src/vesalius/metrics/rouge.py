"""ROUGE (Lin 2004) as the package rouge-score defines it: F-measure, no stemming; the best of several references."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

from vesalius.metrics.metric import metric
from vesalius.metrics.tokens import Tokeniser, Truth, f1_of, references, rouge_words, shared, text

Tokens = Sequence[str]


@metric(family="text", unanswered=0.0, properties={"symmetric", "identity"})
def rouge_1(prediction: str, truth: Truth, *, tokeniser: Tokeniser = rouge_words) -> float:
    """F1 of shared words, 2|P∩T| / (|P|+|T|) over multisets of tokens (ROUGE-1, Lin 2004).

    Args:
        prediction: the text.
        truth: one reference or several; the one with the highest F1 counts.
        tokeniser: text to tokens; the default is rouge-score's, which sees a-z and 0-9 only. Give ``tokens.words_and_ideographs``
            for other scripts.

    Returns:
        0 to 1; 0 where either has no token.

    Raises:
        ValueError: if something is not a text, or there is no reference.

    >>> rouge_1("no pleural effusion", "there is no effusion").__round__(3)
    0.571
    """
    return _best(prediction, truth, tokeniser, lambda said, true: f1_of(shared(said, true), len(said), len(true)))


@metric(family="text", unanswered=0.0, properties={"symmetric", "identity"})
def rouge_2(prediction: str, truth: Truth, *, tokeniser: Tokeniser = rouge_words) -> float:
    """F1 of shared pairs of neighbouring words (ROUGE-2, Lin 2004); otherwise as ``rouge_1``.

    Args:
        prediction: the text.
        truth: one reference or several; the one with the highest F1 counts.
        tokeniser: text to tokens.

    Returns:
        0 to 1; 0 where either has fewer than two tokens.

    Raises:
        ValueError: if something is not a text, or there is no reference.

    >>> rouge_2("no pleural effusion seen", "no pleural effusion").__round__(3)
    0.8
    """
    return _best(prediction, truth, tokeniser, _bigram_f1)


def _bigram_f1(said: Tokens, true: Tokens) -> float:
    pairs_said, pairs_true = list(pairwise(said)), list(pairwise(true))
    return f1_of(shared(pairs_said, pairs_true), len(pairs_said), len(pairs_true))


@metric(family="text", unanswered=0.0, properties={"symmetric", "identity"})
def rouge_l(prediction: str, truth: Truth, *, tokeniser: Tokeniser = rouge_words) -> float:
    """F1 of the longest common subsequence of words, 2·LCS / (|P|+|T|) (ROUGE-L, Lin 2004); otherwise as ``rouge_1``.

    The length comes from the bit-parallel recurrence of Hyyrö (2004): one row of the table is one integer.

    Args:
        prediction: the text.
        truth: one reference or several; the one with the highest F1 counts.
        tokeniser: text to tokens.

    Returns:
        0 to 1; 0 where either has no token.

    Raises:
        ValueError: if something is not a text, or there is no reference.

    >>> rouge_l("effusion with no edema", "no effusion no edema")
    0.75
    """
    return _best(prediction, truth, tokeniser, lambda said, true: f1_of(_lcs(said, true), len(said), len(true)))


@metric(family="text", unanswered=0.0, properties={"identity"})
def rouge_lsum(prediction: str, truth: Truth, *, tokeniser: Tokeniser = rouge_words) -> float:
    r"""F1 of the words of each reference sentence that lie in its common subsequence with any predicted one (Lin 2004, 3.2).

    Sentences are lines. No word counts more often than it occurs in either text, as in ROUGE 1.5.5 and rouge-score; between
    equally long subsequences the one that rouge-score traces back is taken. One line in both: close to ``rouge_l``.

    Args:
        prediction: the text, one sentence a line.
        truth: one reference or several; the one with the highest F1 counts.
        tokeniser: sentence to tokens.

    Returns:
        0 to 1; 0 where either has no token.

    Raises:
        ValueError: if something is not a text, or there is no reference.

    >>> rouge_lsum("edema is mild\nno effusion", "no effusion\nmild edema").__round__(3)
    0.667
    """
    said = _sentences(text(prediction), tokeniser)
    return max(_summary_f1(said, _sentences(each, tokeniser)) for each in references(truth))


def _best(prediction: str, truth: Truth, tokeniser: Tokeniser, score: Callable[[Tokens, Tokens], float]) -> float:
    said = tokeniser(text(prediction))
    return max(score(said, tokeniser(each)) for each in references(truth))


def _places(tokens: Tokens) -> dict[str, int]:
    """For each token an integer with a bit set at every place of it."""
    places: dict[str, int] = {}
    bit = 1
    for token in tokens:
        places[token] = places.get(token, 0) | bit
        bit <<= 1
    return places


def _lcs(left: Tokens, right: Tokens) -> int:
    """Length of the longest common subsequence; a zero bit of the row is a step of the table."""
    places = _places(left)
    row = everything = (1 << len(left)) - 1
    for token in right:
        if token in places:
            match = row & places[token]
            row = ((row + match) | (row - match)) & everything
    return len(left) - row.bit_count()


def _sentences(value: str, tokeniser: Tokeniser) -> list[list[str]]:
    return [tokeniser(line) for line in value.split("\n")]


def _summary_f1(said: list[list[str]], true: list[list[str]]) -> float:
    left_said = Counter(token for sentence in said for token in sentence)
    left_true = Counter(token for sentence in true for token in sentence)
    predicted, possible = left_said.total(), left_true.total()
    hits = 0
    for sentence in true:
        union = sorted(set().union(*(_lcs_places(sentence, each) for each in said)))
        for token in (sentence[place] for place in union):
            if left_said[token] > 0 and left_true[token] > 0:
                hits += 1
                left_said[token] -= 1
                left_true[token] -= 1
    return f1_of(hits, predicted, possible)


def _lcs_places(reference: Tokens, candidate: Tokens) -> set[int]:
    """Places in the reference of one longest common subsequence, traced back from the end."""
    places = _places(candidate)
    everything = (1 << len(candidate)) - 1
    rows = [everything]
    for token in reference:
        match = rows[-1] & places.get(token, 0)
        rows.append(((rows[-1] + match) | (rows[-1] - match)) & everything)
    found: set[int] = set()
    i, j = len(reference), len(candidate)
    while i and j:
        if reference[i - 1] == candidate[j - 1]:
            i, j = i - 1, j - 1
            found.add(i)
        elif rows[i] >> (j - 1) & 1 and _length(rows[i - 1], j) < _length(rows[i], j):
            j -= 1
        else:
            i -= 1
    return found


def _length(row: int, j: int) -> int:
    return j - (row & ((1 << j) - 1)).bit_count()
