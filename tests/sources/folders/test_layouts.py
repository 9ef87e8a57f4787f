import json

import numpy as np
import pytest

from tests.records.files.made import write_series
from tests.sources.folders import made
from vesalius.errors import UserError
from vesalius.records import Image, Label, Mask, Volume, digest_of
from vesalius.records.files import read_series
from vesalius.sources.folders import open_folder


def test_images_and_masks_with_equal_names(tmp_path):
    records = open_folder(made.pictures(tmp_path)).records()
    assert [record.id for record in records] == [f"case{number}" for number in range(6)]
    mask = records[1].get("mask", Mask)
    assert mask.names == ("foreground",)
    np.testing.assert_array_equal(mask.labels, made.blob(1, (16, 20)))
    np.testing.assert_array_equal(records[1].get("image", Image).pixels, made.image_of(made.blob(1, (16, 20)), 1))


def test_masks_may_be_called_labels_and_have_a_usual_suffix(tmp_path):
    made.pictures(tmp_path, masks="labels")
    (tmp_path / "labels" / "case2.png").rename(tmp_path / "labels" / "case2_mask.png")
    assert len(open_folder(tmp_path).records()) == 6


def test_white_masks_are_label_one(tmp_path):
    record = open_folder(made.pictures(tmp_path, white=255)).records()[0]
    assert np.unique(record.get("mask", Mask).labels).tolist() == [0, 1]


def test_values_of_masks_are_numbered_in_order_and_named_after_themselves(tmp_path):
    made.pictures(tmp_path)
    made.picture(tmp_path / "masks" / "case0.png", made.blob(0, (16, 20)) * np.uint8(7))
    masks = [record.get("mask", Mask) for record in open_folder(tmp_path).records()]
    assert masks[0].names == ("label 1", "label 7")
    assert (masks[0].labels.max(), masks[1].labels.max()) == (2, 1)


def test_names_of_labels_come_from_dataset_json(tmp_path):
    made.pictures(tmp_path)
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "nucleus": 1}}))
    assert open_folder(tmp_path).records()[0].get("mask", Mask).names == ("nucleus",)


def test_instance_maps_are_one_class_if_asked(tmp_path):
    made.pictures(tmp_path)
    for number in range(6):
        objects = np.zeros((16, 20), np.uint16)
        objects.flat[: 30 + number] = np.arange(1, 31 + number)
        made.picture(tmp_path / "masks" / f"case{number}.png", objects)
    with pytest.raises(UserError, match=r"35 values, as instance maps do; give --binary"):
        open_folder(tmp_path).records()
    mask = open_folder(tmp_path, binary=True).records()[0].get("mask", Mask)
    assert mask.names == ("foreground",) and mask.labels.sum() == 30


def test_jpeg_masks_are_thresholded_if_asked(tmp_path):
    made.pictures(tmp_path)
    for number in range(6):
        (tmp_path / "masks" / f"case{number}.png").unlink()
        made.picture(tmp_path / "masks" / f"case{number}.jpg", made.blob(number, (16, 20)) * np.uint8(255))
    with pytest.raises(UserError, match="JPEG does not keep the values of a mask"):
        open_folder(tmp_path).records()
    mask = open_folder(tmp_path, binary=True).records()[3].get("mask", Mask)
    assert (mask.labels != made.blob(3, (16, 20))).sum() < 4


@pytest.mark.parametrize("write", [made.nifti, made.write_nrrd])
def test_volumes_of_either_format(tmp_path, write):
    ending = "nii.gz" if write is made.nifti else "nrrd"
    for number in range(3):
        write(tmp_path / "images" / f"{number}.{ending}", made.noise(number, (8, 9, 10)))
        write(tmp_path / "masks" / f"{number}.{ending}", made.blob(number, (8, 9, 10)))
    record = open_folder(tmp_path).records()[2]
    assert record.get("image", Volume).geometry.spacing == (1.0, 1.0, 2.0)
    np.testing.assert_array_equal(record.get("mask", Mask).labels, made.blob(2, (8, 9, 10)))


def test_dicom_series_are_folders_with_masks_of_their_names(tmp_path):
    for number in range(2):
        (tmp_path / "images").mkdir(exist_ok=True)
        series = write_series(tmp_path / "images" / f"p{number}")
        volume = read_series(series).volume
        made.nifti(tmp_path / "masks" / f"p{number}.nii.gz", made.blob(number, volume.voxels.shape), volume.geometry.affine)
    records = open_folder(tmp_path).records()
    assert [record.id for record in records] == ["p0", "p1"]
    # Stored from left to right and front to back; both are turned alike.
    image, stored = records[0].get("image", Volume), read_series(tmp_path / "images" / "p0").volume
    np.testing.assert_array_equal(image.voxels, stored.voxels[::-1, ::-1])
    np.testing.assert_array_equal(records[0].get("mask", Mask).labels, made.blob(0, stored.voxels.shape)[::-1, ::-1])


def test_volumes_of_mixed_orientations_are_turned_to_one(tmp_path):
    made.volumes(tmp_path)
    voxels, mask = made.image_of(made.blob(1, (8, 9, 10)), 1, np.int16), made.blob(1, (8, 9, 10))
    sagittal = made.AFFINE @ np.array([[0, -1, 0, 7], [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]])
    made.nifti(tmp_path / "images" / "case1.nii.gz", np.flip(voxels, 0).transpose(2, 0, 1), sagittal)
    made.nifti(tmp_path / "masks" / "case1.nii.gz", mask)
    record = open_folder(tmp_path).records()[1]
    np.testing.assert_array_equal(record.get("image", Volume).voxels, voxels)
    np.testing.assert_allclose(record.get("image", Volume).geometry.affine, made.AFFINE)
    np.testing.assert_array_equal(record.get("mask", Mask).labels, mask)


def test_nnunet_channels_become_the_last_axis(tmp_path):
    source = open_folder(made.nnunet(tmp_path))
    record = source.records()[0]
    assert source.layout.channel_names == ("T1", "T2")
    assert record.get("image", Volume).voxels.shape == (8, 9, 10, 2)
    np.testing.assert_array_equal(
        record.get("image", Volume).voxels[..., 1], made.image_of(made.blob(0, (8, 9, 10)), 1, np.int16)
    )
    assert record.get("mask", Mask).names == ("tumour",)


def test_nnunet_regions_name_their_parts(tmp_path):
    labels = {"background": 0, "whole": [1, 2], "core": 2}
    assert open_folder(made.nnunet(tmp_path, labels=labels)).records()[0].get("mask", Mask).names == ("whole", "whole and core")


def test_decathlon_lists_its_cases_and_channels_are_a_fourth_axis(tmp_path):
    source = open_folder(made.decathlon(tmp_path, channels=2))
    (tmp_path / "imagesTr" / "._case_000.nii.gz").write_bytes(b"left by a Mac")
    assert source.layout.name == "Medical Segmentation Decathlon"
    assert source.layout.channel_names == ("MR0", "MR1")
    assert source.records()[0].get("image", Volume).voxels.shape == (8, 9, 10, 2)


def test_a_list_of_nnunet_version_one_is_read_as_nnunet(tmp_path):
    made.nnunet(tmp_path, channels=("CT",))
    content = json.loads((tmp_path / "dataset.json").read_text())
    content["modality"] = content.pop("channel_names")
    content["training"] = [{"image": "./imagesTr/case0.nii.gz", "label": "./labelsTr/case0.nii.gz"}]
    (tmp_path / "dataset.json").write_text(json.dumps(content))
    source = open_folder(tmp_path)
    assert source.layout.name == "nnU-Net raw data" and len(source.records()) == 3


def test_one_folder_a_class(tmp_path):
    records = open_folder(made.classes(tmp_path)).records()
    assert len(records) == 12
    assert records[0].get("label", Label) == Label("ill", ("ill", "well"))
    assert records[0].id == "ill/0"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_has_subjects_parts_and_tags(tmp_path, delimiter):
    made.pictures(tmp_path / "data")
    lines = [["image", "mask", "subject", "split", "site"]]
    lines += [
        [f"data/images/case{n}.png", f"data/masks/case{n}.png", f"p{n // 2}", ("train", "val")[n == 5], "x"] for n in range(6)
    ]
    table = tmp_path / "own.csv"
    table.write_text("\n".join(delimiter.join(line) for line in lines), encoding="utf-8-sig")
    for place in (table, tmp_path):
        source = open_folder(place)
        records = source.records()
        assert [record.subject_id for record in records] == ["p0", "p0", "p1", "p1", "p2", "p2"]
        assert source.parts()[records[5].id] == "validation" and source.parts()[records[0].id] == "train"
        assert records[0].tags == {"site": "x"}


def test_a_table_of_classes(tmp_path):
    made.classes(tmp_path)
    (tmp_path / "t.csv").write_text("image,label\nill/0.png,ill\nwell/1.png,well\n")
    assert [record.get("label", Label).value for record in open_folder(tmp_path / "t.csv").records()] == ["ill", "well"]


def test_grey_pictures_among_colour_are_read_as_colour(tmp_path):
    made.pictures(tmp_path)
    made.picture(
        tmp_path / "images" / "case0.png", np.stack([made.noise(0, (16, 20), np.uint8)] * 2 + [np.zeros((16, 20), np.uint8)], -1)
    )
    source = open_folder(tmp_path)
    assert {record.get("image", Image).pixels.shape for record in source.records()} == {(16, 20, 3)}
    assert "5 grey pictures among 1 in colour" in source.inspection.notes[0]


@pytest.mark.parametrize("make", [made.pictures, made.volumes, made.nnunet, made.decathlon, made.classes])
def test_two_readings_give_equal_records(tmp_path, make):
    first, second = open_folder(make(tmp_path)), open_folder(tmp_path)
    assert digest_of(first.records()) == digest_of(second.records())
    assert first.digest == second.digest


def test_the_digest_changes_with_a_pixel(tmp_path):
    before = open_folder(made.pictures(tmp_path)).digest
    pixels = made.image_of(made.blob(0, (16, 20)), 0)
    pixels[0, 0] += 1
    made.picture(tmp_path / "images" / "case0.png", pixels)
    assert open_folder(tmp_path).digest != before


def test_what_exceeds_the_memory_is_read_again(tmp_path, monkeypatch):
    kept = digest_of(open_folder(made.volumes(tmp_path)).records())
    monkeypatch.setattr("vesalius.sources.folders.source.MEMORY_MIB", 0)
    source = open_folder(tmp_path)
    records = source.records()
    assert source._kept == {}
    assert digest_of(records) == kept


def test_an_unknown_layout_says_what_was_looked_for(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(UserError, match=r"no known layout; looked for dataset.json .*imagesTr.*images with masks.*csv.*class"):
        open_folder(tmp_path)


@pytest.mark.parametrize("name", ["imagesTr", "train"])
def test_folders_that_part_a_set_are_no_classes(tmp_path, name):
    made.picture(tmp_path / name / "a.png", made.noise(0, (8, 8), np.uint8))
    made.picture(tmp_path / "other" / "a.png", made.noise(0, (8, 8), np.uint8))
    with pytest.raises(UserError, match="no known layout"):
        open_folder(tmp_path)
