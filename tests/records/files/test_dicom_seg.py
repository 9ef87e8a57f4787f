import highdicom
import numpy as np
import pydicom
import pytest
from highdicom.seg import Segmentation, SegmentDescription
from highdicom.sr import CodedConcept
from pydicom.sequence import Sequence

from tests.records.files import made
from vesalius.errors import UserError
from vesalius.records import Mask
from vesalius.records.files import read_segmentation, read_series, write_mask

NAMES = ("liver", "tumour", "spleen")


@pytest.fixture
def ct(tmp_path):
    return made.write_series(tmp_path / "ct")


def labels_of(*values, seed=0):
    """Columns × rows × slices; the first slice and the last are empty."""
    labels = np.random.default_rng(seed).choice(np.array([0, *values], np.uint8), (4, 6, 5))
    labels[..., [0, -1]] = 0
    return labels


def written(folder, mask_or_labels, names=NAMES):
    path = folder.parent / "seg.dcm"
    write_mask(path, Mask(mask_or_labels, names), like=folder)
    return path


def changed(path, change):
    dataset = pydicom.dcmread(path)
    change(dataset)
    dataset.save_as(path)
    return path


def made_elsewhere(folder, kind, pixels, names=NAMES, **options):
    """A segmentation object by highdicom, as others write it."""
    describe = [
        SegmentDescription(number, name, CodedConcept("1", "99X", "a"), CodedConcept("2", "99X", "b"), "MANUAL")
        for number, name in enumerate(names, start=1)
    ]
    images = [pydicom.dcmread(path) for path in read_series(folder).files]
    common = {"manufacturer": "x", "manufacturer_model_name": "x", "software_versions": "1", "device_serial_number": "1"}
    uids = {"series_instance_uid": highdicom.UID(), "sop_instance_uid": highdicom.UID(), "series_number": 1, "instance_number": 1}
    found = Segmentation(images, pixels, kind, describe, **uids, **common, **options)
    path = folder.parent / f"{kind}.dcm"
    found.save_as(path)
    return path


def test_what_is_written_is_read_again(ct):
    labels = labels_of(1, 2, 3)
    found = read_segmentation(written(ct, labels), ct)
    np.testing.assert_array_equal(found.mask.labels, labels)
    assert (found.mask.names, found.notes) == (NAMES, ())
    np.testing.assert_array_equal(found.geometry.affine, read_series(ct).volume.geometry.affine)


def test_empty_frames_are_left_out_and_read_as_empty(ct):
    path = written(ct, labels_of(2))
    assert pydicom.dcmread(path).NumberOfFrames == 3
    assert not read_segmentation(path, ct).mask.labels[..., [0, -1]].any()


def test_frames_in_another_order_lie_where_they_say(ct):
    labels = labels_of(1, 2)
    path = written(ct, labels)

    def shuffle(dataset):
        order = np.random.default_rng(1).permutation(dataset.NumberOfFrames)
        frames, groups = dataset.pixel_array[order], dataset.PerFrameFunctionalGroupsSequence
        dataset.PerFrameFunctionalGroupsSequence = Sequence([groups[place] for place in order])
        dataset.PixelData = pydicom.pixels.pack_bits(frames)

    np.testing.assert_array_equal(read_segmentation(changed(path, shuffle), ct).mask.labels, labels)


def test_a_label_map_is_read(ct):
    labels = labels_of(1, 2, 3)
    path = made_elsewhere(ct, "LABELMAP", labels.transpose(2, 1, 0))
    found = read_segmentation(path, ct)
    np.testing.assert_array_equal(found.mask.labels, labels)
    assert found.mask.names == NAMES


def test_fractions_are_cut_at_half_and_that_is_noted(ct):
    fractions = np.zeros((5, 6, 4, 1))
    fractions[2, 3, :, 0] = 0.0, 0.4, 0.5, 1.0
    path = made_elsewhere(ct, "FRACTIONAL", fractions, ("liver",), max_fractional_value=200)
    found = read_segmentation(path, ct)
    assert found.mask.labels[:, 3, 2].tolist() == [0, 0, 1, 1] and found.mask.labels.sum() == 2
    assert "cut at half" in found.notes[0]


def test_overlapping_segments_are_named(ct):
    both = np.zeros((5, 6, 4, 2), np.uint8)
    both[2, 3, 1:3, 0] = both[2, 3, 2:4, 1] = 1
    path = made_elsewhere(ct, "BINARY", both, ("liver", "tumour"))
    with pytest.raises(UserError, match=r"BINARY.dcm: segments liver and tumour overlap in slice 3"):
        read_segmentation(path, ct)


def test_segments_of_one_label_are_one_label(ct):
    both = np.zeros((5, 6, 4, 2), np.uint8)
    both[2, 3, 1:3, 0] = both[2, 3, 2:4, 1] = 1
    found = read_segmentation(made_elsewhere(ct, "BINARY", both, ("lesion", "lesion")), ct)
    assert found.mask.names == ("lesion",) and found.mask.labels.sum() == 3


def moved_to(value):
    def change(dataset):
        group = dataset.PerFrameFunctionalGroupsSequence[0]
        group.PlanePositionSequence[0].ImagePositionPatient = value

    return change


def coarser(dataset):
    dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing = [1, 1]


def turned(dataset):
    dataset.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0].ImageOrientationPatient = [-1, 0, 0, 0, 1, 0]


def of_another_series(dataset):
    dataset.ReferencedSeriesSequence[0].SeriesInstanceUID = "1.2.3"


def twice(dataset):
    groups = dataset.PerFrameFunctionalGroupsSequence
    groups[1].PlanePositionSequence = groups[0].PlanePositionSequence


def nameless(dataset):
    del dataset.SegmentSequence[0].SegmentLabel


BROKEN = {
    "another frame of reference": (lambda one: setattr(one, "FrameOfReferenceUID", "1.2.3"), "field FrameOfReferenceUID: 1.2.3"),
    "another series": (of_another_series, "field ReferencedSeriesSequence: refers to series 1.2.3"),
    "another spacing": (coarser, "field PixelSpacing: 1 x 1 mm where the series has 0.5 x 0.75"),
    "another orientation": (turned, "field ImageOrientationPatient: turned another way"),
    "another place": (moved_to([-10, -20, 31]), "frame 1, field ImagePositionPatient: at another place, up to 1 mm"),
    "two frames of a segment at one place": (twice, "two frames of segment liver in slice"),
    "a segment without a label": (nameless, "field SegmentLabel: missing"),
    "no segments": (lambda one: setattr(one, "SegmentSequence", Sequence()), "field SegmentSequence: no segments"),
    "another kind": (lambda one: setattr(one, "SegmentationType", "ODD"), "field SegmentationType: ODD"),
    "another class": (lambda one: setattr(one, "SOPClassUID", "1.2.840.10008.5.1.4.1.1.2"), "field SOPClassUID: not a DICOM seg"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_bad_segmentation_is_one_sentence(ct, case):
    change, told = BROKEN[case]
    with pytest.raises(UserError, match=f"seg.dcm.*{told}") as error:
        read_segmentation(changed(written(ct, labels_of(1)), change), ct)
    assert "\n" not in str(error.value)


def test_fields_blanked_by_anonymisation_are_borne_out_by_the_grid(ct):
    def blank(dataset):
        dataset.FrameOfReferenceUID = ""
        del dataset.ReferencedSeriesSequence

    labels = labels_of(1)
    np.testing.assert_array_equal(read_segmentation(changed(written(ct, labels), blank), ct).mask.labels, labels)


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.8, 0.95, 0.999])
def test_a_cut_file_is_named(ct, share):
    path = written(ct, labels_of(1, 2, 3))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(UserError, match=r"seg\.dcm"):
        read_segmentation(path, ct)


def test_a_scan_of_another_size_is_named(ct, tmp_path):
    path = written(ct, labels_of(1))
    smaller = made.write_series(tmp_path / "smaller", {n: {"Rows": 5} for n in range(5)})
    with pytest.raises(UserError, match="fields Rows and Columns: 6x4 where the series has 5x4"):
        read_segmentation(path, smaller)


def test_a_segmentation_beside_its_series_does_not_hinder_reading_the_series(ct):
    expected = read_series(ct).volume.voxels
    written(ct, labels_of(1)).rename(ct / "seg.dcm")
    np.testing.assert_array_equal(read_series(ct).volume.voxels, expected)


def test_whatever_bytes_are_changed_only_one_sentence_comes_out(ct):
    path, random = written(ct, labels_of(1, 2)), np.random.default_rng(0)
    whole, refused = path.read_bytes(), 0
    for _ in range(60):
        changed_bytes = bytearray(whole)
        for place in random.integers(132, len(whole), 4):
            changed_bytes[place] = random.integers(256)
        path.write_bytes(bytes(changed_bytes))
        try:
            read_segmentation(path, ct)
        except UserError as error:
            refused += 1
            assert "\n" not in str(error)
    assert 0 < refused < 60
