"""Contrast equalised before a learner sees its images."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from vesalius.learners.learner import Learner
from vesalius.records import Image, Record
from vesalius.tasks import Prediction

LEVELS = 256
_Floats = NDArray[np.float32]


class Equalised:
    """A learner that is given the images of its records with their contrast equalised (``clahe``), in training and prediction.

    Args:
        learner: of those images.
        image: the field that holds them.
    """

    def __init__(self, learner: Learner, image: str = "image") -> None:
        self._learner, self._image = learner, image

    @property
    def trained_parameters(self) -> int:
        """Of the learner."""
        return self._learner.trained_parameters

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Fit the learner on the equalised records."""
        self._learner.fit(self._prepared(train), self._prepared(validation))

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """What the learner says of the equalised records."""
        return self._learner.predict(self._prepared(records))

    def save(self, folder: Path) -> None:
        """Save the learner; nothing else is fitted."""
        self._learner.save(folder)

    def load(self, folder: Path) -> None:
        """Load the learner."""
        self._learner.load(folder)

    def _prepared(self, records: Sequence[Record]) -> list[Record]:
        prepared = []
        for record in records:
            image = record.get(self._image, Image)
            equal = replace(image, pixels=clahe(cast("NDArray[np.number]", image.pixels)))
            prepared.append(replace(record, fields={**record.fields, self._image: equal}))
        return prepared


def clahe(pixels: NDArray[np.number], *, tiles: int = 8, limit: float = 0.01) -> _Floats:
    """Contrast-limited adaptive histogram equalisation of an image H×W or H×W×C, to values of 0 to 1.

    Zuiderveld 1994: the grey levels of each of tiles × tiles pieces are mapped by their cumulative histogram, no bin of which
    holds more than a share ``limit`` of the pixels (the excess is spread over all); a pixel's value is interpolated between the
    maps of the four nearest pieces. Of colours the mean is equalised, and all channels are shifted by what it changed.

    Args:
        pixels: in any range.
        tiles: pieces along each side; fewer where the image has fewer pixels.
        limit: most that one of the 256 bins may hold, so that contrast rises about 256 × limit times at most.

    >>> faint = 100 + 20 * np.random.default_rng(0).random((64, 64))
    >>> faint[0, 0], faint[-1, -1] = 0, 255
    >>> float(np.ptp(clahe(faint)[20:40, 20:40])) > 3 * 20 / 255
    True
    """
    low, high = float(pixels.min()), float(pixels.max())
    scaled = ((pixels - low) / (high - low or 1.0)).astype(np.float32)
    if scaled.ndim == 2:
        return _equalised(scaled, tiles, limit)
    grey_HW = scaled.mean(axis=2)
    shifted: _Floats = np.clip(scaled + (_equalised(grey_HW, tiles, limit) - grey_HW)[..., None], 0, 1)
    return shifted


def _equalised(grey_HW: _Floats, tiles: int, limit: float) -> _Floats:
    levels_HW = np.minimum((grey_HW * LEVELS).astype(np.int64), LEVELS - 1)
    counts = tuple(min(tiles, size) for size in grey_HW.shape)
    edges = [np.linspace(0, size, count + 1).round().astype(int) for size, count in zip(grey_HW.shape, counts)]
    maps = np.empty((*counts, LEVELS), dtype=np.float32)
    for row in range(counts[0]):
        for column in range(counts[1]):
            piece = levels_HW[edges[0][row] : edges[0][row + 1], edges[1][column] : edges[1][column + 1]]
            maps[row, column] = _mapping(piece, limit)
    (above, below, row_share), (left, right, column_share) = (_neighbours(edge) for edge in edges)
    upper, lower = (
        (1 - column_share) * maps[rows[:, None], left, levels_HW] + column_share * maps[rows[:, None], right, levels_HW]
        for rows in (above, below)
    )
    mixed: _Floats = ((1 - row_share[:, None]) * upper + row_share[:, None] * lower).astype(np.float32)
    return mixed


def _mapping(levels: NDArray[np.int64], limit: float) -> _Floats:
    """The cumulative share of pixels up to each level, its rise limited."""
    share = np.bincount(levels.ravel(), minlength=LEVELS) / levels.size
    excess = np.maximum(share - limit, 0).sum()
    cumulative: _Floats = np.cumsum(np.minimum(share, limit) + excess / LEVELS).astype(np.float32)
    return cumulative


def _neighbours(edges: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], _Floats]:
    """For each pixel of an axis the piece before and after it, and how near it is to the latter."""
    centres = (edges[:-1] + edges[1:] - 1) / 2
    place = np.interp(np.arange(edges[-1]), centres, np.arange(len(centres)))
    before = np.floor(place).astype(np.int64)
    after = np.minimum(before + 1, len(centres) - 1)
    return before, after, (place - before).astype(np.float32)
