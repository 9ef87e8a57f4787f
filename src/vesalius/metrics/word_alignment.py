"""METEOR (Banerjee and Lavie 2005) with its exact and stem modules."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import pairwise

from vesalius.metrics.metric import metric
from vesalius.metrics.stems import porter_stem
from vesalius.metrics.tokens import Tokeniser, Truth, references, text, words

_RECALL_SHARE = 0.9
_PENALTY = 0.5
_PENALTY_POWER = 3

_stem = lru_cache(maxsize=65_536)(porter_stem)


@metric(family="text", unanswered=0.0, properties={"identity"})
def meteor(prediction: str, truth: Truth, *, tokeniser: Tokeniser = words) -> float:
    """METEOR: F of matched words, recall weighing nine times, less a penalty for scattered matches (Banerjee and Lavie 2005).

    (1 − ½ (chunks/matches)³) · P·R / (0.9 P + 0.1 R). Words are matched one to one, first equal ones, then those of equal
    Porter stem, from the end of both texts, as nltk does; chunks are runs of matches that are neighbours in both. There is no
    synonym module, which needs WordNet: scores are those of nltk with an empty WordNet, at most its usual ones.

    Args:
        prediction: the text, English for the stems to mean anything.
        truth: one reference or several; the one with the highest score counts.
        tokeniser: text to lower-case tokens; the default leaves out punctuation.

    Returns:
        0 to 1; n words that equal the reference get 1 − ½/n³; 0 where nothing matches.

    Raises:
        ValueError: if something is not a text, or there is no reference.

    >>> meteor("small effusions on the left", "a small left effusion").__round__(3)
    0.366
    """
    said = tokeniser(text(prediction))
    return max(_score(said, tokeniser(each)) for each in references(truth))


def _score(said: list[str], true: list[str]) -> float:
    links = _aligned(said, true)
    if not links:
        return 0.0
    precision, recall = len(links) / len(said), len(links) / len(true)
    mean = precision * recall / (_RECALL_SHARE * precision + (1 - _RECALL_SHARE) * recall)
    chunks = 1 + sum(after != (before[0] + 1, before[1] + 1) for before, after in pairwise(links))
    return float((1 - _PENALTY * (chunks / len(links)) ** _PENALTY_POWER) * mean)


def _aligned(said: list[str], true: list[str]) -> list[tuple[int, int]]:
    """Places matched, in the order of the prediction."""
    exact = _links(said, true, range(len(said)), range(len(true)), lambda word: word)
    left = set(range(len(said))) - {i for i, _ in exact}
    right = set(range(len(true))) - {j for _, j in exact}
    return sorted(exact + _links(said, true, sorted(left), sorted(right), _stem))


def _links(
    said: list[str], true: list[str], left: Iterable[int], right: Iterable[int], form: Callable[[str], str]
) -> list[tuple[int, int]]:
    """Places whose words have the same form, matched from the end."""
    waiting: dict[str, list[int]] = {}
    for j in right:
        waiting.setdefault(form(true[j]), []).append(j)
    found = []
    for i in reversed(list(left)):
        places = waiting.get(form(said[i]))
        if places:
            found.append((i, places.pop()))
    return found
