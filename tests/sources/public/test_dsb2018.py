import numpy as np
import pytest
from PIL import Image as Picture

from vesalius.errors import UserError
from vesalius.records import Image, Mask
from vesalius.sources.public import dsb2018, root


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """A release of one image, read anew."""
    monkeypatch.setenv(root.VARIABLE, str(tmp_path))
    for part in ("images", "labels"):
        (tmp_path / "dsb2018" / part).mkdir(parents=True)
    Picture.fromarray(np.zeros((4, 5, 3), dtype=np.uint8)).save(tmp_path / "dsb2018" / "images" / "a.png")
    Picture.fromarray(np.array([[0, 1, 2, 2, 0]] * 4, dtype=np.uint16)).save(tmp_path / "dsb2018" / "labels" / "a.png")
    dsb2018._read.cache_clear()
    yield tmp_path / "dsb2018"
    dsb2018._read.cache_clear()


def test_instances_become_one_class(own_folder):
    (record,) = dsb2018.Dsb2018().records()
    assert record.get("mask", Mask).labels.tolist() == [[0, 1, 1, 1, 0]] * 4
    assert record.get("mask", Mask).names == ("nucleus",)
    assert record.tags["modality"] == "fluorescence"


@pytest.mark.parametrize("part", ["images", "labels"])
def test_a_damaged_file_is_named(own_folder, part):
    (own_folder / part / "a.png").write_bytes(b"\x89PNG damaged")
    with pytest.raises(UserError, match=rf"{part}.a\.png"):
        dsb2018.Dsb2018().records()


def test_an_image_without_its_labels_is_named(own_folder):
    (own_folder / "labels" / "a.png").unlink()
    with pytest.raises(UserError, match=r"labels.a\.png: missing"):
        dsb2018.Dsb2018().records()


def test_a_folder_without_images_is_named(own_folder):
    (own_folder / "images" / "a.png").unlink()
    with pytest.raises(UserError, match=r"images: no \.png file"):
        dsb2018.Dsb2018().records()


def test_the_release_is_read_whole_and_its_fields_kept_together(public_data):
    files = list((public_data("dsb2018") / "images").glob("*.png"))
    records = dsb2018.Dsb2018().records()
    assert len(records) == len(files) == len({record.id for record in records})
    assert {record.licence for record in records} == {"CC0-1.0"}
    assert all(record.get("mask", Mask).labels.any() for record in records)
    assert all(record.get("image", Image).pixels.ndim == 3 for record in records)
    assert len({record.subject_id for record in records}) < 0.6 * len(records)
    split = dsb2018.split(records)
    subjects = [{record.subject_id for record in part} for part in (split.train, split.validation, split.test)]
    assert not subjects[0] & subjects[1] and not subjects[0] & subjects[2] and not subjects[1] & subjects[2]
    assert len(split.train) > len(split.test) > len(split.validation) > 20
