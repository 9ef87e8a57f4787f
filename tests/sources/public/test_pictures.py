import numpy as np
import pytest
from PIL import Image

from vesalius.errors import UserError
from vesalius.sources.public.pictures import read_picture


def test_sixteen_bits_are_kept(tmp_path):
    labels = np.array([[0, 300], [70, 65535]], dtype=np.uint16)
    Image.fromarray(labels).save(tmp_path / "labels.png")
    assert (read_picture(tmp_path / "labels.png") == labels).all()


def test_colour_and_grey_are_as_asked_for(tmp_path):
    Image.fromarray(np.full((2, 3), 7, dtype=np.uint8)).save(tmp_path / "grey.png")
    assert read_picture(tmp_path / "grey.png", "RGB").shape == (2, 3, 3)
    assert read_picture(tmp_path / "grey.png", "L").tolist() == [[7, 7, 7], [7, 7, 7]]


@pytest.mark.parametrize("content", [b"", b"no picture", None])
def test_a_bad_file_is_named_with_the_remedy(tmp_path, content):
    file = tmp_path / "one.png"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UserError, match=r"one\.png: .*unpack the release again"):
        read_picture(file)


def test_a_file_that_ends_early_is_named(tmp_path):
    file = tmp_path / "one.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)).save(file)
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"one\.png: not a readable picture"):
        read_picture(file)
