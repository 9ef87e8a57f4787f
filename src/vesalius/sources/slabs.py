"""Slices and slabs of volumes, seen from below as radiologists do."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vesalius.records import Geometry, Image, Mask, Record, Volume
from vesalius.records.orientation import Turn

_FROM_BELOW = Turn((2, 1, 0), (False, True, True))
"""From axes to the right, front and head: slices from foot to head, rows from front to back, columns from right to left."""


def axial(record: Record, image: str = "image", target: str = "mask") -> Record:
    """The record with its volume and mask as slices × rows × columns, whichever way they were stored.

    >>> volume = Volume(np.zeros((4, 5, 6)), Geometry(np.diag([1.0, 2.0, 3.0, 1.0])))
    >>> mask = Mask(np.zeros((4, 5, 6), dtype=int), ())
    >>> turned = axial(Record(id="1", subject_id="1", fields={"image": volume, "mask": mask}))
    >>> turned.get("image", Volume).voxels.shape, turned.get("image", Volume).geometry.spacing
    ((6, 5, 4), (3.0, 2.0, 1.0))
    """
    volume, mask = record.get(image, Volume), record.get(target, Mask)
    voxels, labels, geometry = volume.voxels, mask.labels, volume.geometry
    for turn in (Turn.of(geometry), _FROM_BELOW):
        geometry = turn.geometry(geometry, voxels.shape)
        voxels, labels = turn.apply(voxels), turn.apply(labels)
    return replace(record, fields={**record.fields, image: Volume(voxels, geometry), target: Mask(labels, mask.names)})


def object_slabs(
    records: Sequence[Record], thickness: int, *, least: int, image: str = "image", target: str = "mask"
) -> Iterator[Record]:
    """For each label of each volume, neighbouring slices around its largest section, with that label alone as mask.

    Args:
        records: volumes as slices × rows × columns, see ``axial``.
        thickness: slices.
        least: pixels of the smallest section of a slab; objects that have no such neighbouring slices are left out.
        image: name of the volume's field.
        target: name of the mask's.

    >>> labels = np.zeros((5, 4, 4), dtype=int)
    >>> labels[1:4, 1:3, 1:3] = 1
    >>> volume = Volume(np.zeros((5, 4, 4)), Geometry(np.eye(4)))
    >>> record = Record(id="1", subject_id="1", fields={"image": volume, "mask": Mask(labels, ("liver",))})
    >>> [slab.get("image", Volume).voxels.shape for slab in object_slabs([record], 2, least=3)]
    [(2, 4, 4)]
    """
    for record in records:
        volume, mask = record.get(image, Volume), record.get(target, Mask)
        for label, name in enumerate(mask.names, start=1):
            inside_DHW = mask.labels == label
            run = _run(inside_DHW.sum(axis=(1, 2)) >= least, int(inside_DHW.sum(axis=(1, 2)).argmax()), thickness)
            if len(run) < thickness:
                continue
            chosen = slice(run.start, run.stop)
            affine = volume.geometry.affine.copy()
            affine[:3, 3] += affine[:3, 0] * run.start
            labels = inside_DHW[chosen].astype(np.uint8)
            slab = Volume(volume.voxels[chosen], Geometry(affine))
            fields = {**record.fields, image: slab, target: Mask(labels, (name,))}
            yield replace(record, id=f"{record.id}/{name}", fields=fields)


def sections(slabs: Iterable[Record], every: int, image: str = "image", target: str = "mask") -> Iterator[Record]:
    """Every so many slices of slabs, each as an image.

    Args:
        slabs: volumes as slices × rows × columns.
        every: 1 for all slices.
        image: name of the volume's field.
        target: name of the mask's.

    >>> volume = Volume(np.zeros((5, 4, 4)), Geometry(np.diag([3.0, 2.0, 1.0, 1.0])))
    >>> record = Record(id="1", subject_id="1", fields={"image": volume, "mask": Mask(np.zeros((5, 4, 4), dtype=int), ())})
    >>> [(made.id, made.get("image", Image).spacing) for made in sections([record], 3)]
    [('1/0', (2.0, 1.0)), ('1/3', (2.0, 1.0))]
    """
    for record in slabs:
        volume, mask = record.get(image, Volume), record.get(target, Mask)
        for index in range(0, len(volume.voxels), every):
            cut = Image(volume.voxels[index], volume.geometry.spacing[1:])
            fields = {**record.fields, image: cut, target: Mask(mask.labels[index], mask.names)}
            yield replace(record, id=f"{record.id}/{index}", fields=fields)


def _run(large: NDArray[np.bool_], middle: int, thickness: int) -> range:
    """At most so many neighbouring slices that are large enough, with the given one as near to their middle as can be."""
    if not large[middle]:
        return range(0)
    gaps = np.flatnonzero(~large)
    first = int(max((gap + 1 for gap in gaps if gap < middle), default=0))
    end = int(min((gap for gap in gaps if gap > middle), default=len(large)))
    start = max(first, min(middle - thickness // 2, end - thickness))
    return range(start, min(start + thickness, end))
