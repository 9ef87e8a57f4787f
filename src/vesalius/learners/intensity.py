"""Intensities as a network takes them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
Standard = Literal["training", "image", "ct"]
"""By whose mean and deviation intensities are standardised: of all training images, of each image itself, or, as nnU-Net does
with Hounsfield units, of the labelled voxels of the training images, clipped to their percentiles 0.5 and 99.5."""

_MOST_LABELLED = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Intensity:
    """Mean and deviation of each channel, and the range that values are first clipped to.

    >>> images = [np.array([[[0.0, 2.0]]], dtype=np.float32), np.array([[[4.0, 6.0]]], dtype=np.float32)]
    >>> Intensity.of(images).standardise(images[1]).tolist()[0][0][1] > 1.34
    True
    """

    mean_C: NDArray[np.float64]
    deviation_C: NDArray[np.float64]
    low_C: NDArray[np.float64] | None = None
    high_C: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, images_CS: Iterable[NDArray[np.generic]]) -> "Intensity":
        """Over all pixels of all images, one image in memory at a time; a channel without variation keeps its scale."""
        pixels, mean_C, squares_C = 0, np.zeros(1), np.zeros(1)
        for image_CS in images_CS:
            values_CN = image_CS.reshape(len(image_CS), -1).astype(np.float64)
            count, own_mean_C = values_CN.shape[1], values_CN.mean(axis=1)
            # Chan et al. 1979: means and squared deviations of two parts give those of both.
            shift_C = own_mean_C - mean_C
            squares_C = squares_C + values_CN.var(axis=1) * count + shift_C**2 * pixels * count / (pixels + count)
            mean_C = mean_C + shift_C * count / (pixels + count)
            pixels += count
        return cls(mean_C, np.where(squares_C > 0, np.sqrt(squares_C / pixels), 1.0))

    @classmethod
    def of_labelled(cls, pairs: Iterable[tuple[NDArray[np.generic], NDArray[np.integer]]]) -> "Intensity":
        """Of at most 100,000 labelled voxels an image (of any, where none is labelled), clipped to percentiles 0.5 and 99.5."""
        parts: list[NDArray[np.float64]] = []
        for image_CS, mask_S in pairs:
            flat_CN = image_CS.reshape(len(image_CS), -1)
            labelled = np.flatnonzero(mask_S) if np.any(mask_S) else np.arange(flat_CN.shape[1])
            parts.append(flat_CN[:, labelled[:: max(1, len(labelled) // _MOST_LABELLED)]].astype(np.float64))
        values_CN: NDArray[np.float64] = np.concatenate(parts, axis=1)
        low_C, high_C = np.percentile(values_CN, (0.5, 99.5), axis=1)
        clipped_CN = np.clip(values_CN, low_C[:, None], high_C[:, None])
        deviation_C = clipped_CN.std(axis=1)
        return cls(clipped_CN.mean(axis=1), np.where(deviation_C > 0, deviation_C, 1.0), low_C, high_C)

    def standardise(self, image_CS: NDArray[np.generic]) -> Pixels:
        """The image with mean 0 and deviation 1 where it is like those that were measured."""
        standard_CS = np.empty(image_CS.shape, dtype=np.float32)
        self.standardise_into(standard_CS, image_CS)
        return standard_CS

    def standardise_into(
        self, standard_CS: Pixels, image_CS: NDArray[np.generic], contrast: float = 1.0, brightness: float = 0.0
    ) -> None:
        """Write the standardised image, times a contrast, plus a brightness, into an array of its shape."""
        for channel, (standard_S, pixels_S) in enumerate(zip(standard_CS, image_CS)):
            if self.low_C is not None and self.high_C is not None:
                pixels_S = np.clip(pixels_S, np.float32(self.low_C[channel]), np.float32(self.high_C[channel]))
            # The mean first, for the small differences of large values would be lost in single precision.
            np.subtract(pixels_S, np.float32(self.mean_C[channel]), out=standard_S, casting="unsafe")
            standard_S *= np.float32(contrast / self.deviation_C[channel])
            standard_S += np.float32(brightness)

    def to_json(self) -> dict[str, list[float] | None]:
        """As lists, by name."""
        return {name: None if value is None else value.tolist() for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Intensity":
        """Back from ``to_json``; raises KeyError, TypeError or ValueError for anything else."""
        values = {name: None if value is None else np.array(value, dtype=float) for name, value in content.items()}
        intensity = cls(**values)  # type: ignore[arg-type]
        if intensity.mean_C.shape != intensity.deviation_C.shape:
            raise ValueError("one mean and one deviation a channel")
        return intensity
