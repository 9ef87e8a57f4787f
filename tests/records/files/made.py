"""Small valid files that the tests break."""

from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

SERIES = "1.2.826.0.1.3680043.8.498.1"


def slice_of(number: int, pixels_RC: np.ndarray, **fields) -> Dataset:
    """An axial CT slice, 2 mm after the one before; fields override, None removes."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[str(number)])
    dataset = Dataset()
    dataset.file_meta = meta
    values = {
        "SOPClassUID": meta.MediaStorageSOPClassUID,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "Modality": "CT",
        "PatientID": "p1",
        "PatientName": "Nobody",
        "PatientBirthDate": "",
        "PatientSex": "",
        "StudyDate": "",
        "StudyTime": "",
        "StudyID": "1",
        "AccessionNumber": "",
        "ReferringPhysicianName": "",
        "Manufacturer": "",
        "StudyInstanceUID": SERIES + ".2",
        "SeriesInstanceUID": SERIES,
        "FrameOfReferenceUID": SERIES + ".3",
        "InstanceNumber": number + 1,
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "ImagePositionPatient": [-10, -20, 30 + 2 * number],
        "PixelSpacing": [0.5, 0.75],
        "SliceThickness": 2,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": pixels_RC.shape[0],
        "Columns": pixels_RC.shape[1],
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 1 if pixels_RC.dtype.kind == "i" else 0,
        "RescaleSlope": 1,
        "RescaleIntercept": -1024,
    }
    for field, value in (values | fields).items():
        if value is not None:
            setattr(dataset, field, value)
    dataset.PixelData = pixels_RC.astype("<u2" if pixels_RC.dtype.kind == "u" else "<i2").tobytes()
    return dataset


def pixels_SRC(slices: int = 5) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 3000, (slices, 6, 4)).astype(np.uint16)


def write_series(folder: Path, changes: dict[int, dict] | None = None, slices: int = 5) -> Path:
    """A folder of slices, named against their order; changes override fields of single slices."""
    folder.mkdir(exist_ok=True, parents=True)
    for number, pixels in enumerate(pixels_SRC(slices)):
        changed = (changes or {}).get(number, {})
        if "Rows" in changed:
            pixels = pixels[: changed["Rows"]]
        dataset = slice_of(number, pixels, **changed)
        pydicom.dcmwrite(folder / f"{slices - number}.dcm", dataset, enforce_file_format=True)
    return folder
