"""``images/`` beside ``masks/`` (or ``labels/``), with equal names but for the ending."""

from pathlib import Path

from vesalius.errors import UserError
from vesalius.sources.folders.layout import Case, Layout, labels_beside, scans_in

NAME = "images and masks"
MASKS = ("masks", "labels")
SUFFIXES = ("_mask", "_label", "_seg", "_segmentation")


def pairs(folder: Path) -> Layout | None:
    """The layout, if the folder has ``images`` and ``masks`` or ``labels``; names of labels come from a ``dataset.json``.

    Raises:
        UserError: if both ``masks`` and ``labels`` are there, or ``dataset.json`` is damaged.
    """
    beside = [folder / name for name in MASKS if (folder / name).is_dir()]
    if not (folder / "images").is_dir() or not beside:
        return None
    if len(beside) > 1:
        raise UserError(f"{folder}: both masks and labels beside images; remove or rename one of them.")
    images, twice, passed = scans_in(folder / "images")
    found, twice_masks, passed_masks = scans_in(beside[0])
    masks = {_plain(name, images): path for name, path in found.items()}
    refused = [*twice, *twice_masks]
    refused += [UserError(f"{path}: no mask of that name in {beside[0].name}/; add it.") for path in _alone(images, masks)]
    refused += [UserError(f"{path}: no image of that name in images/; add it.") for path in _alone(masks, images)]
    cases = [Case(id=name, channels=(images[name],), mask=masks[name]) for name in sorted(images) if name in masks]
    return Layout(
        name=NAME,
        target="mask",
        cases=tuple(cases),
        refused=tuple(refused),
        passed_over=(*passed, *passed_masks),
        labels=labels_beside(folder),
    )


def _plain(name: str, images: dict[str, Path]) -> str:
    """The name of the image that a mask is of: its own, or without a usual suffix."""
    if name in images:
        return name
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.removesuffix(suffix) in images), name)


def _alone(scans: dict[str, Path], partners: dict[str, Path]) -> list[Path]:
    return [path for name, path in sorted(scans.items()) if name not in partners]
