"""Medical image files: NIfTI, NRRD, DICOM and pictures, read with their verified geometry and written again."""

from vesalius.records.files.dicom import DicomSeries, read_series
from vesalius.records.files.dicom_files import SeriesFiles, SeriesFound, find_series
from vesalius.records.files.dicom_seg_read import DicomSegmentation, read_segmentation
from vesalius.records.files.read import read_image, read_scan, read_volume
from vesalius.records.files.write import write_mask, write_volume

__all__ = [
    "DicomSegmentation",
    "DicomSeries",
    "SeriesFiles",
    "SeriesFound",
    "find_series",
    "read_image",
    "read_scan",
    "read_segmentation",
    "read_series",
    "read_volume",
    "write_mask",
    "write_volume",
]
