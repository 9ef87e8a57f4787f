"""Masks as DICOM segmentation objects."""

import warnings
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from vesalius.errors import UserError
from vesalius.records.fields import Mask
from vesalius.records.files.dicom import read_series
from vesalius.records.files.dicom_files import has, read_header

SCHEME = "99VESALIUS"
"""A private coding scheme (DICOM PS3.16, chapter 8): the names of a mask belong to no terminology."""


def write_segmentation(path: Path, mask: Mask, like: Path | Sequence[Path]) -> None:
    """Write a binary DICOM SEG, one segment a name, that refers to the images of a series.

    Segments carry the names of the mask as labels and as codes of a private scheme; no anatomy is guessed from them.

    Args:
        path: ends in .dcm.
        mask: columns × rows × slices, as `read_series` gives the volume.
        like: the folder or files of the series.

    Raises:
        UserError: if the series is bad, the mask is of another size or empty, or the series lacks what the SEG must repeat.
    """
    source = read_series(like)
    if mask.labels.shape != source.volume.voxels.shape:
        raise UserError(f"{path}: a mask of {mask.labels.shape} for a series of {source.volume.voxels.shape}; resample it first.")
    if not mask.labels.any():
        raise UserError(f"{path}: an empty mask has no segment for DICOM SEG; write .nii.gz instead.")
    _require_identities(source.files[0])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _save(path, mask, source.files)
    except OSError as error:
        raise UserError(f"{path}: cannot be written; name a folder that exists and is writable.") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{source.files[0]}: lacks what a DICOM SEG repeats of its series; write .nii.gz instead.") from error


def _require_identities(file: Path) -> None:
    header = read_header(file)
    for field in ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID"):
        if not has(file, header, field):
            raise UserError(f"{file}, field {field}: blank, and a DICOM SEG refers to its images by it; write .nii.gz instead.")


def _save(path: Path, mask: Mask, files: Sequence[Path]) -> None:
    import highdicom
    from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentationTypeValues, SegmentDescription
    from highdicom.sr import CodedConcept
    from pydicom.uid import ExplicitVRLittleEndian

    software = version("vesalius")
    algorithm = highdicom.AlgorithmIdentificationSequence(
        name="Vesalius", family=CodedConcept("123109", "DCM", "Artificial Intelligence"), version=software
    )
    segments = [
        SegmentDescription(
            segment_number=number,
            segment_label=name[:64],
            segmented_property_category=CodedConcept("LABEL", SCHEME, "Label of a mask"),
            segmented_property_type=CodedConcept(f"LABEL{number}", SCHEME, name[:64]),
            algorithm_type=SegmentAlgorithmTypeValues.AUTOMATIC,
            algorithm_identification=algorithm,
        )
        for number, name in enumerate(mask.names, start=1)
    ]
    segmentation = Segmentation(
        source_images=[read_header(file) for file in files],
        pixel_array=np.ascontiguousarray(mask.labels.transpose(2, 1, 0)).astype(np.uint16 if len(segments) > 255 else np.uint8),
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=segments,
        series_instance_uid=highdicom.UID(),
        series_number=1,
        sop_instance_uid=highdicom.UID(),
        instance_number=1,
        manufacturer="Vesalius",
        manufacturer_model_name="Vesalius",
        software_versions=software,
        device_serial_number="1",
        transfer_syntax_uid=ExplicitVRLittleEndian,
    )
    segmentation.save_as(path)
