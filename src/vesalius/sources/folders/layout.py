"""What a folder of a user's own data holds, before any image is read."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from vesalius.errors import UserError
from vesalius.records.files import nifti, nrrd

Target = Literal["mask", "label"]
Part = Literal["train", "validation", "test"]

PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif")
JPEG = (".jpg", ".jpeg")
ENDINGS = (*nifti.ENDINGS, *nrrd.ENDINGS, *PICTURES, ".dcm")
JSON = "dataset.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One sample as files.

    Attributes:
        id: unique in its layout.
        channels: one file (or folder of a DICOM series) that holds all channels, or one a channel.
        mask: its label mask, in a layout of masks.
        label: its class, in a layout of classes.
        subject: whom it is of; the case itself where nothing says so.
        part: of the split, where the user has made one.
        tags: whatever else is known.
    """

    id: str
    channels: tuple[Path, ...]
    mask: Path | None = None
    label: str | None = None
    subject: str = ""
    part: Part | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The cases of a folder.

    Attributes:
        name: of the layout, as the documentation has it.
        target: what is to be learned.
        cases: in order of id.
        refused: one sentence for every file that cannot be a case.
        passed_over: files that are no images.
        labels: names of the values of masks above 0; None where the folder does not say.
        channel_names: such as T1 and T2; none where the folder does not say.
    """

    name: str
    target: Target
    cases: tuple[Case, ...]
    refused: tuple[UserError, ...] = ()
    passed_over: tuple[Path, ...] = ()
    labels: Mapping[int, str] | None = None
    channel_names: tuple[str, ...] = ()


def stem(path: Path) -> str:
    """The name without its ending, of which ``.nii.gz`` is one.

    >>> stem(Path("images/liver.1.nii.gz"))
    'liver.1'
    """
    ending = next((ending for ending in sorted(ENDINGS, key=len, reverse=True) if path.name.lower().endswith(ending)), "")
    return path.name[: len(path.name) - len(ending)]


def is_scan(path: Path) -> bool:
    """Whether it is named like an image, or is a folder (which then holds a DICOM series)."""
    return path.is_dir() or path.name.lower().endswith(ENDINGS)


def scans_in(folder: Path) -> tuple[dict[str, Path], list[UserError], list[Path]]:
    """The images of a folder by stem, an error for each stem that occurs twice, and what is passed over; none that is hidden.

    Raises:
        UserError: if the folder cannot be read.
    """
    try:
        found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise UserError(f"{folder}: cannot be read ({error.strerror}); name a folder that is there and readable.") from error
    scans: dict[str, Path] = {}
    twice: list[UserError] = []
    for path in found:
        if is_scan(path) and scans.setdefault(stem(path), path) != path:
            twice.append(UserError(f"{path}: the same name as {scans[stem(path)].name} but for the ending; keep one of them."))
    return scans, twice, [path for path in found if not is_scan(path)]


def read_json(path: Path) -> Mapping[str, Any]:
    """A JSON file that holds an object.

    Raises:
        UserError: if it is missing, not JSON, or holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: missing or not JSON ({type(error).__name__}); correct the file.") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: a {type(content).__name__} where an object with fields is needed; correct the file.")
    return content


def labels_beside(folder: Path) -> Mapping[int, str] | None:
    """Names of mask values above 0 from the ``dataset.json`` of a folder; None if there is no such file, or it names none.

    Raises:
        UserError: as ``read_json`` and ``declared_labels`` do.
    """
    table = folder / JSON
    return declared_labels(table, read_json(table)) if table.exists() else None


def declared_labels(path: Path, content: Mapping[str, Any]) -> Mapping[int, str] | None:
    """Names of mask values above 0, from the field ``labels`` of a ``dataset.json``; None if there is no such field.

    Both forms are read, number to name (Decathlon) and name to number (nnU-Net). Where nnU-Net's regions overlap, a value is
    named after all regions that it belongs to.

    Raises:
        UserError: if the field is of another form, or has nnU-Net's ``ignore``, which no learner here knows.

    >>> declared_labels(Path("dataset.json"), {"labels": {"background": 0, "whole": [1, 2], "core": [2]}})
    {1: 'whole', 2: 'whole and core'}
    """
    found = content.get("labels")
    if found is None:
        return None
    names: dict[int, list[str]] = {}
    for one, other in _items(path, found):
        name, values = (other, [one]) if _is_number(one) else (one, other if isinstance(other, list) else [other])
        if not isinstance(name, str) or not values or not all(_is_number(value) for value in values):
            raise UserError(f"{path}, field 'labels': {one!r} and {other!r} are not a name and a number; correct the field.")
        if name == "ignore":
            raise UserError(f"{path}, field 'labels': ignore is not supported; leave such cases out or label them.")
        for value in values:
            names.setdefault(int(value), []).append(name)
    labels = {value: " and ".join(names[value]) for value in sorted(names) if value > 0}
    if not labels or min(names) < 0 or len(set(labels.values())) < len(labels):
        raise UserError(f"{path}, field 'labels': give each value from 1 on a name of its own.")
    return labels


def _items(path: Path, found: object) -> Iterable[tuple[Any, Any]]:
    if not isinstance(found, dict):
        raise UserError(f"{path}, field 'labels': not an object of names and numbers; correct the field.")
    return found.items()


def _is_number(value: object) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, str) and value.isascii() and value.isdigit()
    )
