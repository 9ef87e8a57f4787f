"""The random walker: segmentation from marks without training (Grady 2006, IEEE TPAMI 28)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import spsolve
from torch.nn import functional

from vesalius.learners.interactive import framed
from vesalius.progress import track
from vesalius.records import Image, Record
from vesalius.tasks import Prediction

BETA = 90.0
"""Grady's: how strongly a difference of intensities, of the greatest in the image, holds a walker back."""
LEAST_WEIGHT = 1e-6


def walk(image_HW: NDArray[np.float32], positive_HW: NDArray[np.bool_], negative_HW: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Probability that a walker from each pixel reaches a positive mark before a negative one.

    Steps between neighbours have weights exp(-β d²) of their difference d, of the greatest difference. Marks of both signs are
    taken as negative.

    Raises:
        ValueError: unless there are marks of both signs.

    >>> image = np.array([[0.0, 0.0, 0.0, 1.0, 1.0]], dtype=np.float32)
    >>> walk(image, np.eye(1, 5, 0, dtype=bool), np.eye(1, 5, 4, dtype=bool)).round(2).tolist()
    [[1.0, 1.0, 1.0, 0.0, 0.0]]
    """
    if not (positive_HW & ~negative_HW).any() or not negative_HW.any():
        raise ValueError("a walker needs positive and negative marks.")
    laplacian = _laplacian(image_HW)
    marked = (positive_HW | negative_HW).reshape(-1)
    there = (positive_HW & ~negative_HW).reshape(-1).astype(np.float64)
    free = ~marked
    if free.any():
        rows = laplacian[free]
        there[free] = spsolve(rows[:, free].tocsc(), -rows[:, marked] @ there[marked])
    return there.reshape(image_HW.shape)


class RandomWalker:
    """A learner that learns nothing: the random walker between the marks of a record.

    Without negative marks, the outside of the box or else the border of the image is negative; without positive ones, the middle
    of the box is positive.

    Args:
        size: pixels of a side of the frame in which it walks.
        image: name of the field.
    """

    def __init__(self, *, size: int, image: str = "image") -> None:
        self._size, self._image = size, image

    @property
    def trained_parameters(self) -> int:
        """None."""
        return 0

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Nothing to do."""

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """A mask of the image's own size for each record.

        Raises:
            UserError: if a record has no prompt.
        """
        return [
            Prediction(record_id=record.id, value=self._mask(record)) for record in track(records, "segmenting", len(records))
        ]

    def save(self, folder: Path) -> None:
        """Nothing to write."""

    def load(self, folder: Path) -> None:
        """Nothing to read."""

    def _mask(self, record: Record) -> NDArray[np.uint8]:
        image_SS, maps = framed(record, self._size, self._image)
        positive, negative = marks_of(maps.astype(bool))
        height, width = record.get(self._image, Image).pixels.shape[:2]
        probability = torch.from_numpy(walk(image_SS, positive, negative))[None, None]
        whole = functional.interpolate(probability, size=(height, width), mode="bilinear")[0, 0].numpy()
        return (whole > 0.5).astype(np.uint8)


def marks_of(maps: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Positive and negative marks of box, positive and negative maps, both there and apart from each other."""
    box, positive, negative = maps
    if not positive.any():
        middle = np.argwhere(box if box.any() else ~negative).mean(axis=0).astype(int)
        positive = np.zeros_like(positive)
        positive[tuple(middle)] = True
    if not negative.any():
        border = np.pad(np.zeros([side - 2 for side in box.shape], dtype=bool), 1, constant_values=True)
        negative = ~box if box.any() and not box.all() else border
    return positive, negative & ~positive


def _laplacian(image_HW: NDArray[np.float32]) -> sparse.csr_matrix:
    """Of the grid graph: degrees on the diagonal, minus the weights beside it."""
    numbers = np.arange(image_HW.size).reshape(image_HW.shape)
    pairs = ((numbers[:-1], numbers[1:]), (numbers[:, :-1], numbers[:, 1:]))
    start, end = (np.concatenate([pair[side].reshape(-1) for pair in pairs]) for side in (0, 1))
    flat = image_HW.reshape(-1).astype(np.float64)
    squares = (flat[start] - flat[end]) ** 2
    weights = np.exp(-BETA * squares / max(float(squares.max()), 1e-12)) + LEAST_WEIGHT
    adjacency = sparse.coo_matrix((weights, (start, end)), shape=(flat.size, flat.size))
    adjacency = adjacency + adjacency.T
    return sparse.csr_matrix(sparse.diags(np.asarray(adjacency.sum(axis=1)).reshape(-1)) - adjacency)
