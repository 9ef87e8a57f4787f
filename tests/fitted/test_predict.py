import csv
import shutil

import nibabel
import nrrd
import numpy as np
import pydicom
import pytest
from PIL import Image as pillow

import vesalius
from tests.records.files.made import write_series
from tests.sources.folders import made
from vesalius.errors import UserError
from vesalius.fitted.overlay import draw_overlay
from vesalius.metrics import dice
from vesalius.records import Image, Mask
from vesalius.records.files import read_image, read_volume, write_mask

SIZE = (12, 13, 14)
SAGITTAL = made.AFFINE @ np.array([[0, -1, 0, 11], [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]])


@pytest.fixture
def fitted_on_volumes(tmp_path, toy_systems):
    return vesalius.fit("toy-threshold", made.volumes(tmp_path / "own", size=SIZE), tmp_path / "run").folder


@pytest.fixture
def fitted_on_pictures(tmp_path, toy_systems):
    return vesalius.fit("toy-threshold", made.pictures(tmp_path / "own", white=255), tmp_path / "run").folder


def truth_and_image(number=1):
    mask = made.blob(number, SIZE)
    return mask, made.image_of(mask, 77, np.int16)


def test_a_nifti_mask_lies_beside_its_image_on_its_grid_bit_for_bit(tmp_path, fitted_on_volumes):
    truth, voxels = truth_and_image()
    affine = np.array([[0.99, 0.02, 0, 1 / 3], [-0.02, 0.98, 0.1, 2], [0, -0.1, 2.1, 3], [0, 0, 0, 1]])
    made.nifti(tmp_path / "scan.nii.gz", voxels, affine)
    (answer,) = vesalius.predict(fitted_on_volumes, tmp_path / "scan.nii.gz")
    assert answer.written == (tmp_path / "scan_mask.nii.gz",) and not answer.error
    image, mask = (nibabel.load(tmp_path / name) for name in ("scan.nii.gz", "scan_mask.nii.gz"))
    for field in ("srow_x", "srow_y", "srow_z", "sform_code", "qform_code", "quatern_b", "pixdim"):
        np.testing.assert_array_equal(image.header[field], mask.header[field])
    assert dice(np.asarray(mask.dataobj).astype(int), truth) > 0.8


def test_another_orientation_gives_the_same_answer_in_its_own_order(tmp_path, fitted_on_volumes):
    _, voxels = truth_and_image()
    made.nifti(tmp_path / "axial.nii.gz", voxels)
    made.nifti(tmp_path / "sagittal.nii.gz", np.flip(voxels, 0).transpose(2, 0, 1), SAGITTAL)
    vesalius.predict(fitted_on_volumes, [tmp_path / "axial.nii.gz", tmp_path / "sagittal.nii.gz"])
    axial, sagittal = (read_volume(tmp_path / f"{name}_mask.nii.gz") for name in ("axial", "sagittal"))
    assert axial.voxels.any()
    np.testing.assert_array_equal(np.flip(axial.voxels, 0).transpose(2, 0, 1), sagittal.voxels)
    np.testing.assert_allclose(sagittal.geometry.affine, SAGITTAL)


def test_nrrd_gives_nrrd(tmp_path, fitted_on_volumes):
    truth, voxels = truth_and_image()
    header = {"space": "left-posterior-superior", "space directions": np.diag([-1.0, -1.0, 2.0]), "space origin": np.zeros(3)}
    nrrd.write(str(tmp_path / "scan.nrrd"), voxels, header)
    (answer,) = vesalius.predict(fitted_on_volumes, tmp_path / "scan.nrrd")
    assert answer.written == (tmp_path / "scan_mask.nrrd",)
    mask = read_volume(answer.written[0])
    np.testing.assert_allclose(mask.geometry.affine, read_volume(tmp_path / "scan.nrrd").geometry.affine)
    assert dice(mask.voxels.astype(int), truth) > 0.8


def test_a_dicom_series_gives_a_segmentation_beside_it(tmp_path, fitted_on_volumes):
    series = write_series(tmp_path / "ct", slices=8)
    for path in series.iterdir():
        dataset = pydicom.dcmread(path)
        pixels = dataset.pixel_array.copy()
        pixels[:] = 1024 + 20
        pixels[1:4, 1:3] = 1024 + 150
        dataset.PixelData = pixels.tobytes()
        dataset.save_as(path)
    (answer,) = vesalius.predict(fitted_on_volumes, series)
    assert answer.written == (tmp_path / "ct_mask.dcm",), answer
    found = pydicom.dcmread(answer.written[0])
    assert (found.Modality, found.SegmentSequence[0].SegmentLabel) == ("SEG", "foreground")
    (again,) = vesalius.predict(fitted_on_volumes, series, format="nifti")
    labels, stored = read_volume(again.written[0]), read_volume(series)
    np.testing.assert_allclose(labels.geometry.affine, stored.geometry.affine, atol=1e-5)
    assert labels.voxels[stored.voxels > 100].mean() > labels.voxels[stored.voxels < 100].mean()


def test_a_picture_gives_a_picture_with_the_users_own_values(tmp_path, fitted_on_pictures):
    mask = made.blob(1, (24, 20))
    picture = made.picture(tmp_path / "new" / "a.png", made.image_of(mask, 5))
    (answer,) = vesalius.predict(fitted_on_pictures, picture, overlay=True)
    assert [path.name for path in answer.written] == ["a_mask.png", "a_overlay.png"]
    labels = read_image(answer.written[0]).pixels
    assert labels.shape == (24, 20) and set(np.unique(labels)) == {0, 255}
    assert dice((labels > 0).astype(int), mask) > 0.8
    assert pillow.open(answer.written[1]).size[0] > 300


def test_overlays_of_volumes_show_three_planes(tmp_path, fitted_on_volumes):
    made.nifti(tmp_path / "scan.nii.gz", truth_and_image()[1], SAGITTAL)
    (answer,) = vesalius.predict(fitted_on_volumes, tmp_path / "scan.nii.gz", overlay=True)
    width, height = pillow.open(tmp_path / "scan_overlay.png").size
    assert width > 2 * height and answer.written[1] == tmp_path / "scan_overlay.png"


def test_an_overlay_of_more_labels_than_colours_numbers_them(tmp_path, monkeypatch):
    from matplotlib.axes import Axes

    written = []
    monkeypatch.setattr(Axes, "text", lambda self, x, y, text, **_: written.append((text, x, y)))
    labels = np.zeros((8, 40), np.int64)
    for label in range(1, 9):
        labels[2:5, 4 * label : 4 * label + 3] = label
    draw_overlay(tmp_path / "many.png", Image(labels * 10.0), labels, [f"organ {label}" for label in range(1, 9)])
    assert written == [(str(label), 4 * label + 1, 3) for label in range(1, 9)]


def test_images_of_one_name_do_not_replace_each_others_masks(tmp_path, fitted_on_pictures):
    pictures = [made.picture(tmp_path / place / "a.png", made.noise(0, (16, 20), np.uint8)) for place in ("one", "other")]
    one, other = vesalius.predict(fitted_on_pictures, pictures, out=tmp_path / "out", overwrite=True)
    assert one.written and not other.written
    assert "other/a.png: its answer would replace" in other.error and "one/a.png; give each an --out" in other.error


def test_a_folder_a_case_with_its_segmentation_is_one_image(tmp_path, fitted_on_volumes):
    series = write_series(tmp_path / "p1" / "ct", slices=8)
    write_mask(tmp_path / "p1" / "seg.dcm", Mask(np.ones((4, 6, 8), np.uint8), ("organ",)), like=series)
    (answer,) = vesalius.predict(fitted_on_volumes, tmp_path / "p1", format="nifti")
    assert answer.written == (tmp_path / "p1_mask.nii.gz",), answer


def test_nothing_is_replaced_unless_asked(tmp_path, fitted_on_pictures):
    picture = made.picture(tmp_path / "a.png", made.noise(0, (16, 20), np.uint8))
    (tmp_path / "a_mask.png").write_text("mine")
    (answer,) = vesalius.predict(fitted_on_pictures, picture)
    assert "a_mask.png: there already; give --overwrite" in answer.error
    assert (tmp_path / "a_mask.png").read_text() == "mine"
    (answer,) = vesalius.predict(fitted_on_pictures, picture, overwrite=True)
    assert not answer.error and read_image(tmp_path / "a_mask.png").pixels.shape == (16, 20)


def test_a_bad_file_is_named_and_the_others_go_through(tmp_path, fitted_on_pictures):
    good = made.picture(tmp_path / "new" / "good.png", made.noise(0, (16, 20), np.uint8))
    bad = tmp_path / "new" / "bad.png"
    bad.write_bytes(good.read_bytes()[:40])
    made.nifti(tmp_path / "new" / "volume.nii.gz", made.noise(0, SIZE))
    answers = vesalius.predict(fitted_on_pictures, [bad, tmp_path / "none.png", tmp_path / "new" / "volume.nii.gz", good])
    assert [bool(answer.error) for answer in answers] == [True, True, True, False]
    assert "bad.png: not a readable picture" in answers[0].error
    assert "none.png: missing" in answers[1].error
    assert "volume.nii.gz: a volume where images were learned from" in answers[2].error
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["bad.png", "good.png", "good_mask.png", "volume.nii.gz"]


def test_a_folder_stands_for_its_images_without_earlier_answers(tmp_path, fitted_on_pictures):
    for number in range(3):
        made.picture(tmp_path / "new" / f"{number}.png", made.noise(number, (16, 20), np.uint8))
    for _ in range(2):
        answers = vesalius.predict(fitted_on_pictures, tmp_path / "new", overwrite=True, overlay=True)
        assert [answer.image.name for answer in answers] == ["0.png", "1.png", "2.png"]


def test_an_image_of_another_modality_is_answered_with_a_warning(tmp_path, fitted_on_volumes):
    _, voxels = truth_and_image()
    made.nifti(tmp_path / "like.nii.gz", voxels)
    made.nifti(tmp_path / "unlike.nii.gz", (voxels * 10 - 1000).astype(np.int16))
    like, unlike = vesalius.predict(fitted_on_volumes, [tmp_path / "like.nii.gz", tmp_path / "unlike.nii.gz"])
    assert not like.warnings
    assert "is it of another modality?" in unlike.warnings[0] and unlike.written


def test_colour_and_grey_are_exchanged_where_nothing_is_lost(tmp_path, fitted_on_pictures):
    grey = made.noise(0, (16, 20), np.uint8)
    made.picture(tmp_path / "grey.png", grey)
    made.picture(tmp_path / "rgb.png", np.stack([grey] * 3, -1))
    made.picture(tmp_path / "colour.png", np.stack([grey, grey, 0 * grey], -1))
    answers = vesalius.predict(fitted_on_pictures, [tmp_path / f"{name}.png" for name in ("grey", "rgb", "colour")])
    assert [bool(answer.error) for answer in answers] == [False, False, True]
    assert "3 channels where 1 were learned from" in answers[2].error
    np.testing.assert_array_equal(*(read_image(tmp_path / f"{name}_mask.png").pixels for name in ("grey", "rgb")))


def test_channels_in_files_of_their_own_are_put_together(tmp_path, toy_systems):
    run = vesalius.fit("toy-threshold", made.nnunet(tmp_path / "own", size=SIZE), tmp_path / "run").folder
    images = tmp_path / "own" / "imagesTr"
    answers = vesalius.predict(run, sorted(images.glob("case0_*")), out=tmp_path / "answers")
    assert [answer.written for answer in answers] == [(tmp_path / "answers" / "case0_mask.nii.gz",)]
    (images / "case1_0001.nii.gz").unlink()
    (answer,) = vesalius.predict(run, images / "case1_0000.nii.gz", out=tmp_path / "answers")
    assert "case1_0001.nii.gz: missing" in answer.error


def test_channels_in_one_file_come_back_as_one_mask(tmp_path, toy_systems):
    run = vesalius.fit("toy-threshold", made.decathlon(tmp_path / "own", channels=2, size=SIZE), tmp_path / "run").folder
    (answer,) = vesalius.predict(run, tmp_path / "own" / "imagesTr" / "case_000.nii.gz", out=tmp_path)
    assert not answer.error and read_volume(answer.written[0]).voxels.shape == SIZE


@pytest.mark.parametrize(
    ("format", "told"), [("png", "PNG holds a plane"), ("seg", "refers to a DICOM series, which this is not")]
)
def test_a_format_that_cannot_hold_the_mask_is_refused(tmp_path, fitted_on_volumes, format, told):
    made.nifti(tmp_path / "scan.nii.gz", truth_and_image()[1])
    assert told in vesalius.predict(fitted_on_volumes, tmp_path / "scan.nii.gz", format=format)[0].error


def test_an_empty_mask_has_no_dicom_segmentation(tmp_path, fitted_on_volumes):
    series = write_series(tmp_path / "ct")
    for path in series.iterdir():
        dataset = pydicom.dcmread(path)
        dataset.PixelData = np.full((6, 4), 1024, "<u2").tobytes()
        dataset.save_as(path)
    (answer,) = vesalius.predict(fitted_on_volumes, series)
    assert "nothing was found, and DICOM SEG holds no empty mask; choose --format nifti" in answer.error
    assert not list(tmp_path.glob("*half*"))


def test_classes_come_as_a_table(tmp_path, toy_systems):
    run = vesalius.fit("toy-classes", made.classes(tmp_path / "own"), tmp_path / "run").folder
    (tmp_path / "new").mkdir()
    shutil.copy(tmp_path / "own" / "ill" / "0.png", tmp_path / "new" / "a.png")
    shutil.copy(tmp_path / "own" / "well" / "0.png", tmp_path / "new" / "b.png")
    (tmp_path / "new" / "c.png").write_bytes(b"")
    answers = vesalius.predict(run, tmp_path / "new", out=tmp_path / "answers")
    assert answers[2].error and answers[0].probabilities["ill"] > 0.9
    with (tmp_path / "answers" / "predictions.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [row["predicted"] for row in table] == ["ill", "well"]
    with pytest.raises(UserError, match=r"predictions.csv: there already"):
        vesalius.predict(run, tmp_path / "new", out=tmp_path / "answers")


def test_a_folder_that_is_no_fit_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"no fit.json in it; give the folder that vesalius fit has finished"):
        vesalius.predict(tmp_path, "a.png")
