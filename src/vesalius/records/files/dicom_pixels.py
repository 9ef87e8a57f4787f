"""The pixels of a DICOM file."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records.files.dicom_files import numbers_of, read_header

if TYPE_CHECKING:
    from pydicom import Dataset


def read_pixels(path: Path) -> tuple["Dataset", NDArray[np.generic]]:
    """The data set and its stored values: rows × columns, with frames before and samples behind where there are several.

    Colour is RGB. Grey is neither rescaled nor inverted.

    Raises:
        UserError: if pixels are absent, cut, damaged, or packed in a way for which no decoder is installed.
    """
    from pydicom.pixels.utils import pixel_array

    dataset = read_header(path, with_pixels=True)
    if not any(field in dataset for field in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise UserError(f"{path}, field PixelData: missing; the file is cut or not an image, copy or export it again.")
    syntax = _decodable(path, dataset)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values: NDArray[np.generic] = pixel_array(dataset)
    except Exception as error:  # cut or damaged pixels make pydicom and the decoders behind it raise anything
        raise UserError(f"{path}, field PixelData: cut, damaged or not decodable ({syntax}); copy or export it again.") from error
    if values.size == 0:
        raise UserError(f"{path}, fields Rows and Columns: no pixels; export it again.")
    return dataset, values


def stored_range(path: Path, dataset: "Dataset") -> tuple[int, int]:
    """The least and greatest value that the stored bits can hold.

    Raises:
        UserError: if the fields that say so are missing or impossible.
    """
    bits = int(numbers_of(path, dataset, "BitsStored", 1)[0])
    if not 1 <= bits <= 32:
        raise UserError(f"{path}, field BitsStored: {bits} bits; export it again.")
    signed = int(numbers_of(path, dataset, "PixelRepresentation", 1)[0]) == 1
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)


def rescaled(values: NDArray[np.generic], slope: float, intercept: float) -> NDArray[np.generic]:
    """Values times slope plus intercept: int32 where both are whole, else float32; untouched where they are 1 and 0.

    >>> rescaled(np.array([0, 24], np.uint16), 1.0, -1024.0)
    array([-1024, -1000], dtype=int32)
    """
    if (slope, intercept) == (1.0, 0.0):
        return values
    if keeps_whole(values.dtype, slope, intercept):
        return values.astype(np.int32) * np.int32(slope) + np.int32(intercept)
    return (values.astype(np.float64) * slope + intercept).astype(np.float32)


def keeps_whole(dtype: np.dtype[np.generic], slope: float, intercept: float) -> bool:
    """Whether rescaled values of that type are whole numbers within 32 bits.

    >>> keeps_whole(np.dtype(np.uint16), 0.5, 0.0)
    False
    """
    small = dtype.kind in "iu" and dtype.itemsize <= 2 and abs(slope) < 1 << 14 and abs(intercept) < 1 << 29
    return small and slope.is_integer() and intercept.is_integer()


def _decodable(path: Path, dataset: "Dataset") -> str:
    """The name of the transfer syntax, if its pixels can be decoded here."""
    from pydicom.pixels.decoders.base import get_decoder

    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if syntax is None:
        raise UserError(f"{path}, field TransferSyntaxUID: missing; export it again.")
    try:
        name, packed = str(syntax.name), bool(syntax.is_encapsulated)
    except ValueError as error:
        raise UserError(f"{path}, field TransferSyntaxUID: not a transfer syntax; export it again.") from error
    if not packed:
        return name
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError as error:
        raise UserError(f"{path}, field TransferSyntaxUID: {name} is not read; export it uncompressed.") from error
    if not decoder.is_available:
        raise UserError(f"{path}, field TransferSyntaxUID: no decoder for {name}; pip install python-gdcm or unpack it.")
    return name
