"""Slices of twelve sets with scribbles that people drew: MedScribble (Wong et al. 2024, ScribblePrompt)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np

from vesalius.errors import UserError
from vesalius.records import Field, Image, Mask, Record
from vesalius.records.places import place
from vesalius.sources.public import root
from vesalius.tasks import Split, Tier

ANNOTATORS = ("scribbles", "scribbles_second", "scribbles_third")
"""Fields of the three people's scribbles."""

NOTE = (
    "Three or four slices of each of twelve sets, one slice a subject: each set is in train and in test, no subject is in both."
)


@dataclass(frozen=True, slots=True)
class Medscribble:
    """Grey slices 256×256 (field ``image``) with one structure each (field ``mask``), and three people's scribbles of it.

    The scribbles (fields ``scribbles``, ``scribbles_second``, ``scribbles_third``) are masks with the labels ``positive`` and
    ``negative``. The tag ``set`` names the set that a slice is from. Each file is one ``subject_id``.
    """

    name: str = "medscribble"
    tier: Tier = "public"
    description: str = "Slices of twelve medical sets with one structure each and scribbles by three people (MedScribble)."

    def records(self) -> Sequence[Record]:
        """One record a slice.

        Raises:
            UserError: if the release is not at hand, or a file is missing or damaged.
        """
        return _read()


def split(records: Sequence[Record]) -> Split:
    """Of the slices of each set, one to test, one to validate and the others to train, by the hash of their names."""
    parts: tuple[list[Record], list[Record], list[Record]] = ([], [], [])
    for _, group in groupby(records, key=lambda record: record.tags["set"]):
        for rank, record in enumerate(sorted(group, key=lambda record: place(record.subject_id))):
            parts[2 if rank == 0 else 1 if rank == 1 else 0].append(record)
    return Split(*parts)


@cache
def _read() -> tuple[Record, ...]:
    folder = root.path("medscribble")
    files = sorted(folder.glob("*.npz"))
    if not files:
        raise UserError(f"{folder}: no .npz file; unpack the release again.")
    return tuple(_record(file) for file in files)


def _record(file: Path) -> Record:
    try:
        with np.load(file, allow_pickle=False) as arrays:
            image, label, scribbles_ASHW = arrays["image"], arrays["label"], arrays["scribbles"]
    except (OSError, KeyError, ValueError) as error:
        raise UserError(f"{file}: not a slice of MedScribble; unpack the release again.") from error
    fields: dict[str, Field] = {"image": Image(image), "mask": Mask(label.astype(np.uint8), ("structure",))}
    for name, (positive, negative) in zip(ANNOTATORS, scribbles_ASHW):
        fields[name] = Mask(np.where(positive, 1, np.where(negative, 2, 0)).astype(np.uint8), ("positive", "negative"))
    return Record(
        id=file.stem,
        subject_id=file.stem,
        fields=fields,
        licence="of each source, see the MedScribble paper",
        tags={"set": file.stem.split("_")[0]},
    )
