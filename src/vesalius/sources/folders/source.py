"""The records of a folder of a user's own data."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.progress import track
from vesalius.records import Field, Image, Label, Mask, Record, Volume
from vesalius.sources.folders.inspection import COLOURS, Inspection, Seen, inspect, see
from vesalius.sources.folders.layout import Case, Layout
from vesalius.sources.folders.reading import Scan, read_case_image, read_case_mask
from vesalius.tasks import Tier

MEMORY_MIB = 2048
"""Of images and masks that stay in memory after the first look; what is beyond is read again whenever it is asked for."""
_SHOWN = 10


class FolderSource:
    """Records with the field ``image``, and ``mask`` or ``label``; volumes are turned to RAS.

    All files are read once before the first record is given: what is wrong is told before anything is trained.

    Args:
        folder: or table, as the user named it.
        layout: its cases.
        binary: whether everything above 0 in a mask is one class.
        skip_bad: whether bad cases are left out; otherwise they are an error.

    Attributes:
        inspection: what was found; raises UserError if nothing can be used.
    """

    def __init__(self, folder: Path, layout: Layout, *, binary: bool = False, skip_bad: bool = False) -> None:
        self.folder, self.layout, self._binary, self._skip_bad = folder, layout, binary, skip_bad
        self._kept: dict[str, tuple[Scan, NDArray[np.int64] | None]] = {}
        self._left = MEMORY_MIB * 2**20

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.folder.resolve().name

    @property
    def tier(self) -> Tier:
        """Of a user."""
        return "own"

    @property
    def description(self) -> str:
        """How many cases in which layout."""
        return f"{len(self.layout.cases)} cases of the user ({self.layout.name})."

    @cached_property
    def inspection(self) -> Inspection:  # noqa: D102 - an attribute of the class
        seen: list[Seen] = []
        refused: list[UserError] = []
        for case in track(self.layout.cases, "checking files", len(self.layout.cases)):
            try:
                image, mask = self._read(case)
            except UserError as error:
                refused.append(error)
            except MemoryError:
                refused.append(UserError(f"{case.channels[0]}: larger than the memory; cut or resample it."))
            else:
                seen.append(see(case, image, mask, _digest(image, mask)))
        # What is declared of single values says nothing of their union.
        layout = replace(self.layout, labels=None) if self._binary else self.layout
        return inspect(self.folder, layout, seen, refused)

    @property
    def digest(self) -> str:
        """SHA-256 over the usable cases: their files' content, names, subjects and parts of the split."""
        hasher = hashlib.sha256()
        for one in self.inspection.seen:
            case = one.case
            hasher.update(repr((case.id, case.subject, case.label, case.part, one.digest)).encode())
        return hasher.hexdigest()

    def records(self) -> Sequence[Record]:
        """One record a usable case; a field is read when it is asked for.

        Raises:
            UserError: if a case is bad and bad ones are not to be left out, or none can be used.
        """
        found = self.inspection
        if found.refused and not self._skip_bad:
            told = "\n".join(f"  {error}" for error in found.refused[:_SHOWN])
            more = f"\n  and {len(found.refused) - _SHOWN} more" if len(found.refused) > _SHOWN else ""
            raise UserError(
                f"{self.folder}: {len(found.refused)} of {len(found.seen) + len(found.refused)} cases cannot be used; repair "
                f"them, or leave them out with --skip-bad:\n{told}{more}"
            )
        return [self._record(one.case) for one in found.seen]

    def parts(self) -> Mapping[str, str | None]:
        """Which part of the split the user has put each record in, by id."""
        return {one.case.id: one.case.part for one in self.inspection.seen}

    def _record(self, case: Case) -> Record:
        readers: dict[str, Callable[[], Field]] = {"image": lambda: self._image(case)}
        if self.layout.target == "mask":
            readers["mask"] = lambda: self._mask(case)
        else:
            label = Label(str(case.label), self.inspection.names)
            readers["label"] = lambda: label
        return Record(
            id=case.id,
            subject_id=case.subject or case.id,
            fields=LazyFields(readers),
            licence="the user's own",
            tags=case.tags,
        )

    def _image(self, case: Case) -> Field:
        image, _ = self._read(case)
        if isinstance(image, Image) and self.inspection.channels == COLOURS and image.pixels.ndim == 2:
            return Image(np.repeat(image.pixels[..., None], COLOURS, axis=-1), image.spacing)
        return image

    def _mask(self, case: Case) -> Field:
        _, mask = self._read(case)
        assert mask is not None
        values = np.array([0, *self.inspection.values])
        smallest = np.min_scalar_type(len(values) - 1)
        return Mask(np.searchsorted(values, mask).astype(smallest), self.inspection.names)

    def _read(self, case: Case) -> tuple[Scan, NDArray[np.int64] | None]:
        if case.id in self._kept:
            return self._kept[case.id]
        image = read_case_image(case.channels)
        segments = {name: value for value, name in (self.layout.labels or {}).items()}
        mask = (
            None
            if case.mask is None
            else read_case_mask(case.mask, image, case.channels[0], binary=self._binary, segments=segments)
        )
        if mask is not None:
            mask = mask.astype(np.min_scalar_type(int(mask.max(initial=0))))
        size = sum(values.nbytes for values in _arrays(image, mask))
        if size <= self._left:
            self._left -= size
            self._kept[case.id] = image, mask
        return image, mask


class LazyFields(Mapping[str, Field]):
    """Fields that are read when they are asked for.

    >>> fields = LazyFields({"label": lambda: Label("ill", ("ill", "well"))})
    >>> list(fields), fields["label"].value
    (['label'], 'ill')
    """

    def __init__(self, readers: Mapping[str, Callable[[], Field]]) -> None:
        self._readers = dict(readers)

    def __getitem__(self, name: str) -> Field:
        return self._readers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)


def _arrays(image: Scan, mask: NDArray[np.int64] | None) -> list[NDArray[np.generic]]:
    values = image.voxels if isinstance(image, Volume) else image.pixels
    return [values] if mask is None else [values, mask]


def _digest(image: Scan, mask: NDArray[np.int64] | None) -> str:
    hasher = hashlib.sha256()
    if isinstance(image, Volume):
        hasher.update(np.ascontiguousarray(image.geometry.affine).tobytes())
    for values in _arrays(image, mask):
        hasher.update(f"{values.dtype.str}{values.shape}".encode() + np.ascontiguousarray(values).tobytes())
    return hasher.hexdigest()
