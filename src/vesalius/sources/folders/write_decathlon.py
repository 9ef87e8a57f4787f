"""Records written in the layout of the Medical Segmentation Decathlon."""

import json
from collections.abc import Sequence
from pathlib import Path

from vesalius.records import Mask, Record, Volume
from vesalius.records.files import write_mask, write_volume
from vesalius.sources.folders.layout import JSON


def write_decathlon(records: Sequence[Record], folder: Path, *, name: str, modality: Sequence[str], licence: str) -> None:
    """Write volumes and masks as NIfTI, and the ``dataset.json`` that lists them for training.

    Args:
        records: with a volume ``image`` and a ``mask``, all with the same labels; their ids name the files.
        folder: an existing one, empty.
        name: of the task.
        modality: of each channel.
        licence: of the data.

    Raises:
        UserError: if a file cannot be written.

    >>> import tempfile, numpy as np
    >>> from vesalius.records import Geometry
    >>> fields = {"image": Volume(np.zeros((4, 5, 6)), Geometry(np.eye(4))), "mask": Mask(np.ones((4, 5, 6), int), ("all",))}
    >>> with tempfile.TemporaryDirectory() as place:
    ...     record = Record(id="a", subject_id="a", fields=fields)
    ...     write_decathlon([record], Path(place), name="Made", modality=["CT"], licence="CC0-1.0")
    ...     sorted(path.relative_to(place).as_posix() for path in Path(place).rglob("*.*"))
    ['dataset.json', 'imagesTr/a.nii.gz', 'labelsTr/a.nii.gz']
    """
    for part in ("imagesTr", "labelsTr"):
        (folder / part).mkdir()
    for record in records:
        volume = record.get("image", Volume)
        write_volume(folder / "imagesTr" / f"{record.id}.nii.gz", volume)
        write_mask(folder / "labelsTr" / f"{record.id}.nii.gz", record.get("mask", Mask), like=volume)
    names = records[0].get("mask", Mask).names
    content = {
        "name": name,
        "licence": licence,
        "tensorImageSize": "4D" if len(modality) > 1 else "3D",
        "modality": {str(place): kind for place, kind in enumerate(modality)},
        "labels": {"0": "background", **{str(place): label for place, label in enumerate(names, start=1)}},
        "numTraining": len(records),
        "numTest": 0,
        "training": [
            {"image": f"./imagesTr/{record.id}.nii.gz", "label": f"./labelsTr/{record.id}.nii.gz"} for record in records
        ],
        "test": [],
    }
    (folder / JSON).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
