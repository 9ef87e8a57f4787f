"""How texts become tokens, how tokens are counted, and how one or several references are given."""

import re
import string
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence

Truth = str | Sequence[str]
"""One reference, or several of which the best counts."""

Tokeniser = Callable[[str], list[str]]

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:an?|the)\b")
_LATIN = re.compile(r"[a-z0-9]+")
_WORD = re.compile(r"\w+")
_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD_OR_IDEOGRAPH = re.compile(rf"[{_IDEOGRAPHS}]|[^\W{_IDEOGRAPHS}]+")
_MTEVAL = (
    (re.compile(r"([{-~\[-` -&(-+:-@/])"), r" \1 "),
    (re.compile(r"([^0-9])([.,])"), r"\1 \2 "),
    (re.compile(r"([.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)
_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))


def text(value: str, name: str = "prediction") -> str:
    """The value, if it is a text.

    Raises:
        ValueError: if it is not.

    >>> text("no effusion")
    'no effusion'
    """
    if not isinstance(value, str):
        raise ValueError(f"{name} is {type(value).__name__}, not a text; leave a record without an answer unanswered.")
    return value


def references(truth: Truth) -> tuple[str, ...]:
    """The references of one record; one text is one reference.

    Raises:
        ValueError: if there is none, or one is not a text.

    >>> references("yes"), references(["yes", "maybe"])
    (('yes',), ('yes', 'maybe'))
    """
    if isinstance(truth, str):
        return (truth,)
    if not isinstance(truth, Iterable):
        raise ValueError(f"truth is {type(truth).__name__}; give a text or a sequence of texts.")
    found = tuple(text(each, "a reference") for each in truth)
    if not found:
        raise ValueError("truth has no reference; give at least one text.")
    return found


def paired(predictions: Sequence[str], truths: Sequence[Truth]) -> list[tuple[str, tuple[str, ...]]]:
    """Each record's prediction with its references.

    Raises:
        ValueError: if there is not one truth a prediction, or no record.

    >>> paired(["a"], ["b"])
    [('a', ('b',))]
    """
    if isinstance(predictions, str) or isinstance(truths, str) or len(predictions) != len(truths) or len(predictions) == 0:
        raise ValueError("give one prediction and one truth a record, and at least one record.")
    return [(text(prediction), references(truth)) for prediction, truth in zip(predictions, truths)]


def squad_normalised(value: str) -> str:
    """Lower case, without ASCII punctuation and the articles a, an, the, single spaces (Rajpurkar et al. 2016).

    >>> squad_normalised("The  Left-sided effusion.")
    'leftsided effusion'
    """
    return " ".join(squad_words(value))


def squad_words(value: str) -> list[str]:
    """The words of the SQuAD evaluation: ``squad_normalised``, split at spaces.

    >>> squad_words("An X-ray of the chest")
    ['xray', 'of', 'chest']
    """
    return _ARTICLES.sub(" ", value.lower().translate(_PUNCTUATION)).split()


def rouge_words(value: str) -> list[str]:
    """The words of rouge-score without stemming: lower case, runs of a-z and 0-9; other scripts and accents separate words.

    >>> rouge_words("No T2-weighted images.")
    ['no', 't2', 'weighted', 'images']
    """
    return _LATIN.findall(value.lower())


def words(value: str) -> list[str]:
    """Lower-cased runs of letters, digits and underscores of any script; punctuation is left out.

    >>> words("Pas d'épanchement, 3 mm.")
    ['pas', 'd', 'épanchement', '3', 'mm']
    """
    return _WORD.findall(value.lower())


def words_and_ideographs(value: str) -> list[str]:
    """As ``words``, but each Chinese or Japanese character is a token of its own.

    >>> words_and_ideographs("肺炎 CT")
    ['肺', '炎', 'ct']
    """
    return _WORD_OR_IDEOGRAPH.findall(value.lower())


def mteval_words(value: str) -> list[str]:
    """The 13a tokens of mteval and sacrebleu: case kept, punctuation split off, numbers kept whole.

    >>> mteval_words("A 3.5 cm mass, left.")
    ['A', '3.5', 'cm', 'mass', ',', 'left', '.']
    """
    line = value.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    if "&" in line:
        for entity, character in _ENTITIES:
            line = line.replace(entity, character)
    line = f" {line} "
    for pattern, replacement in _MTEVAL:
        line = pattern.sub(replacement, line)
    return line.split()


def ngrams(tokens: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    """How often each run of n tokens occurs.

    >>> ngrams(["a", "b", "a", "b"], 2)
    Counter({('a', 'b'): 2, ('b', 'a'): 1})
    """
    return Counter(zip(*(tokens[start:] for start in range(n))))


def shared(left: Iterable[Hashable], right: Iterable[Hashable]) -> int:
    """Size of the intersection of two multisets.

    >>> shared(["no", "no", "mass"], ["no", "mass", "mass"])
    2
    """
    a, b = Counter(left), Counter(right)
    return sum([count if count < b[token] else b[token] for token, count in a.items() if token in b])


def f1_of(hits: float, predicted: float, true: float) -> float:
    """Harmonic mean of hits/predicted and hits/true, 2·hits/(predicted+true); 0 where nothing was hit.

    >>> f1_of(1, 2, 2)
    0.5
    """
    return 2 * hits / (predicted + true) if hits else 0.0
