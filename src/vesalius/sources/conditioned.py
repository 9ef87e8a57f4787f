"""Small images from 0 to 1, with what a new one is asked by under a name of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from vesalius.records import Field, Image, Label, Mask, Record
from vesalius.tasks import Source, Tier

ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Conditioned:
    """Records of another source with images (field ``image``) whose longer side has ``side`` pixels.

    Intensities are from 0 to 1: those of integers by the range of their type, others clipped. The field ``by``, a class or a mask
    of the same size, also stands as ``asked``, so that it can be asked of a generator and found in what it made.

    Attributes:
        base: whose records.
        side: pixels; no image becomes larger.
        by: name of the field to ask by; empty for none.

    >>> from vesalius.sources.packaged.mni152 import Mni152
    >>> record = Conditioned(Mni152(), side=32, by="mask").records()[0]
    >>> record.get("image", Image).pixels.shape, record.get(ASKED, Mask).labels.shape
    ((32, 27), (32, 27))
    """

    base: Source
    side: int
    by: str = ""

    @property
    def name(self) -> str:
        """Of the other source, and that nothing is asked."""
        return self.base.name if self.by else f"{self.base.name}-free"

    @property
    def tier(self) -> Tier:
        """Of the other source."""
        return self.base.tier

    @property
    def description(self) -> str:
        """What the records are."""
        return f"{self.base.description} At most {self.side} pixels a side."

    def records(self) -> Sequence[Record]:
        """One record for each that the other source has, with its image and what it is asked by."""
        return _records(self)


@lru_cache(maxsize=8)
def _records(source: Conditioned) -> tuple[Record, ...]:
    return tuple(_reduced(record, source) for record in source.base.records())


def _reduced(record: Record, source: Conditioned) -> Record:
    pixels = record.get("image", Image).pixels
    factor = min(1.0, source.side / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[0] * factor)), max(1, round(pixels.shape[1] * factor)))
    fields: dict[str, Field] = {"image": Image(_averaged(_unit(pixels), size))}
    if source.by:
        asked = record.fields[source.by]
        if isinstance(asked, Mask):
            asked = Mask(_nearest(asked.labels, size), asked.names)
        elif not isinstance(asked, Label):
            raise TypeError(f"record {record.id}, field {source.by!r}: {type(asked).__name__} where a mask or label is needed.")
        fields |= {source.by: asked, ASKED: asked}
    return replace(record, fields=fields)


def _unit(pixels: NDArray[np.generic]) -> NDArray[np.float32]:
    values = pixels.astype(np.float32)
    if np.issubdtype(pixels.dtype, np.integer):
        values /= np.float32(np.iinfo(pixels.dtype.name).max)
    return np.clip(values, np.float32(0), np.float32(1))


def _averaged(pixels: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Means over the area of each new pixel."""
    channels = [pixels] if pixels.ndim == 2 else list(np.moveaxis(pixels, -1, 0))
    small = [np.asarray(Pillow.fromarray(each).resize(size[::-1], Pillow.Resampling.BOX)) for each in channels]
    return small[0] if pixels.ndim == 2 else np.stack(small, axis=-1)


def _nearest(labels: NDArray[np.generic], size: tuple[int, int]) -> NDArray[np.integer]:
    small = Pillow.fromarray(labels.astype(np.int32)).resize(size[::-1], Pillow.Resampling.NEAREST)
    return np.asarray(small).astype(np.uint8)
