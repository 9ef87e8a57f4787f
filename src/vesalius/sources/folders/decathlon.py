"""The layout of the Medical Segmentation Decathlon (Simpson et al. 2019, arXiv 1902.09063).

``dataset.json`` with ``modality``, ``labels`` and a list ``training`` of image and label files; several channels are a fourth
axis of one NIfTI file. ``test`` lists images without labels, which are not read.
"""

from pathlib import Path
from typing import Any

from vesalius.errors import UserError
from vesalius.sources.folders.layout import JSON, Case, Layout, declared_labels, read_json, stem

NAME = "Medical Segmentation Decathlon"


def decathlon(folder: Path) -> Layout | None:
    """The layout, if there is a ``dataset.json`` whose ``training`` lists images and labels.

    A list whose first image is absent while ``imagesTr`` has its channels is that of nnU-Net version 1, and is left to it.

    Raises:
        UserError: if ``dataset.json`` is damaged or has no ``labels``.
    """
    table = folder / JSON
    if not table.exists():
        return None
    content = read_json(table)
    listed = content.get("training")
    if not isinstance(listed, list) or not listed or not _is_pair(listed[0]):
        return None
    image = folder / listed[0]["image"]
    if not image.exists() and image.parent.is_dir() and any(image.parent.glob(f"{stem(image)}_0000.*")):
        return None
    labels = declared_labels(table, content)
    if labels is None:
        raise UserError(f"{table}, field 'labels': missing; give numbers and names.")
    modality = content.get("modality")
    refused: list[UserError] = []
    cases: dict[str, Case] = {}
    for place, pair in enumerate(listed):
        if not _is_pair(pair):
            refused.append(UserError(f"{table}, field 'training': entry {place} has no image and label; correct it."))
            continue
        name = stem(Path(pair["image"]))
        if name in cases:
            refused.append(UserError(f"{table}, field 'training': {name} is listed twice; remove one."))
            continue
        cases[name] = Case(id=name, channels=(folder / pair["image"],), mask=folder / pair["label"])
    return Layout(
        name=NAME,
        target="mask",
        cases=tuple(cases[name] for name in sorted(cases)),
        refused=tuple(refused),
        labels=labels,
        channel_names=tuple(str(modality[key]) for key in sorted(modality)) if isinstance(modality, dict) else (),
    )


def _is_pair(pair: Any) -> bool:
    return isinstance(pair, dict) and all(
        isinstance(pair.get(name), str) and pair[name] and "\0" not in pair[name] for name in ("image", "label")
    )
