"""Frontal chest radiographs in three classes: COVID-19, pneumonia, no finding (Cohen et al. 2020; Ozturk et al. 2020)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from vesalius.errors import UserError
from vesalius.records import Image, Label, Record
from vesalius.sources.public import root
from vesalius.sources.public.pictures import read_picture
from vesalius.sources.splits import split_by_hash
from vesalius.tasks import Split, Tier

CLASSES = ("covid-19", "no_findings", "pneumonia")
NEAR = 0.98
"""Correlation of two thumbnails from which the radiographs count as of one subject; others of one body reach 0.97."""

NOTE = (
    "The classes come from different collections, and can be told apart by their processing as well as by their disease: "
    "accuracy here is no measure of diagnosis. The release names no patient: near-equal radiographs are taken as of one subject, "
    "but others of one patient may stand under different ids."
)


@dataclass(frozen=True, slots=True)
class CovidXray:
    """Grey radiographs (field ``image``) with their class (field ``label``).

    Attributes:
        side: pixels along each side; the release has 224, and less is averaged over areas.
    """

    side: int = 224
    name: str = "covid-xray"
    tier: Tier = "public"
    description: str = "Frontal chest radiographs with COVID-19, pneumonia or no finding (Cohen et al., NIH, via Ozturk et al.)."

    def records(self) -> Sequence[Record]:
        """One record a radiograph.

        Raises:
            UserError: if the release is not at hand, or a file is missing or damaged.
        """
        return _read(self.side)


def split(records: Sequence[Record]) -> Split:
    """About 60, 15 and 25 % of the subjects to train, validate and test."""
    return split_by_hash(records, validation=0.15, test=0.25, salt="covid-xray")


@cache
def _read(side: int) -> tuple[Record, ...]:
    files = [file for name in CLASSES for file in _files(name)]
    pictures = [read_picture(file, "L").astype(np.uint8) for file in files]
    subjects = _first_alike(np.stack([_resized(picture, 24).ravel() for picture in pictures]))
    names = [f"{file.parent.name}-{file.stem}" for file in files]
    return tuple(
        Record(
            id=name,
            subject_id=names[subject],
            fields={"image": Image(_resized(picture, side)), "label": Label(file.parent.name, CLASSES)},
            licence="research use (COVID-19 image data collection; NIH ChestX-ray8)",
        )
        for name, file, picture, subject in zip(names, files, pictures, subjects)
    )


def _files(name: str) -> list[Path]:
    folder = root.path("covid-xray", name)
    files = sorted(folder.glob("*.jpg"))
    if not files:
        raise UserError(f"{folder}: no .jpg file; unpack the release again.")
    return files


def _resized(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    if picture.shape == (side, side):
        return picture
    return np.asarray(Pillow.fromarray(picture).resize((side, side), Pillow.Resampling.BOX))


def _first_alike(thumbnails_NP: NDArray[np.uint8]) -> list[int]:
    """For each thumbnail, the first that is nearly equal to it."""
    values = thumbnails_NP - thumbnails_NP.mean(axis=1, keepdims=True)
    values /= np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9)
    return [int(index) for index in (values @ values.T >= NEAR).argmax(axis=1)]
