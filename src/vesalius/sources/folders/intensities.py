"""What the intensities of a set of images are like, and whether another image is unlike them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PERCENTILES = (0.5, 50.0, 99.5)
FAR = 0.3
"""Of the usual width, between the outer percentiles; a CT read as MR is 0.4 off, MR scanners among each other less."""
_MOST = 200_000

Levels = NDArray[np.float64]
"""Percentiles of an image, channels × 3."""


def levels_of(values: NDArray[np.generic], axes: int) -> Levels:
    """The three percentiles of each channel, of evenly spaced pixels where there are many.

    >>> levels_of(np.arange(101.0).reshape(1, 101), 2).round(1).tolist()
    [[0.5, 50.0, 99.5]]
    """
    flat_NC = values.reshape(-1, values.shape[-1] if values.ndim > axes else 1)
    return np.percentile(flat_NC[:: max(1, len(flat_NC) // _MOST)].astype(np.float64), PERCENTILES, axis=0).T


@dataclass(frozen=True, slots=True, eq=False)
class Intensities:
    """The range over images of each percentile, channels × 3, and the usual width of each channel."""

    low: Levels
    high: Levels
    width: NDArray[np.float64]

    @classmethod
    def of(cls, images: Sequence[Levels]) -> "Intensities":
        """Of one image or more."""
        stacked = np.stack(images)
        return cls(stacked.min(axis=0), stacked.max(axis=0), np.median(stacked[:, :, 2] - stacked[:, :, 0], axis=0))

    def unlike(self, image: Levels) -> str:
        """In words, how far an image is outside of the range; empty where it is not far, or has other channels.

        >>> ct = Intensities.of([np.array([[-1000.0, -100.0, 400.0]]), np.array([[-1020.0, 0.0, 450.0]])])
        >>> ct.unlike(np.array([[0.0, 300.0, 900.0]]))
        'intensities from 0 to 900 where they are about -1020 to 450'
        >>> ct.unlike(np.array([[-990.0, 20.0, 500.0]]))
        ''
        """
        if image.shape != self.low.shape:
            return ""
        # The median is left out: it tells how much air a field of view holds rather than what the scanner measures.
        outer = np.maximum(self.low - image, image - self.high)[:, [0, 2]].max(axis=1)
        off = outer / np.maximum(self.width, 1e-9)
        worst = int(off.argmax())
        if off[worst] <= FAR:
            return ""
        channel = f" in channel {worst}" if len(image) > 1 else ""
        return (
            f"intensities from {image[worst, 0]:.4g} to {image[worst, 2]:.4g}{channel} where they are about "
            f"{self.low[worst, 0]:.4g} to {self.high[worst, 2]:.4g}"
        )

    def to_json(self) -> dict[str, Any]:
        """As lists, by name."""
        return {"low": self.low.tolist(), "high": self.high.tolist(), "width": self.width.tolist()}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Intensities":
        """Back from ``to_json``; raises KeyError, TypeError or ValueError for anything else."""
        return cls(*(np.array(content[name], dtype=float) for name in ("low", "high", "width")))


def outliers(images: Sequence[Levels]) -> dict[int, str]:
    """Which of five or more images are unlike all the others, and how.

    >>> outliers([np.array([[0.0, 50.0, 100.0 + n]]) for n in range(6)] + [np.array([[-1000.0, 0.0, 500.0]])])
    {6: 'intensities from -1000 to 500 where they are about 0 to 105'}
    """
    if len(images) < 5 or len({image.shape for image in images}) > 1:
        return {}
    stacked = np.stack(images)
    lowest, highest = np.sort(stacked, axis=0)[:2], np.sort(stacked, axis=0)[-2:]
    width = np.median(stacked[:, :, 2] - stacked[:, :, 0], axis=0)
    found = {}
    for place, image in enumerate(stacked):
        # Leaving one out, the extreme is the second one where it is the first itself.
        low = np.where(image == lowest[0], lowest[1], lowest[0])
        high = np.where(image == highest[1], highest[0], highest[1])
        told = Intensities(low, high, width).unlike(image)
        if told:
            found[place] = told
    return found
