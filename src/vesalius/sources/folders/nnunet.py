"""The raw data layout of nnU-Net, versions 1 and 2.

``dataset.json`` with ``channel_names`` (or ``modality``) and ``labels``; ``imagesTr/CASE_0000.nii.gz``, one file a channel;
``labelsTr/CASE.nii.gz``. Source: nnU-Net, documentation/dataset_format.md.
"""

import re
from collections import defaultdict
from pathlib import Path

from vesalius.errors import UserError
from vesalius.sources.folders.layout import JSON, Case, Layout, declared_labels, read_json, scans_in

NAME = "nnU-Net raw data"
_CHANNEL = re.compile(r"(.+)_(\d{4})")


def channel_of(name: str) -> tuple[str, int] | None:
    """Case and channel of a stem; None where it ends in no channel.

    >>> channel_of("liver_12_0001"), channel_of("liver_12")
    (('liver_12', 1), None)
    """
    found = _CHANNEL.fullmatch(name)
    return None if found is None else (found[1], int(found[2]))


def nnunet(folder: Path) -> Layout | None:
    """The layout, if there are ``dataset.json``, ``imagesTr`` and ``labelsTr``.

    Raises:
        UserError: if ``dataset.json`` is damaged, or names no channels or labels.
    """
    table, images_at, masks_at = folder / JSON, folder / "imagesTr", folder / "labelsTr"
    if not (table.exists() and images_at.is_dir() and masks_at.is_dir()):
        return None
    content = read_json(table)
    labels = declared_labels(table, content)
    names = content.get("channel_names", content.get("modality"))
    if labels is None or not isinstance(names, dict) or not names:
        missing = "labels" if labels is None else "channel_names"
        raise UserError(f"{table}, field '{missing}': missing; give it as nnU-Net has it.")
    images, twice, passed = scans_in(images_at)
    masks, twice_masks, passed_masks = scans_in(masks_at)
    channels: defaultdict[str, dict[int, Path]] = defaultdict(dict)
    refused = [*twice, *twice_masks]
    for name, path in images.items():
        place = channel_of(name)
        if place is None:
            refused.append(UserError(f"{path}: its name does not end in a channel such as _0000; rename it."))
        else:
            channels[place[0]][place[1]] = path
    cases = []
    for name in sorted(channels.keys() | masks.keys()):
        try:
            cases.append(_case(name, channels.get(name, {}), masks.get(name), len(names), images_at, masks_at))
        except UserError as error:
            refused.append(error)
    return Layout(
        name=NAME,
        target="mask",
        cases=tuple(cases),
        refused=tuple(refused),
        passed_over=(*passed, *passed_masks),
        labels=labels,
        channel_names=tuple(str(names[key]) for key in sorted(names)),
    )


def _case(name: str, channels: dict[int, Path], mask: Path | None, count: int, images_at: Path, masks_at: Path) -> Case:
    if mask is None:
        raise UserError(f"{channels[min(channels)]}: no mask {name} in {masks_at.name}; add it.")
    absent = [channel for channel in range(count) if channel not in channels]
    if absent:
        raise UserError(f"{images_at}: {name}_{absent[0]:04d} is missing, one of {count} channels; add it.")
    if len(channels) > count:
        raise UserError(f"{channels[max(channels)]}: a channel beyond the {count} of {JSON}; remove it or name it there.")
    return Case(id=name, channels=tuple(channels[channel] for channel in range(count)), mask=mask)
