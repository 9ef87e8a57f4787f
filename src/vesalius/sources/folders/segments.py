"""Masks that are DICOM segmentation objects: what their segments are called, and folders of cases that hold one."""

from dataclasses import replace
from pathlib import Path

from vesalius.errors import UserError
from vesalius.records.files import SeriesFiles, find_series
from vesalius.records.files.dicom_files import is_dicom, items_of, read_header, text_of
from vesalius.records.files.dicom_seg_read import is_segmentation, segment_labels
from vesalius.sources.folders.layout import JSON, Case, Layout, labels_beside

NAME = "one folder a case, with a DICOM series and its SEG"
SEG = "SEG"


def with_segments(folder: Path, layout: Layout) -> Layout:
    """The layout with its labels named after the segments, where its masks are DICOM SEG and nothing else names them.

    Segments are known by their labels: numbers may differ between files.

    Raises:
        UserError: if only some of the masks are DICOM SEG, so that numbers of the others have no names.
    """
    masks = [case.mask for case in layout.cases if case.mask is not None]
    found = [path for path in masks if is_segmentation(path)] if layout.labels is None else []
    if not found:
        return layout
    others = [path for path in masks if path not in found and path.is_file() and not is_dicom(path)]
    if others:
        raise UserError(f"{folder}: masks are DICOM SEG ({found[0].name}) and others ({others[0].name}); name labels in {JSON}.")
    names = sorted({label for path in found for label in _labels(path)})
    return replace(layout, labels=dict(enumerate(names, start=1)))


def dicom_cases(folder: Path) -> Layout | None:
    """The layout, if the folder holds folders with DICOM files, and one of them a segmentation."""
    inside = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    found = {path: find_series(path).series for path in inside if _holds_dicom(path)}
    if not any(series.modality == SEG for each in found.values() for series in each):
        return None
    cases: list[Case] = []
    refused: list[UserError] = []
    for path, each in found.items():
        try:
            cases.append(_case(path, each))
        except UserError as error:
            refused.append(error)
    return Layout(
        name=NAME,
        target="mask",
        cases=tuple(cases),
        refused=tuple(refused),
        passed_over=tuple(path for path in inside if path not in found),
        labels=labels_beside(folder),
    )


def _case(folder: Path, found: tuple[SeriesFiles, ...]) -> Case:
    masks = [path for series in found if series.modality == SEG for path in series.files]
    if len(masks) != 1:
        told = "no DICOM SEG" if not masks else f"{len(masks)} DICOM SEG ({masks[0].name}, {masks[1].name})"
        raise UserError(f"{folder}: {told} where one is needed; add it, or name pairs in a CSV.")
    header = read_header(masks[0])
    referred = {text_of(masks[0], one, "SeriesInstanceUID") for one in items_of(masks[0], header, "ReferencedSeriesSequence")}
    scans = [series for series in found if series.modality != SEG and series.has_pixels]
    named = [series for series in scans if not referred or series.uid in referred]
    if len(named) != 1:
        told = f"is not in {folder}" if not named else f"is one of {len(named)} series"
        raise UserError(f"{masks[0]}, field ReferencedSeriesSequence: the series it is of {told}; add it or name pairs in a CSV.")
    return Case(id=folder.name, channels=(_folder_of(named[0]),), mask=masks[0])


def _folder_of(series: SeriesFiles) -> Path:
    """The innermost folder that holds all of its files."""
    shared = [parent for parent in series.files[0].parents if all(parent in path.parents for path in series.files)]
    return series.files[0] if len(series.files) == 1 else shared[0]


def _holds_dicom(folder: Path) -> bool:
    """Whether the first file that is not hidden, in it or below it, is DICOM."""
    first = next((path for path in sorted(folder.rglob("[!.]*")) if path.is_file()), None)
    try:
        return first is not None and is_dicom(first)
    except OSError:
        return False


def _labels(path: Path) -> tuple[str, ...]:
    try:
        return tuple(segment_labels(path).values())
    except UserError:
        return ()  # told when the case is read
