import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.records.files import made
from vesalius.errors import UserError
from vesalius.records import Mask
from vesalius.records.files import find_series, read_image, read_series, read_volume, write_mask


def test_slices_are_sorted_by_place_rescaled_and_turned_into_ras(tmp_path):
    volume = read_volume(made.write_series(tmp_path / "ct"))
    np.testing.assert_array_equal(volume.voxels, made.pixels_SRC().transpose(2, 1, 0).astype(int) - 1024)
    expected = [[-0.75, 0, 0, 10], [0, -0.5, 0, 20], [0, 0, 2, 30], [0, 0, 0, 1]]
    np.testing.assert_array_equal(volume.geometry.affine, expected)


def test_a_sagittal_series_has_every_voxel_where_the_standard_puts_it(tmp_path):
    turned = {
        number: {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1], "ImagePositionPatient": [5.0 - 3 * number, 1, 2]}
        for number in range(5)
    }
    volume = read_volume(made.write_series(tmp_path / "mr", turned))
    for number in range(5):  # equation C.7.6.2.1-1: column index 3, row index 5
        lps = np.array([5.0 - 3 * number, 1, 2]) + 3 * 0.75 * np.array([0, 1, 0]) + 5 * 0.5 * np.array([0, 0, -1])
        place = np.linalg.solve(volume.geometry.affine, [*(lps * [-1, -1, 1]), 1])[:3].round(9).astype(int)
        assert volume.voxels[tuple(place)] == int(made.pixels_SRC()[number, 5, 3]) - 1024


BROKEN = {
    "gap": ({2: {"ImagePositionPatient": [-10, -20, 35]}}, "apart among"),
    "missing slices": ({n: {"ImagePositionPatient": [-10, -20, 30 + 2 * n + 4 * (n > 3)]} for n in range(5)}, "2 slices missing"),
    "duplicate": ({2: {"ImagePositionPatient": [-10, -20, 32]}}, "the same place as"),
    "orientation": ({2: {"ImageOrientationPatient": [0, 1, 0, 0, 0, 1]}}, "3.dcm, field ImageOrientationPatient: differs"),
    "skewed axes": ({2: {"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}}, "not two orthogonal"),
    "spacing": ({0: {"PixelSpacing": [0.6, 0.75]}}, "5.dcm, field PixelSpacing: 0.6 x 0.75 mm among 0.5 x 0.75"),
    "size": ({2: {"Rows": 5}}, "3.dcm, fields Rows and Columns: 5x4 among 6x4"),
    "aside": ({2: {"ImagePositionPatient": [-11, -20, 34]}}, "off the line of the others"),
    "two series": ({2: {"SeriesInstanceUID": made.SERIES + ".9"}}, "2 series mixed"),
    "no place": ({2: {"ImagePositionPatient": None}}, "field ImagePositionPatient: missing"),
    "no spacing": ({2: {"PixelSpacing": None}}, "field PixelSpacing: missing"),
    "no uid": ({2: {"SeriesInstanceUID": None}}, "3.dcm, field SeriesInstanceUID: missing"),
    "colour": ({2: {"SamplesPerPixel": 3}}, "field SamplesPerPixel: colour"),
    "no slope": ({2: {"RescaleSlope": 0}}, "field RescaleSlope"),
    "a segmentation": ({n: {"Modality": "SEG"} for n in range(5)}, "field Modality: SEG"),
    "nan place": ({2: {"ImagePositionPatient": ["nan", 0, 0]}}, "field ImagePositionPatient"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_series_is_refused_in_one_sentence_that_names_it(tmp_path, fault):
    changes, said = BROKEN[fault]
    with pytest.raises(UserError, match=said) as error:
        read_volume(made.write_series(tmp_path / "ct", changes))
    assert "\n" not in str(error.value)
    assert str(tmp_path) in str(error.value)


def test_another_modality_than_needed_is_refused(tmp_path):
    with pytest.raises(UserError, match="field Modality: CT where MR is needed"):
        read_series(made.write_series(tmp_path / "ct"), modality="MR")


def test_one_of_two_series_can_be_chosen(tmp_path):
    made.write_series(tmp_path / "a")
    made.write_series(tmp_path / "b", {n: {"SeriesInstanceUID": made.SERIES + ".9"} for n in range(3)}, slices=3)
    assert read_series(tmp_path, series=made.SERIES + ".9").volume.voxels.shape == (4, 6, 3)


def test_a_bad_file_among_good_ones_is_named_and_the_good_ones_are_found(tmp_path):
    folder = made.write_series(tmp_path / "ct")
    (folder / "bad.dcm").write_bytes(b"")
    with pytest.raises(UserError, match=r"bad\.dcm: empty"):
        read_volume(folder)
    found = find_series(folder)
    assert [len(series.files) for series in found.series] == [5]
    assert "bad.dcm" in str(found.refused[0])
    assert read_volume(found.series[0].files).voxels.shape == (4, 6, 5)


def test_a_missing_file_leaves_a_gap_that_is_said(tmp_path):
    folder = made.write_series(tmp_path / "ct")
    (folder / "3.dcm").unlink()
    with pytest.raises(UserError, match="1 slices missing"):
        read_volume(folder)


def test_a_tilted_gantry_is_noted_and_its_affine_is_sheared(tmp_path):
    tilted = {n: {"ImagePositionPatient": [-10, -20 + 0.5 * n, 30 + 2 * n]} for n in range(5)}
    series = read_series(made.write_series(tmp_path / "ct", tilted))
    np.testing.assert_allclose(series.volume.geometry.affine[:3, 2], [0, -0.5, 2])
    assert "gantry tilt of 14.0 degrees" in series.notes[0]


def test_a_blank_series_uid_is_noted(tmp_path):
    series = read_series(made.write_series(tmp_path / "ct", {n: {"SeriesInstanceUID": ""} for n in range(5)}))
    assert "blank" in series.notes[0]


def test_every_slice_has_its_own_slope(tmp_path):
    volume = read_volume(made.write_series(tmp_path / "pt", {1: {"RescaleSlope": 0.5, "RescaleIntercept": 0}}))
    np.testing.assert_array_equal(volume.voxels[:, :, 1], made.pixels_SRC()[1].T * np.float32(0.5))
    np.testing.assert_array_equal(volume.voxels[:, :, 2], made.pixels_SRC()[2].T.astype(np.float32) - 1024)


def test_monochrome1_is_noted_in_a_series_and_inverted_in_an_image(tmp_path):
    inverted = {n: {"PhotometricInterpretation": "MONOCHROME1", "BitsStored": 12, "HighBit": 11} for n in range(5)}
    folder = made.write_series(tmp_path / "ct", inverted)
    series = read_series(folder)
    assert "MONOCHROME1" in series.notes[0]
    np.testing.assert_array_equal(series.volume.voxels[:, :, 0], made.pixels_SRC()[0].T.astype(int) - 1024)
    np.testing.assert_array_equal(read_image(folder / "5.dcm").pixels, 4095 - made.pixels_SRC()[0].astype(int) - 1024)


def test_the_spacing_of_the_detector_is_not_taken_for_that_of_the_patient(tmp_path):
    folder = made.write_series(tmp_path / "dx", {0: {"ImagerPixelSpacing": [0.5, 0.75]}})
    assert read_image(folder / "5.dcm").spacing is None
    assert read_image(folder / "4.dcm").spacing == (0.5, 0.75)


def enhanced(pixels_SRC):
    dataset = made.slice_of(0, pixels_SRC[0], ImagePositionPatient=None, ImageOrientationPatient=None, PixelSpacing=None)
    dataset.NumberOfFrames = len(pixels_SRC)
    dataset.PixelData = pixels_SRC.tobytes()
    measures, orientation, shared = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.5, 0.75], 2
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = Sequence([measures]), Sequence([orientation])
    groups = []
    for number in range(len(pixels_SRC)):
        place, transform, group = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient = [-10, -20, 30 - 2 * number]
        transform.RescaleSlope, transform.RescaleIntercept = 1, -number
        group.PlanePositionSequence, group.PixelValueTransformationSequence = Sequence([place]), Sequence([transform])
        groups.append(group)
    dataset.SharedFunctionalGroupsSequence, dataset.PerFrameFunctionalGroupsSequence = Sequence([shared]), Sequence(groups)
    return dataset


def test_an_enhanced_file_is_read_by_its_functional_groups(tmp_path):
    pixels = made.pixels_SRC(3)
    pydicom.dcmwrite(tmp_path / "e.dcm", enhanced(pixels), enforce_file_format=True)
    volume = read_volume(tmp_path / "e.dcm")
    np.testing.assert_array_equal(volume.geometry.affine[:3, 3], [10, 20, 26])
    for number in range(3):
        np.testing.assert_array_equal(volume.voxels[:, :, 2 - number], pixels[number].T.astype(int) - number)


def test_an_enhanced_file_without_a_place_is_refused(tmp_path):
    dataset = enhanced(made.pixels_SRC(3))
    del dataset.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence
    pydicom.dcmwrite(tmp_path / "e.dcm", dataset, enforce_file_format=True)
    with pytest.raises(UserError, match="frame 2, field PlanePositionSequence: missing"):
        read_volume(tmp_path / "e.dcm")


def test_a_classic_multiframe_file_without_distances_is_refused(tmp_path):
    pixels = made.pixels_SRC(3)
    dataset = made.slice_of(0, pixels[0], NumberOfFrames=3)
    dataset.PixelData = pixels.tobytes()
    pydicom.dcmwrite(tmp_path / "m.dcm", dataset, enforce_file_format=True)
    with pytest.raises(UserError, match="field SpacingBetweenSlices: missing"):
        read_volume(tmp_path / "m.dcm")
    dataset.SpacingBetweenSlices = 4
    pydicom.dcmwrite(tmp_path / "m.dcm", dataset, enforce_file_format=True)
    np.testing.assert_array_equal(read_volume(tmp_path / "m.dcm").geometry.affine[:3, 2], [0, 0, 4])


def packaged(name):
    from pathlib import Path

    return Path(pydicom.__file__).parent / "data" / "test_files" / name


@pytest.mark.parametrize("name", ["MR_small_RLE", "MR_small_jp2klossless", "MR_small_jpeg_ls_lossless", "MR_small_bigendian"])
def test_packed_pixels_equal_the_plain_ones(name):
    np.testing.assert_array_equal(read_volume(packaged(f"{name}.dcm")).voxels, read_volume(packaged("MR_small.dcm")).voxels)


def test_a_dose_grid_is_scaled_and_placed():
    volume = read_volume(packaged("rtdose.dcm"))
    source = pydicom.dcmread(packaged("rtdose.dcm"))
    np.testing.assert_allclose(volume.voxels, source.pixel_array.T * float(source.DoseGridScaling), rtol=1e-6)
    assert volume.geometry.spacing[2] == source.GridFrameOffsetVector[1] - source.GridFrameOffsetVector[0]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("MR_truncated.dcm", "field PixelData: cut"),
        ("rtplan.dcm", "no such series of images"),
        ("test-SR.dcm", "no such series of images"),
        ("liver_1frame.dcm", "field Modality: SEG"),
        ("examples_rgb_color.dcm", "colour"),
        ("no_meta.dcm", "no DICM mark"),
    ],
)
def test_packaged_files_that_are_no_scan_are_refused(name, said):
    with pytest.raises(UserError, match=said):
        read_volume(packaged(name))


def test_a_missing_decoder_is_one_sentence(tmp_path, monkeypatch):
    from pydicom.pixels.decoders.base import Decoder

    monkeypatch.setattr(Decoder, "is_available", False)
    with pytest.raises(UserError, match=r"field TransferSyntaxUID: no decoder for JPEG 2000"):
        read_volume(packaged("MR_small_jp2klossless.dcm"))


def test_a_mask_comes_back_from_dicom_seg_frame_by_frame(tmp_path):
    folder = made.write_series(tmp_path / "ct")
    labels = np.random.default_rng(1).integers(0, 3, (4, 6, 5))
    write_mask(tmp_path / "seg.dcm", Mask(labels, ("liver", "spleen")), like=folder)
    seg = pydicom.dcmread(tmp_path / "seg.dcm")
    assert [str(segment.SegmentLabel) for segment in seg.SegmentSequence] == ["liver", "spleen"]
    again = np.zeros_like(labels)
    for frame, group in zip(seg.pixel_array, seg.PerFrameFunctionalGroupsSequence):
        place = group.PlanePositionSequence[0].ImagePositionPatient
        number = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        again[:, :, round((float(place[2]) - 30) / 2)] += frame.T * number
    np.testing.assert_array_equal(again, labels)


def test_the_dicom_ct_of_a_release_lies_where_its_headers_say(public_data):
    folder = public_data("totalsegmentator") / "example_ct_dicom"
    series = read_series(folder)
    for path in list(folder.iterdir())[:4]:
        source = pydicom.dcmread(path)
        lps = np.array([float(number) for number in source.ImagePositionPatient])
        place = np.linalg.solve(series.volume.geometry.affine, [*(lps * [-1, -1, 1]), 1])[:3]
        number = round(place[2])
        np.testing.assert_allclose(place, [0, 0, number], atol=1e-6)
        np.testing.assert_array_equal(series.volume.voxels[:, :, number], source.pixel_array.T.astype(int) - 1024)


def test_a_series_with_blank_identities_has_no_dicom_seg(tmp_path):
    folder = made.write_series(tmp_path / "ct", {number: {"StudyInstanceUID": ""} for number in range(5)})
    with pytest.raises(UserError, match=r"field StudyInstanceUID: blank, and a DICOM SEG refers to its images by it"):
        write_mask(tmp_path / "seg.dcm", Mask(np.ones((4, 6, 5), np.int64), ("liver",)), like=folder)
