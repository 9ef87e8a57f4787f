"""What a set of images is like, as far as it decides how to train on them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vesalius.errors import UserError
from vesalius.learners.scans import Scan, Spacing, labels_of, scan_of
from vesalius.records import Mask, Record

_HOUNSFIELD_AIR = -500


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """Measured over the training records.

    Attributes:
        records: how many.
        channels: of each image.
        labels: names, background left out.
        size: median pixels along each axis.
        spacing: median millimetres along each axis; None where any image does not tell.
        fine_spacing: the tenth percentile along each axis.
        lowest, highest: intensities.
        labelled: median share of pixels that carry any label.
    """

    records: int
    channels: int
    labels: tuple[str, ...]
    size: tuple[int, ...]
    spacing: tuple[float, ...] | None
    fine_spacing: tuple[float, ...] | None
    lowest: float
    highest: float
    labelled: float

    @property
    def hounsfield(self) -> bool:
        """Whether the intensities look like those of CT: air is about -1000."""
        return self.channels == 1 and self.lowest <= _HOUNSFIELD_AIR


def fingerprint(records: Sequence[Record], image: str = "image", target: str = "mask") -> Fingerprint:
    """Look at every record once, keeping the first and some numbers of each.

    Raises:
        UserError: if there is no record, or images differ in axes or channels.

    >>> from vesalius.records import Image
    >>> fields = {"image": Image(np.zeros((8, 12)), (0.5, 0.5)), "mask": Mask(np.eye(8, 12, dtype=int), ("line",))}
    >>> found = fingerprint([Record(id="1", subject_id="1", fields=fields)])
    >>> found.size, found.spacing, found.labels
    ((8, 12), (0.5, 0.5), ('line',))
    """
    if not records:
        raise UserError("No training records: give at least one record with an image and its mask.")
    first = scan_of(records[0], image)
    looks = [_look(record, first, image, target) for record in records]
    spacings = [look.spacing for look in looks if look.spacing is not None]
    known = len(spacings) == len(looks)
    return Fingerprint(
        records=len(records),
        channels=len(first.image_CS),
        labels=records[0].get(target, Mask).names,
        size=tuple(int(side) for side in np.median([look.size for look in looks], axis=0)),
        spacing=tuple(float(side) for side in np.median(spacings, axis=0)) if known else None,
        fine_spacing=tuple(float(side) for side in np.percentile(spacings, 10, axis=0)) if known else None,
        lowest=min(look.lowest for look in looks),
        highest=max(look.highest for look in looks),
        labelled=float(np.median([look.labelled for look in looks])),
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """What is kept of one record."""

    size: tuple[int, ...]
    spacing: Spacing | None
    lowest: float
    highest: float
    labelled: float


def _look(record: Record, first: Scan, image: str, target: str) -> _Look:
    scan = scan_of(record, image)
    _require_alike(record, scan, first)
    share = float((labels_of(record, target, scan.size) > 0).mean())
    return _Look(scan.size, scan.spacing, float(np.min(scan.image_CS)), float(np.max(scan.image_CS)), share)


def _require_alike(record: Record, scan: Scan, first: Scan) -> None:
    if len(scan.size) != len(first.size) or len(scan.image_CS) != len(first.image_CS):
        raise UserError(
            f"Record {record.id}: {len(scan.size)} axes and {len(scan.image_CS)} channels where the first record has "
            f"{len(first.size)} and {len(first.image_CS)}; keep such images in a set of their own."
        )
