"""What a denoiser learns from, as arrays of one size between -1 and 1."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.learners.denoiser.conditions import Condition
from vesalius.learners.scans import scan_of
from vesalius.records import Record

Floats32 = NDArray[np.float32]
PERCENTILES = (0.5, 99.5)


@dataclass(frozen=True, slots=True)
class Scale:
    """Intensities that become -1 and 1; what lies beyond is clipped.

    >>> scale = Scale(0.0, 200.0)
    >>> scale.to_unit(np.array([0, 100, 300])).tolist(), scale.back(np.array([0.5])).tolist()
    ([-1.0, 0.0, 1.0], [150.0])
    """

    low: float
    high: float

    @classmethod
    def of(cls, images: Sequence[NDArray[np.generic]]) -> "Scale":
        """The darkest and brightest half percent of all pixels are clipped."""
        low, high = np.percentile(np.concatenate([image.ravel() for image in images]).astype(np.float64), PERCENTILES)
        return cls(float(low), float(max(high, low + 1e-6)))

    def to_unit(self, values: NDArray[np.generic]) -> Floats32:
        """From intensities."""
        unit = 2 * (values.astype(np.float32) - self.low) / (self.high - self.low) - 1
        clipped: Floats32 = np.clip(unit, -1, 1).astype(np.float32)
        return clipped

    def back(self, values: NDArray[np.floating]) -> Floats32:
        """To intensities."""
        intensities: Floats32 = (self.low + (np.clip(values, -1, 1) + 1) / 2 * (self.high - self.low)).astype(np.float32)
        return intensities


def padded(images_NCHW: Floats32, multiple: int) -> Floats32:
    """Repeat the last row and column until both sides are multiples.

    >>> padded(np.zeros((1, 1, 5, 8), np.float32), 4).shape
    (1, 1, 8, 8)
    """
    height, width = images_NCHW.shape[-2:]
    return np.pad(images_NCHW, ((0, 0), (0, 0), (0, -height % multiple), (0, -width % multiple)), mode="edge")


@dataclass(frozen=True, slots=True)
class Examples:
    """Clean images with their conditions; two are equal if their digests are.

    Attributes:
        digest: SHA-256 of all arrays.
        images_NCHW: from -1 to 1.
        seen_NCHW: masks or images that they are conditioned on.
        vectors_NV: classes that they are conditioned on, one-hot.
        scale: of the intensities.
    """

    digest: str
    images_NCHW: Floats32 = field(compare=False)
    seen_NCHW: Floats32 | None = field(compare=False)
    vectors_NV: Floats32 | None = field(compare=False)
    scale: Scale

    @classmethod
    def of(cls, records: Sequence[Record], image: str, condition: Condition) -> "Examples":
        """Those of records.

        Raises:
            UserError: if there is none, images differ in size or channels, or a mask has another size than its image.
        """
        if not records:
            raise UserError("No training records: give at least one record with an image.")
        images = [scan_of(record, image).image_CS for record in records]
        for record, other in zip(records, images, strict=True):
            if other.shape != images[0].shape or other.ndim != 3:
                raise UserError(
                    f"Record {record.id}, field {image!r}: {other.shape[1:]} pixels and {len(other)} channels where the first "
                    f"has {images[0].shape[1:]} and {len(images[0])}; resample all images to one size."
                )
        scale, seen_NCHW, vectors_NV = Scale.of(images), condition.images(records), condition.vectors(records)
        if seen_NCHW is not None and seen_NCHW.shape[-2:] != images[0].shape[-2:]:
            raise UserError(
                f"Record {records[0].id}, field {condition.field!r}: {seen_NCHW.shape[-2:]} pixels where the image has "
                f"{images[0].shape[-2:]}; resample it to those."
            )
        made = scale.to_unit(np.stack(images))
        hasher = hashlib.sha256()
        for array in (made, seen_NCHW, vectors_NV):
            hasher.update(b"none" if array is None else f"{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
        return cls(hasher.hexdigest(), made, seen_NCHW, vectors_NV, scale)

    @property
    def groups(self) -> list[object]:
        """Images of one class are a group; one that is seen with a mask is a group of its own."""
        if self.seen_NCHW is not None:
            return list(range(len(self.images_NCHW)))
        if self.vectors_NV is not None:
            return [int(place) for place in self.vectors_NV.argmax(axis=1)]
        return [0] * len(self.images_NCHW)
