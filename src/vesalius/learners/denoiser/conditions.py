"""What a sample is asked to be: a class, or what a mask or another image shows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.learners.scans import channels_first
from vesalius.records import Image, Label, Mask, Record

Floats32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Condition:
    """How a field of a record is told to a network.

    Attributes:
        field: its name; empty for no condition.
        classes: of a class, which is told as a one-hot vector.
        channels: of a mask, one a label, or of an image.
    """

    field: str = ""
    classes: int = 0
    channels: int = 0

    @classmethod
    def of(cls, record: Record, field: str) -> "Condition":
        """As the field of a record has it; an empty name is no condition.

        Raises:
            UserError: if the field is no class, mask or image.

        >>> Condition.of(Record(id="1", subject_id="1", fields={"label": Label("b", ("a", "b"))}), "label")
        Condition(field='label', classes=2, channels=0)
        """
        if not field:
            return cls()
        match record.fields.get(field):
            case Label() as label:
                return cls(field, classes=len(label.classes))
            case Mask() as mask:
                return cls(field, channels=len(mask.names))
            case Image() as image:
                return cls(field, channels=len(channels_first(image.pixels, 2)))
            case other:
                raise UserError(
                    f"Record {record.id}, field {field!r}: {type(other).__name__} where a label, mask or image is needed; "
                    "name another field as condition."
                )

    def vectors(self, records: Sequence[Record]) -> Floats32 | None:
        """One-hot classes, B × classes; None where the condition is none."""
        if not self.classes:
            return None
        places = [record.get(self.field, Label).index for record in records]
        return np.eye(self.classes, dtype=np.float32)[places]

    def images(self, records: Sequence[Record]) -> Floats32 | None:
        """One channel a label, 1 where it is and -1 elsewhere, or the image's channels from -1 to 1; None where it is none."""
        if not self.channels:
            return None
        return np.stack([self._image(record) for record in records])

    def _image(self, record: Record) -> Floats32:
        field = record.fields[self.field]
        if isinstance(field, Mask):
            labels = np.arange(1, self.channels + 1)[:, None, None]
            return np.where(field.labels[None] == labels, np.float32(1), np.float32(-1))
        pixels_CHW = channels_first(record.get(self.field, Image).pixels, 2).astype(np.float32)
        low, high = float(pixels_CHW.min()), float(pixels_CHW.max())
        return 2 * (pixels_CHW - low) / max(high - low, 1e-6) - 1
