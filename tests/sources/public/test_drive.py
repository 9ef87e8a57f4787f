import numpy as np
import pytest
from PIL import Image as Picture

from vesalius.errors import UserError
from vesalius.records import Image, Mask
from vesalius.sources.public import drive, root


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """A release of one photograph a half, read anew."""
    monkeypatch.setenv(root.VARIABLE, str(tmp_path))
    for half, number in (("training", "21"), ("test", "01")):
        pictures = {
            f"images/{number}_{half}.png": np.zeros((4, 6, 3)),
            f"1st_manual/{number}_manual1.gif": np.full((4, 6), 255),
            f"2nd_manual/{number}_manual2.gif": np.full((4, 6), 3),
            f"mask/{number}_{half}_mask.gif": np.repeat([[0, 255, 255, 255, 255, 0]], 4, axis=0),
        }
        for file, pixels in pictures.items():
            path = tmp_path / "drive" / half / file
            path.parent.mkdir(parents=True, exist_ok=True)
            Picture.fromarray(pixels.astype(np.uint8)).save(path)
    drive._read.cache_clear()
    yield tmp_path / "drive"
    drive._read.cache_clear()


def test_outside_the_field_of_view_all_is_background(own_folder):
    training, test = drive.Drive().records()
    assert training.get("mask", Mask).labels.tolist() == [[0, 1, 1, 1, 1, 0]] * 4
    assert test.get("field_of_view", Mask).labels.tolist() == [[0, 1, 1, 1, 1, 0]] * 4
    assert not test.get("mask_second", Mask).labels.any()
    assert "mask_second" not in training.fields


def test_a_missing_annotation_is_named(own_folder):
    (own_folder / "test" / "1st_manual" / "01_manual1.gif").unlink()
    with pytest.raises(UserError, match=r"01_manual1\.gif: missing"):
        drive.Drive().records()


def test_a_half_without_photographs_is_named(own_folder):
    (own_folder / "test" / "images" / "01_test.png").unlink()
    with pytest.raises(UserError, match=r"images: no \.png or \.tif file"):
        drive.Drive().records()


def test_the_split_is_the_official_one_with_validation_from_training(public_data):
    folder = public_data("drive")
    records = drive.Drive().records()
    split = drive.split(records)
    numbers = {half: {file.name[:2] for file in (folder / half / "images").iterdir()} for half in ("training", "test")}
    assert {record.id for record in split.test} == numbers["test"]
    assert {record.id for record in [*split.train, *split.validation]} == numbers["training"]
    assert len(split.validation) == drive.VALIDATION
    assert {record.licence for record in records} == {"research use (DRIVE)"}


def test_two_annotators_agree_about_as_published(public_data):
    public_data("drive")
    # Staal et al. 2004: accuracy of the second annotator against the first, inside the field of view, 0.9473.
    agreements = []
    for record in drive.split(drive.Drive().records()).test:
        seen = record.get("field_of_view", Mask).labels > 0
        agreements.append((record.get("mask", Mask).labels == record.get("mask_second", Mask).labels)[seen].mean())
        assert record.get("image", Image).pixels.shape[:2] == seen.shape
    assert np.mean(agreements) == pytest.approx(0.9473, abs=0.003)
