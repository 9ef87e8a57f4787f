"""Which images a user means by the files and folders that were named, and whether the fitted learner can take them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vesalius.errors import UserError
from vesalius.fitted.description import Images
from vesalius.records import Image, Volume
from vesalius.records.files import nifti, nrrd
from vesalius.records.files.dicom_files import is_dicom
from vesalius.sources.folders.intensities import levels_of
from vesalius.sources.folders.layout import PICTURES, is_scan, stem
from vesalius.sources.folders.nnunet import channel_of
from vesalius.sources.folders.reading import Scan, axes_of, channels_of, read_case_image, turned, values_of

COLOURS = 3
WRITTEN = ("_mask", "_overlay")
"""Ends of the names of files that ``predict`` itself writes."""


@dataclass(frozen=True, slots=True)
class Input:
    """One image to predict: its files (one a channel, or one for all), and what its answer is named after."""

    channels: tuple[Path, ...]
    name: str

    @property
    def path(self) -> Path:
        """What a person knows it by."""
        return self.channels[0]


def inputs_of(named: Sequence[Path], images: Images) -> list[Input]:
    """The images named; a folder is one DICOM series, or stands for the images in it.

    Where the learner's channels had files of their own, as ``case_0000.nii.gz``, those beside the one named are taken with it.

    >>> images = Images(axes=3, channels=2, channel_names=(), separate=True, names=("a",), values=(1,), dtype="f4",
    ...     first_size=(4, 4, 4), spacing=None, intensities={"low": [], "high": [], "width": []})
    >>> [(one.name, len(one.channels)) for one in inputs_of([Path("ann_0000.nii.gz"), Path("ann_0001.nii.gz")], images)]
    [('ann', 2)]
    """
    paths: list[Path] = []
    for path in named:
        paths += _images_in(path) if path.is_dir() and not _is_series(path) else [path]
    found = {(one.path, one.name): one for one in (_input(path, images) for path in paths)}
    return list(found.values())


def read_input(one: Input, images: Images) -> Scan:
    """The image as stored on disk, with the channels that the learner takes.

    Raises:
        UserError: if it is bad, or of another kind than those that the learner was fitted on.
    """
    scan = read_case_image(one.channels, turn=False)
    if axes_of(scan) != images.axes:
        ours, theirs = ("an image", "volumes") if images.axes == 3 else ("a volume", "images")
        raise UserError(f"{one.path}: {ours} where {theirs} were learned from; give such.")
    values = values_of(scan)
    if isinstance(scan, Image) and (channels_of(scan), images.channels) == (1, COLOURS):
        return Image(np.repeat(values.reshape(*values.shape[:2], 1), COLOURS, axis=-1), scan.spacing)
    if isinstance(scan, Image) and (channels_of(scan), images.channels) == (COLOURS, 1) and (values == values[..., :1]).all():
        return Image(values[..., 0], scan.spacing)
    if channels_of(scan) != images.channels:
        raise UserError(f"{one.path}: {channels_of(scan)} channels where {images.channels} were learned from; convert it.")
    return scan


def warning_of(scan: Scan, images: Images) -> str:
    """A sentence if its intensities are far from those that were learned from, as of another modality; else empty."""
    told = images.levels().unlike(levels_of(values_of(scan), axes_of(scan)))
    return f"{told} in the images learned from; is it of another modality? The answer may be wrong." if told else ""


def seen_by_learner(scan: Scan) -> Image | Volume:
    """As the learner was fitted on it: volumes in RAS."""
    return turned(scan)


def _input(path: Path, images: Images) -> Input:
    """The name, and the files of the other channels, which lie beside."""
    name = path.name if path.is_dir() else stem(path)
    place = channel_of(name) if images.separate else None
    if place is None:
        return Input((path,), name)
    ending = path.name[len(name) :]
    return Input(tuple(path.with_name(f"{place[0]}_{channel:04d}{ending}") for channel in range(images.channels)), place[0])


def _images_in(folder: Path) -> list[Path]:
    found = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".") and is_scan(path)]
    return [path for path in found if not stem(path).endswith(WRITTEN)] or [folder]


def _is_series(folder: Path) -> bool:
    """Whether the files of a folder are DICOM: one series, unlike a folder of images."""
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
    others = (*nifti.ENDINGS, *nrrd.ENDINGS, *PICTURES)
    return bool(files) and not files[0].name.lower().endswith(others) and any(is_dicom(path) for path in files[:3])
