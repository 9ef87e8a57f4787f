"""Which layout a folder has."""

from pathlib import Path

from vesalius.errors import UserError
from vesalius.sources.folders.classes import classes
from vesalius.sources.folders.decathlon import decathlon
from vesalius.sources.folders.nnunet import nnunet
from vesalius.sources.folders.pairs import pairs
from vesalius.sources.folders.segments import dicom_cases, with_segments
from vesalius.sources.folders.source import FolderSource
from vesalius.sources.folders.table import table, table_in

LAYOUTS = (decathlon, nnunet, pairs, table_in, dicom_cases, classes)
LOOKED_FOR = (
    "dataset.json with a training list (Decathlon); dataset.json, imagesTr and labelsTr (nnU-Net); images with masks or labels; "
    "a .csv with a column image; folders each with a DICOM series and its SEG; two or more folders, one a class, each with images"
)


def open_folder(path: str | Path, *, binary: bool = False, skip_bad: bool = False) -> FolderSource:
    """The records of a folder or table of one's own, in whichever known layout it has; see docs/own-data.md.

    Args:
        path: a folder, or a CSV file.
        binary: whether everything above 0 in a mask is one class, as for instance maps.
        skip_bad: whether bad cases are left out; otherwise they are an error when records are asked for.

    Raises:
        UserError: if it is missing, of no known layout, or what describes it (JSON, CSV) is damaged.

    >>> open_folder("/nowhere")
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: /nowhere: missing; name a folder with images or a CSV file.
    """
    place = Path(path)
    if not place.exists():
        raise UserError(f"{place}: missing; name a folder with images or a CSV file.")
    if not place.is_dir():
        return FolderSource(place, with_segments(place, table(place)), binary=binary, skip_bad=skip_bad)
    for layout_of in LAYOUTS:
        layout = layout_of(place)
        if layout is not None:
            return FolderSource(place, with_segments(place, layout), binary=binary, skip_bad=skip_bad)
    raise UserError(f"{place}: of no known layout; looked for {LOOKED_FOR}.")
