"""Which DICOM files there are, and which series they belong to."""

import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vesalius.errors import UserError
from vesalius.records.files.usable import existing_file

if TYPE_CHECKING:
    from pydicom import Dataset

DIRECTORY_CLASS = "1.2.840.10008.1.3.10"
MARK_AT = 128


@dataclass(frozen=True, slots=True)
class SeriesFiles:
    """The files of one SeriesInstanceUID.

    Attributes:
        uid: the SeriesInstanceUID; empty where anonymisation has blanked it, and such files count as one series.
        modality: as the files have it, such as CT.
        has_pixels: whether they hold images; reports, structure sets and plans do not.
        files: in order of name.
    """

    uid: str
    modality: str
    has_pixels: bool
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class SeriesFound:
    """What lies in a folder: the series, and one error for every file that could not be read."""

    series: tuple[SeriesFiles, ...]
    refused: tuple[UserError, ...]


def find_series(source: Path | Sequence[Path]) -> SeriesFound:
    """The series in a folder (and below it) or among files; bad files are set aside, the good ones go through.

    Hidden files and DICOMDIR are passed over. Only headers are read: cut pixels are found when the series is read.

    Raises:
        UserError: if the folder is missing or holds no file.

    >>> find_series(Path("/nowhere"))
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: /nowhere: missing; check the name.
    """
    files: defaultdict[str, list[Path]] = defaultdict(list)
    modalities: dict[str, str] = {}
    pixels: defaultdict[str, bool] = defaultdict(bool)
    refused: list[UserError] = []
    for path in files_of(source):
        try:
            header = read_header(path)
            if is_directory(path, header):
                continue
            uid = _series_uid(path, header)
            modalities[uid] = text_of(path, header, "Modality")
        except UserError as error:
            refused.append(error)
            continue
        files[uid].append(path)
        pixels[uid] |= "Rows" in header
    series = (SeriesFiles(uid, modalities[uid], pixels[uid], tuple(files[uid])) for uid in files)
    return SeriesFound(tuple(series), tuple(refused))


def _series_uid(path: Path, header: "Dataset") -> str:
    """Blank is a trace of anonymisation; absent means that the file is cut."""
    if "SeriesInstanceUID" not in header:
        raise UserError(f"{path}, field SeriesInstanceUID: missing; the file is cut or not an image, export it again.")
    return str(_value(path, header, "SeriesInstanceUID") or "")


def files_of(source: Path | Sequence[Path]) -> tuple[Path, ...]:
    """The files named, or those of a folder and below it, without hidden ones, in order of name.

    Raises:
        UserError: if there is none.

    >>> files_of([Path("b.dcm"), Path("a.dcm")])
    (PosixPath('a.dcm'), PosixPath('b.dcm'))
    """
    if not isinstance(source, Path):
        found = sorted(source)
    elif source.is_dir():
        found = sorted(path for path in source.rglob("[!.]*") if path.is_file())
    else:
        found = [existing_file(source)]
    if not found:
        raise UserError(f"{source if isinstance(source, Path) else 'the list of files'}: no files; name a folder with DICOM.")
    return tuple(found)


def is_dicom(path: Path) -> bool:
    """Whether a file has the mark of DICOM behind its preamble.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     is_dicom(Path(file.name))
    False
    """
    with path.open("rb") as file:
        file.seek(MARK_AT)
        return file.read(4) == b"DICM"


def is_directory(path: Path, header: "Dataset") -> bool:
    """Whether a header is of a DICOMDIR, the table of contents of a disc."""
    return str(_value(path, header.file_meta, "MediaStorageSOPClassUID")) == DIRECTORY_CLASS


def read_header(path: Path, *, with_pixels: bool = False) -> "Dataset":
    """The data set of a file, without its pixels unless they are asked for.

    Raises:
        UserError: if the file is missing, empty, not DICOM or damaged.

    >>> read_header(Path("/nowhere/1.dcm"))
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: /nowhere/1.dcm: missing; check the name.
    """
    import pydicom

    if not is_dicom(existing_file(path)):
        raise UserError(f"{path}, byte {MARK_AT}: no DICM mark, so it is not DICOM; move it out of the folder.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(path, stop_before_pixels=not with_pixels)
            return dataset
    except Exception as error:  # a damaged header makes pydicom, struct and zlib raise anything
        raise UserError(f"{path}: cut or damaged DICOM; copy or export it again.") from error


def has(path: Path, dataset: "Dataset", field: str) -> bool:
    """Whether a field is there with a value.

    Raises:
        UserError: if the value cannot be understood.
    """
    return _value(path, dataset, field) not in (None, "")


def text_of(path: Path, dataset: "Dataset", field: str) -> str:
    """A field as text.

    Raises:
        UserError: if it is missing.
    """
    value = _value(path, dataset, field)
    if value in (None, ""):
        raise UserError(f"{path}, field {field}: missing; the file is cut or not an image, export it again.")
    return str(value)


def numbers_of(path: Path, dataset: "Dataset", field: str, count: int) -> tuple[float, ...]:
    """A field as that many finite numbers.

    Raises:
        UserError: if it is missing, of another length, or not finite numbers.
    """
    text_of(path, dataset, field)
    value: Any = _value(path, dataset, field)
    try:
        numbers = tuple(float(item) for item in ([value] if count == 1 else list(value)))
    except (TypeError, ValueError, OverflowError) as error:
        raise UserError(f"{path}, field {field}: not {count} numbers; export the file again.") from error
    if len(numbers) != count or not all(abs(number) < 1e9 for number in numbers):
        raise UserError(f"{path}, field {field}: not {count} finite numbers; export the file again.")
    return numbers


def items_of(path: Path, dataset: "Dataset", field: str) -> "list[Dataset]":
    """The items of a sequence; none where it is absent.

    Raises:
        UserError: if the field is not a sequence.
    """
    value = _value(path, dataset, field)
    if value in (None, ""):
        return []
    if not hasattr(value, "__iter__") or isinstance(value, str | bytes):
        raise UserError(f"{path}, field {field}: not a sequence; export the file again.")
    items = list(value)
    if not all(hasattr(item, "file_meta") or hasattr(item, "walk") for item in items):
        raise UserError(f"{path}, field {field}: not a sequence; export the file again.")
    return items


def _value(path: Path, dataset: "Dataset", field: str) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value: object = dataset.get(field)
            return value
    except Exception as error:  # pydicom decodes a value when it is asked for, and a damaged one makes it raise anything
        raise UserError(f"{path}, field {field}: damaged; copy or export the file again.") from error
