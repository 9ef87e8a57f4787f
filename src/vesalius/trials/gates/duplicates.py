"""Gates on records that are the same, or nearly the same, in what is learned from and what is tested on."""

import hashlib
import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from vesalius.records import Image, Label, Record, Text, Volume
from vesalius.tasks import Split, Task
from vesalius.trials.finding import Gate
from vesalius.trials.gates.provenance import counted, gate_of

JACCARD = 0.7
"""Share of common word triples from which two texts count as near duplicates: twenty words of which one was changed."""

HAMMING = 6
"""Bits of 64 by which the perceptual hashes of near duplicates may differ."""

_PERMUTATIONS = 128
_SHINGLE = 3


def exact_duplicates(task: Task, split: Split) -> Gate:
    """No test record has the same inputs as another test record or as one that is learned from.

    Text is compared without case, punctuation and white space; arrays by every byte.
    """
    if not _compared(task):
        return gate_of(task, "exact duplicates", "not applicable", "predictions made elsewhere; the records are not at hand")
    if not any(True for record in split.test for _ in _inputs(task, record)):
        return gate_of(task, "exact duplicates", "not applicable", "nothing but a class is read")
    learned = {_content(task, record) for record in (*split.train, *split.validation)}
    tested = [_content(task, record) for record in split.test]
    leaked, repeated = sum(content in learned for content in tested), len(tested) - len(set(tested))
    if leaked or repeated:
        found = [(leaked, "also in training"), (repeated, "repeating another test record")]
        detail = " and ".join(f"{counted(number, 'test record')} {where}" for number, where in found if number) + "; remove them"
        return gate_of(task, "exact duplicates", "failed", detail)
    return gate_of(task, "exact duplicates", "passed", f"{len(tested)} test records, all different and none learned from")


def near_duplicate_texts(task: Task, split: Split) -> Gate:
    """No text of a test record is nearly one that is learned from: MinHash of word triples (Broder 1997)."""
    name = "near-duplicate text"
    learned = _texts(task, (*split.train, *split.validation))
    tested = _texts(task, split.test)
    if not learned or not tested:
        return gate_of(task, name, "not applicable", "no text is learned from")
    found = near_texts(learned, tested)
    detail = f"{len(found)} of {len(tested)} test texts share {JACCARD:.0%} of their word triples with a training text"
    return gate_of(task, name, "failed" if found else "passed", detail)


def near_duplicate_images(task: Task, split: Split) -> Gate:
    """No image of a test record is nearly one that is learned from: perceptual hash of low frequencies (Zauner 2010)."""
    name = "near-duplicate image"
    learned = _images(task, (*split.train, *split.validation))
    tested = _images(task, split.test)
    if not learned or not tested:
        return gate_of(task, name, "not applicable", "no image is learned from")
    near = near_images(learned, tested)
    detail = f"{len(near)} of {len(tested)} test images are within {HAMMING} of 64 bits of a training image by perceptual hash"
    return gate_of(task, name, "failed" if near else "passed", detail)


def near_texts(learned: Sequence[str], tested: Sequence[str]) -> list[int]:
    """Places of the tested texts that have a near duplicate among the learned ones.

    >>> near_texts(["a man of 60 with chest pain and fever"], ["A man of 60, with chest pain and fever!", "no pain at all"])
    [0]
    """
    from datasketch import MinHash, MinHashLSH

    known = [_shingles(text) for text in learned]
    index = MinHashLSH(threshold=JACCARD / 2, num_perm=_PERMUTATIONS)  # loose: it only proposes, the exact share decides
    for place, minhash in enumerate(MinHash.generator(known, num_perm=_PERMUTATIONS)):
        index.insert(place, minhash)
    asked = [_shingles(text) for text in tested]
    queries = MinHash.generator(asked, num_perm=_PERMUTATIONS)
    return [
        place
        for place, query in enumerate(queries)
        if any(_jaccard(asked[place], known[match]) >= JACCARD for match in index.query(query))
    ]


def _jaccard(one: Sequence[bytes], two: Sequence[bytes]) -> float:
    first, second = set(one), set(two)
    return len(first & second) / len(first | second)


def near_images(learned: Sequence[NDArray[np.generic]], tested: Sequence[NDArray[np.generic]]) -> list[int]:
    """Places of the tested images that have a near duplicate among the learned ones."""
    known = np.stack([perceptual_hash(pixels) for pixels in learned])
    return [place for place, pixels in enumerate(tested) if (known != perceptual_hash(pixels)).sum(axis=1).min() <= HAMMING]


def perceptual_hash(pixels: NDArray[np.generic]) -> NDArray[np.bool_]:
    """64 bits: the lowest 8×8 cosine frequencies of the image at 32×32, above their median (Zauner 2010).

    Robust to scale, brightness and compression; a mirrored or turned image has another hash.

    >>> image = np.random.default_rng(0).random((64, 64))
    >>> int((perceptual_hash(image) != perceptual_hash(image * 0.5 + 0.2)).sum())
    0
    """
    from PIL import Image as Pillow
    from scipy.fft import dctn

    grey = pixels.astype(np.float32)
    grey = grey.mean(axis=-1) if grey.ndim == 3 and grey.shape[-1] in (3, 4) else grey
    grey = grey[grey.shape[0] // 2] if grey.ndim == 3 else grey
    small = np.asarray(Pillow.fromarray(grey).resize((32, 32), Pillow.Resampling.BOX), dtype=np.float64)
    low = dctn(small, norm="ortho")[:8, :8].ravel()
    above: NDArray[np.bool_] = low > np.median(low[1:])  # the first is the mean brightness, which must not shift the median
    return above


def _compared(task: Task) -> tuple[str, ...]:
    """The fields that must not recur: what is read, or where images are made by condition, what could be made by heart."""
    return (task.target,) if task.family == "generation" else task.inputs


def _inputs(task: Task, record: Record) -> Iterable[object]:
    """What could be the same by mistake; a class alone, by which an image is asked for, is the same again and again."""
    found = (record.fields[name] for name in _compared(task) if name in record.fields)
    return (field for field in found if not isinstance(field, Label))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _shingles(text: str) -> list[bytes]:
    words = _words(text)
    if len(words) < _SHINGLE:
        return [" ".join(words).encode()]
    return [" ".join(words[place : place + _SHINGLE]).encode() for place in range(len(words) - _SHINGLE + 1)]


def _texts(task: Task, records: Sequence[Record]) -> list[str]:
    joined = (" ".join(item.value for item in _inputs(task, record) if isinstance(item, Text)) for record in records)
    return [text for text in joined if text.strip()]


def _images(task: Task, records: Sequence[Record]) -> list[NDArray[np.generic]]:
    found = (item for record in records for item in _inputs(task, record))
    return [item.pixels if isinstance(item, Image) else item.voxels for item in found if isinstance(item, Image | Volume)]


def _content(task: Task, record: Record) -> str:
    """A hash of the inputs in which trivially different texts are the same."""
    hasher = hashlib.sha256()
    for item in _inputs(task, record):
        if isinstance(item, Text):
            hasher.update(" ".join(_words(item.value)).encode())
        else:
            blank = Record(id="", subject_id="", fields={"input": item})  # type: ignore[dict-item]
            hasher.update(blank.digest().encode())
    return hasher.hexdigest()
