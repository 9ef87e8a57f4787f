import struct
import zlib

import numpy as np
import pytest
from PIL import Image as pillow

from vesalius.errors import UserError
from vesalius.records import Mask
from vesalius.records.files import read_image, write_mask

GREY8 = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


@pytest.mark.parametrize("ending", ["png", "tiff"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_grey_keeps_its_depth(tmp_path, ending, kind):
    pixels = (GREY8.astype(kind) * (1 if kind is np.uint8 else 200)).astype(kind)
    pillow.fromarray(pixels).save(tmp_path / f"a.{ending}")
    read = read_image(tmp_path / f"a.{ending}")
    assert read.pixels.dtype == kind
    assert read.spacing is None
    np.testing.assert_array_equal(read.pixels, pixels)


def test_colour_palette_and_opaque_alpha_are_rgb(tmp_path):
    rgb = np.stack([GREY8, GREY8[::-1], GREY8[:, ::-1]], -1)
    pillow.fromarray(rgb).save(tmp_path / "rgb.png")
    pillow.fromarray(rgb).quantize(256).save(tmp_path / "p.png")
    pillow.fromarray(np.dstack([rgb, np.full((3, 4), 255, np.uint8)])).save(tmp_path / "rgba.png")
    pillow.fromarray(rgb).save(tmp_path / "rgb.jpg")
    for name in ("rgb.png", "rgba.png"):
        np.testing.assert_array_equal(read_image(tmp_path / name).pixels, rgb)
    for name in ("p.png", "rgb.jpg"):
        assert read_image(tmp_path / name).pixels.shape == (3, 4, 3)


def test_a_picture_is_turned_as_its_exif_says(tmp_path):
    exif = pillow.Exif()
    exif[0x0112] = 6
    pillow.fromarray(GREY8).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png").pixels, np.rot90(GREY8, -1))


def test_transparency_is_refused(tmp_path):
    pillow.fromarray(np.zeros((3, 4, 4), np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(UserError, match=r"a\.png, field 'alpha'"):
        read_image(tmp_path / "a.png")


def deep_colour_png(width=2, height=2):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + bytes(range(6 * width)) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_colour_of_16_bits_is_refused_and_not_halved(tmp_path):
    (tmp_path / "a.png").write_bytes(deep_colour_png())
    with pytest.raises(UserError, match=r"a\.png, field 'bits': 16 a channel of colour"):
        read_image(tmp_path / "a.png")


def test_pages_single_pixels_and_nan_are_refused(tmp_path):
    page = pillow.fromarray(GREY8)
    page.save(tmp_path / "pages.tiff", save_all=True, append_images=[page])
    pillow.fromarray(GREY8[:1, :1]).save(tmp_path / "one.png")
    pillow.fromarray(np.full((3, 3), np.nan, np.float32)).save(tmp_path / "nan.tiff")
    for name, said in (("pages.tiff", "2 pages"), ("one.png", "1x1 pixels"), ("nan.tiff", "9 of 9 are NaN")):
        with pytest.raises(UserError, match=said):
            read_image(tmp_path / name)


@pytest.mark.parametrize("largest", [2, 300])
def test_a_mask_of_two_axes_comes_back_from_png(tmp_path, largest):
    labels = np.arange(12).reshape(3, 4) % (largest + 1)
    labels[0, 0] = largest
    write_mask(tmp_path / "m.png", Mask(labels, tuple(map(str, range(largest)))))
    np.testing.assert_array_equal(read_image(tmp_path / "m.png").pixels, labels)


def test_pictures_of_a_release_are_read(public_data):
    folder = public_data("dsb2018")
    for path in sorted((folder / "images").iterdir())[:20]:
        assert read_image(path).pixels.dtype == np.uint8
