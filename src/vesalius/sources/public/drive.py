"""Vessels in fundus photographs: DRIVE (Staal et al. 2004)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records import Field, Image, Mask, Record
from vesalius.sources.public import root
from vesalius.sources.public.pictures import read_picture
from vesalius.sources.splits import hold_out
from vesalius.tasks import Split, Tier

VALIDATION = 4
"""Photographs of the training half that are kept for validation."""

NOTE = (
    "The release names no subject: each photograph is taken as one. Outside the camera's aperture all is background; the first "
    "annotator is the truth."
)


@dataclass(frozen=True, slots=True)
class Drive:
    """Colour photographs H×W×3 (field ``image``) with the first annotator's vessels (field ``mask``); one photograph a subject.

    ``mask_second`` is the second annotator's, of the test half only; ``field_of_view`` the camera's aperture, outside of which
    both masks are background. The tag ``half`` is the release's ``training`` or ``test``.
    """

    name: str = "drive"
    tier: Tier = "public"
    description: str = "Fundus photographs with their vessels by one annotator, the test half by two (DRIVE)."

    def records(self) -> Sequence[Record]:
        """One record a photograph.

        Raises:
            UserError: if the release is not at hand, or a file is missing or damaged.
        """
        return _read()


def split(records: Sequence[Record]) -> Split:
    """The release's halves; four photographs of the training half are for validation."""
    halves = {half: [record for record in records if record.tags["half"] == half] for half in ("training", "test")}
    train, validation = hold_out(halves["training"], VALIDATION)
    return Split(train, validation, halves["test"])


@cache
def _read() -> tuple[Record, ...]:
    return tuple(
        _record(file, half) for half in ("training", "test") for file in _photographs(root.path("drive", half, "images"))
    )


def _photographs(folder: Path) -> list[Path]:
    """Both the release's TIFF and PNG are read."""
    files = sorted(file for file in folder.iterdir() if file.suffix in (".png", ".tif"))
    if not files:
        raise UserError(f"{folder}: no .png or .tif file; unpack the release again.")
    return files


def _drawn(file: Path) -> NDArray[np.bool_]:
    """Where a mask of the release is white; the second annotator's black is not quite 0."""
    return read_picture(file, "L") > 127


def _record(file: Path, half: str) -> Record:
    folder, number = file.parents[1], file.stem.split("_")[0]
    seen = _drawn(folder / "mask" / f"{file.stem}_mask.gif")

    def vessels(annotator: str, suffix: str) -> Mask:
        drawn = _drawn(folder / annotator / f"{number}_{suffix}.gif")
        return Mask((drawn & seen).astype(np.uint8), ("vessel",))

    fields: dict[str, Field] = {
        "image": Image(read_picture(file, "RGB")),
        "mask": vessels("1st_manual", "manual1"),
        "field_of_view": Mask(seen.astype(np.uint8), ("field of view",)),
    }
    if half == "test":
        fields["mask_second"] = vessels("2nd_manual", "manual2")
    return Record(id=number, subject_id=f"drive-{number}", fields=fields, licence="research use (DRIVE)", tags={"half": half})
