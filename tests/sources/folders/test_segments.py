import json

import numpy as np
import pydicom
import pytest

import vesalius.sources.folders.source as source
from tests.records.files.made import SERIES, write_series
from tests.sources.folders import made
from vesalius.errors import UserError
from vesalius.records import Mask, Volume
from vesalius.records.files import read_volume, write_mask
from vesalius.sources.folders import open_folder

NAMES = ("liver", "tumour")


def labels_of(number, *values):
    labels = np.zeros((4, 6, 5), np.uint8)
    for value in values:
        labels[1:3, value, 1 + number % 3] = value
    return labels


def series_of(folder, number):
    """A series with identifiers of its own."""
    uids = {"SeriesInstanceUID": f"{SERIES}.{number}", "FrameOfReferenceUID": f"{SERIES}.3.{number}"}
    return write_series(folder, dict.fromkeys(range(5), uids))


def cases(folder, count=3, names=NAMES):
    """One folder a case, its SEG beside a folder of the series, or among its files."""
    for number in range(count):
        place = folder / f"case{number}"
        series = series_of(place / "ct" if number else place, number)
        write_mask(folder / "seg.dcm", Mask(labels_of(number, 1, 2), names), like=series)
        (folder / "seg.dcm").rename(place / "seg.dcm")
    return folder


def in_ras(labels):
    """Columns and rows of the made series run to the left and to the back."""
    return labels[::-1, ::-1]


def test_a_folder_a_case_with_a_series_and_its_segmentation(tmp_path):
    records = open_folder(cases(tmp_path)).records()
    assert [record.id for record in records] == ["case0", "case1", "case2"]
    for number, record in enumerate(records):
        mask = record.get("mask", Mask)
        assert mask.names == NAMES
        np.testing.assert_array_equal(mask.labels, in_ras(labels_of(number, 1, 2)))
        assert record.get("image", Volume).voxels.shape == (4, 6, 5)


@pytest.mark.parametrize("column", ["mask", "label"])
def test_a_table_may_name_a_series_and_its_segmentation(tmp_path, column):
    cases(tmp_path)
    lines = [f"case{number}{'/ct' if number else ''},case{number}/seg.dcm" for number in range(3)]
    (tmp_path / "table.csv").write_text(f"image,{column}\n" + "\n".join(lines))
    records = open_folder(tmp_path).records()
    assert len(records) == 3
    np.testing.assert_array_equal(records[1].get("mask", Mask).labels, in_ras(labels_of(1, 1, 2)))


def test_segmentations_lie_beside_folders_of_series_in_images_and_masks(tmp_path):
    (tmp_path / "masks").mkdir()
    for number in range(2):
        series = series_of(tmp_path / "images" / f"case{number}", number)
        write_mask(tmp_path / "masks" / f"case{number}_seg.dcm", Mask(labels_of(number, 1), ("liver",)), like=series)
    records = open_folder(tmp_path).records()
    np.testing.assert_array_equal(records[1].get("mask", Mask).labels, in_ras(labels_of(1, 1)))


def test_segments_are_known_by_their_labels_not_by_their_numbers(tmp_path):
    cases(tmp_path, count=2)
    last = tmp_path / "case1"
    write_mask(tmp_path / "seg.dcm", Mask(labels_of(1, 1, 2), ("tumour", "liver")), like=last / "ct")
    (tmp_path / "seg.dcm").replace(last / "seg.dcm")
    masks = [record.get("mask", Mask) for record in open_folder(tmp_path).records()]
    assert {mask.names for mask in masks} == {NAMES}
    exchanged = np.array([0, 2, 1])[labels_of(1, 1, 2)]
    np.testing.assert_array_equal(masks[1].labels, in_ras(exchanged))


def test_a_declared_set_of_labels_gives_segments_their_values(tmp_path):
    cases(tmp_path)
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "tumour": 1, "liver": 5}}))
    mask = open_folder(tmp_path).records()[0].get("mask", Mask)
    assert mask.names == ("tumour", "liver")
    np.testing.assert_array_equal(mask.labels, in_ras(np.array([0, 2, 1])[labels_of(0, 1, 2)]))


def test_a_segment_that_is_not_declared_is_named(tmp_path):
    cases(tmp_path)
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "liver": 1}}))
    with pytest.raises(UserError, match=r"seg\.dcm, field SegmentLabel: tumour is not among the labels \(liver\)"):
        _ = open_folder(tmp_path).inspection


def test_binary_makes_one_class_of_all_segments(tmp_path):
    mask = open_folder(cases(tmp_path), binary=True).records()[0].get("mask", Mask)
    assert mask.names == ("foreground",)
    np.testing.assert_array_equal(mask.labels, in_ras(labels_of(0, 1, 2)) > 0)


def test_binary_makes_one_class_of_declared_labels(tmp_path):
    made.nnunet(tmp_path, labels={"background": 0, "tumour": 1, "cyst": 2})
    assert open_folder(tmp_path, binary=True).records()[0].get("mask", Mask).names == ("foreground",)


def without_segmentation(folder):
    (folder / "case1" / "seg.dcm").unlink()
    return r"case1: no DICOM SEG where one is needed"


def without_series(folder):
    for path in (folder / "case1" / "ct").iterdir():
        path.unlink()
    return r"case1/seg\.dcm, field ReferencedSeriesSequence: the series it is of is not in"


def with_the_segmentation_of_another(folder):
    (folder / "case1" / "seg.dcm").write_bytes((folder / "case2" / "seg.dcm").read_bytes())
    return r"case1/seg\.dcm, field ReferencedSeriesSequence: the series it is of is not in"


def cut(folder):
    path = folder / "case1" / "seg.dcm"
    path.write_bytes(path.read_bytes()[:-20])
    return r"case1/seg\.dcm"


@pytest.mark.parametrize("damage", [without_segmentation, without_series, with_the_segmentation_of_another, cut])
def test_a_bad_case_is_named_and_the_others_go_through(tmp_path, damage):
    told = damage(cases(tmp_path))
    with pytest.raises(UserError, match=told):
        open_folder(tmp_path).records()
    assert [record.id for record in open_folder(tmp_path, skip_bad=True).records()] == ["case0", "case2"]


def test_a_segmentation_of_an_image_that_is_no_series_is_named(tmp_path):
    cases(tmp_path, count=2)
    made.nifti(tmp_path / "images" / "case0.nii.gz", read_volume(tmp_path / "case0").voxels)
    (tmp_path / "table.csv").write_text("image,mask\nimages/case0.nii.gz,case0/seg.dcm\n")
    with pytest.raises(UserError, match=r"seg\.dcm: a DICOM SEG, and .*case0\.nii\.gz is no DICOM series"):
        _ = open_folder(tmp_path).inspection


def test_numbers_and_segments_together_need_names(tmp_path):
    cases(tmp_path, count=2)
    made.nifti(tmp_path / "m.nii.gz", labels_of(0, 1))
    (tmp_path / "table.csv").write_text("image,mask\ncase0,case0/seg.dcm\ncase1/ct,m.nii.gz\n")
    with pytest.raises(UserError, match=r"masks are DICOM SEG \(seg\.dcm\) and others \(m\.nii\.gz\); name labels"):
        open_folder(tmp_path)


def test_fractions_are_noted(tmp_path):
    cases(tmp_path)
    path = tmp_path / "case2" / "seg.dcm"
    dataset = pydicom.dcmread(path)
    pixels = dataset.pixel_array
    dataset.SegmentationType, dataset.SegmentationFractionalType = "FRACTIONAL", "PROBABILITY"
    dataset.MaximumFractionalValue, dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 255, 8, 8, 7
    dataset.PixelData = (pixels * np.uint8(130)).tobytes()
    dataset.save_as(path)
    found = open_folder(tmp_path).inspection
    assert any("case2/seg.dcm: fractions are cut at half" in note for note in found.notes)


def test_what_is_read_again_is_the_same(tmp_path, monkeypatch):
    expected = [record.get("mask", Mask).labels for record in open_folder(cases(tmp_path)).records()]
    monkeypatch.setattr(source, "MEMORY_MIB", 0)
    for record, labels in zip(open_folder(tmp_path).records(), expected):
        np.testing.assert_array_equal(record.get("mask", Mask).labels, labels)
