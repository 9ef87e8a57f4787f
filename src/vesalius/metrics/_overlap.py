"""How many voxels two masks share, label by label, from one pass over both."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vesalius.metrics._masks import TABLE, Labels, checked_pair, compact

Counts = NDArray[np.int64]

BYTE = 256

NIBBLE = 16
"""Labels below this fit half a byte, so that one byte holds a voxel's two labels and one histogram bin two voxels."""

PIECE = 1 << 18
"""Voxels counted at a time, so that the temporary arrays stay in the cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """Voxels by label, of the labels that either mask has.

    Attributes:
        labels_L: the labels, ascending.
        both_L, predicted_L, true_L: voxels of a label in both masks, in the prediction, in the truth.
    """

    labels_L: Counts
    both_L: Counts
    predicted_L: Counts
    true_L: Counts


def overlap(prediction: Labels, truth: Labels) -> Overlap:
    """Count both masks.

    Raises:
        ValueError: as ``checked_pair`` does.

    >>> counts = overlap(np.array([1, 1, 0, 4]), np.array([1, 0, 0, 4]))
    >>> counts.labels_L.tolist(), counts.both_L.tolist(), counts.predicted_L.tolist(), counts.true_L.tolist()
    ([1, 4], [1, 1], [2, 1], [1, 1])
    """
    prediction, truth = checked_pair(prediction, truth)
    names: Counts | None = None
    largest = max(int(mask.max(initial=0)) for mask in (prediction, truth))
    if largest >= TABLE:
        prediction, truth, names = compact(prediction, truth)
        largest = len(names) - 1
    both, predicted, true = _counted(*_flat(prediction, truth), largest + 1)
    present = np.flatnonzero(predicted[1:] + true[1:]) + 1
    return Overlap(present if names is None else names[present], both[present], predicted[present], true[present])


def _flat(prediction: Labels, truth: Labels) -> tuple[Labels, Labels]:
    """Both as one row, without a copy where they lie alike in memory, as volumes read from NIfTI do."""
    order = "F" if prediction.flags.f_contiguous and truth.flags.f_contiguous else "C"
    return prediction.ravel(order=order), truth.ravel(order=order)  # type: ignore[arg-type]


def _counted(prediction: Labels, truth: Labels, size: int) -> tuple[Counts, Counts, Counts]:
    if size > BYTE:
        return _counted_apart(prediction, truth, size)
    if len(prediction) < PIECE:
        table = np.bincount(prediction.astype(np.int64) * size + truth.astype(np.int64), minlength=size * size).reshape(
            size, size
        )
    else:
        table = _joint_nibbles(prediction, truth) if size <= NIBBLE else _joint_bytes(prediction, truth)
    return np.diagonal(table)[:size], table.sum(axis=1)[:size], table.sum(axis=0)[:size]


def _joint_nibbles(prediction: Labels, truth: Labels) -> Counts:
    pairs = np.zeros(BYTE * BYTE, np.int64)
    codes = np.zeros(PIECE, np.uint8)
    for start in range(0, len(prediction), PIECE):
        piece = prediction[start : start + PIECE].astype(np.uint8, copy=False)
        codes[len(piece) :] = 0
        np.left_shift(piece, 4, out=codes[: len(piece)])
        codes[: len(piece)] |= truth[start : start + PIECE].astype(np.uint8, copy=False)
        pairs += np.bincount(codes.view(np.uint16), minlength=BYTE * BYTE)
    by_byte = pairs.reshape(BYTE, BYTE)
    counts = by_byte.sum(axis=0) + by_byte.sum(axis=1)
    counts[0] -= -len(prediction) % PIECE
    return np.asarray(counts.reshape(NIBBLE, NIBBLE))


def _joint_bytes(prediction: Labels, truth: Labels) -> Counts:
    counts = np.zeros(BYTE * BYTE, np.int64)
    for start in range(0, len(prediction), PIECE):
        codes = prediction[start : start + PIECE].astype(np.uint16) << 8
        codes |= truth[start : start + PIECE].astype(np.uint8, copy=False)
        counts += np.bincount(codes, minlength=BYTE * BYTE)
    return counts.reshape(BYTE, BYTE)


def _counted_apart(prediction: Labels, truth: Labels, size: int) -> tuple[Counts, Counts, Counts]:
    both, predicted, true = np.zeros((3, size), np.int64)
    piece_size = max(PIECE, size)
    for start in range(0, len(prediction), piece_size):
        ours = prediction[start : start + piece_size].astype(np.int64)
        theirs = truth[start : start + piece_size].astype(np.int64)
        predicted += np.bincount(ours, minlength=size)
        true += np.bincount(theirs, minlength=size)
        both += np.bincount(ours[ours == theirs], minlength=size)
    return both, predicted, true
