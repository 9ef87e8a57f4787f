"""Nuclei in microscopy images: the 2018 Data Science Bowl, Broad BBBC038 (Caicedo et al. 2019)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from vesalius.errors import UserError
from vesalius.records import Image, Mask, Record
from vesalius.sources.public import root
from vesalius.sources.public.mosaics import tile_groups
from vesalius.sources.public.pictures import read_picture
from vesalius.sources.splits import split_by_hash
from vesalius.tasks import Split, Tier

NOTE = (
    "The release names no subject or slide; images whose borders continue each other are taken as tiles of one field of view, "
    "which is the unit. Fields of one slide or patient may still be in both train and test."
)


@dataclass(frozen=True, slots=True)
class Dsb2018:
    """Colour images H×W×3 (field ``image``) with a mask of nuclei (field ``mask``), made from the instance maps.

    The release names no subject or slide, but many images are tiles of one larger field, which their borders show: tiles that
    continue each other are one ``subject_id``. Fields of one slide, culture or patient may still stand under different ids. The
    tag ``modality`` is ``stained`` for coloured images and ``fluorescence`` for grey ones.
    """

    name: str = "dsb2018"
    tier: Tier = "public"
    description: str = "Microscopy images of cell nuclei, fluorescent and stained (Broad BBBC038)."

    def records(self) -> Sequence[Record]:
        """One record an image.

        Raises:
            UserError: if the release is not at hand, or a file is missing or damaged.
        """
        return _read()


def split(records: Sequence[Record]) -> Split:
    """About 60, 15 and 25 % of the fields of view to train, validate and test; tiles of one field stay together."""
    return split_by_hash(records, validation=0.15, test=0.25, salt="dsb2018")


@cache
def _read() -> tuple[Record, ...]:
    images, labels = root.path("dsb2018", "images"), root.path("dsb2018", "labels")
    files = sorted(images.glob("*.png"))
    if not files:
        raise UserError(f"{images}: no .png file; unpack the release again.")
    pictures = [read_picture(file, "RGB") for file in files]
    groups = tile_groups([picture.mean(axis=2) for picture in pictures])
    return tuple(
        Record(
            id=file.stem,
            subject_id=f"field-{files[group].stem}",
            fields={
                "image": Image(picture),
                "mask": Mask((read_picture(labels / file.name) > 0).astype(np.uint8), ("nucleus",)),
            },
            licence="CC0-1.0",
            tags={"modality": "stained" if (picture != picture[..., :1]).any() else "fluorescence"},
        )
        for file, picture, group in zip(files, pictures, groups)
    )
