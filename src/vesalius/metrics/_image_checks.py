"""Refusal of images that a metric cannot take, each with one sentence, and a walk through them in small blocks."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Image = NDArray[Any]
Floats = NDArray[np.float64]

_BLOCK = 1 << 16


def as_image(name: str, values: ArrayLike) -> Image:
    """A numeric array of at least one element without NaN or infinities, in its own type."""
    image = np.asarray(values)
    if image.dtype.kind not in "buif":
        raise ValueError(f"{name} holds {image.dtype}; give real numbers, such as the magnitude of a complex image.")
    if image.size == 0:
        raise ValueError(f"{name} is empty.")
    if image.dtype.kind == "f" and not _finite(image):
        raise ValueError(f"{name} holds NaN or infinite values; mask or fill them first.")
    return image


def _finite(image: Image) -> bool:
    """Whether every value is finite; the sum, which is faster to take, is finite only then."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(image.sum()) or np.isfinite(image).all())


def image_pair(prediction: ArrayLike, truth: ArrayLike) -> tuple[Image, Image]:
    """Both images, of one shape."""
    first, second = as_image("prediction", prediction), as_image("truth", truth)
    if first.shape != second.shape:
        raise ValueError(f"prediction {first.shape} and truth {second.shape} differ in shape; resample one to the other.")
    return first, second


def check_data_range(truth: Image, data_range: float) -> None:
    """The range is a positive number that the values of the truth fit into: it is told, never guessed."""
    if not (np.isfinite(data_range) and data_range > 0):
        raise ValueError(f"data_range must be a positive number, not {data_range}.")
    spread = float(truth.max()) - float(truth.min())
    if spread > data_range * (1 + 1e-6):
        raise ValueError(
            f"the truth spreads over {spread:g}, more than the data_range of {data_range:g}; name the range of the data."
        )


def blocks(first: Image, second: Image) -> Iterator[tuple[Floats, Floats]]:
    """Both images in double precision, a small part at a time, so that no full copy is made; not to be written to."""
    flat_first, flat_second = first.reshape(-1), second.reshape(-1)
    for start in range(0, flat_first.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        yield flat_first[part].astype(np.float64, copy=False), flat_second[part].astype(np.float64, copy=False)
