"""Whatever a file holds, only a UserError may come out of a reader."""

from pathlib import Path

import nibabel
import nrrd
import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as pillow

from tests.records.files import made
from vesalius.errors import UserError
from vesalius.records.files import read_image, read_volume

FUZZ = settings(max_examples=60, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
READERS = {"nii": read_volume, "nii.gz": read_volume, "nrrd": read_volume, "dcm": read_volume}
READERS |= {"png": read_image, "jpg": read_image, "tiff": read_image}


def valid(folder: Path, ending: str) -> bytes:
    path = folder / f"valid.{ending}"
    voxels = np.random.default_rng(0).integers(0, 200, (5, 6, 7)).astype(np.int16)
    if ending.startswith("nii"):
        nibabel.Nifti1Image(voxels, np.diag([1.0, 2, 3, 1])).to_filename(path)
    elif ending == "nrrd":
        nrrd.write(str(path), voxels, {"space": "LPS", "space directions": np.eye(3), "space origin": np.zeros(3)})
    elif ending == "dcm":
        pydicom.dcmwrite(path, made.slice_of(0, made.pixels_SRC()[0]), enforce_file_format=True)
    else:
        pillow.fromarray(voxels[..., :3].astype(np.uint8)).save(path)
    return path.read_bytes()


def content(ending: str, path: Path):
    read = READERS[ending](path)
    return read.voxels if READERS[ending] is read_volume else read.pixels


@pytest.mark.parametrize("ending", READERS)
@FUZZ
@given(data=st.data())
def test_random_bytes_are_refused(tmp_path, ending, data):
    start = {"dcm": bytes(128) + b"DICM", "nrrd": b"NRRD0004\n", "png": b"\x89PNG\r\n\x1a\n"}.get(ending, b"")
    path = tmp_path / f"a.{ending}"
    path.write_bytes(data.draw(st.sampled_from([b"", start])) + data.draw(st.binary(max_size=400)))
    with pytest.raises(UserError):
        content(ending, path)


@pytest.mark.parametrize("ending", READERS)
@FUZZ
@given(part=st.floats(0, 1, exclude_max=True))
def test_a_cut_file_is_refused_or_lost_nothing(tmp_path, ending, part):
    whole = valid(tmp_path, ending)
    path = tmp_path / f"a.{ending}"
    path.write_bytes(whole[: int(part * len(whole))])
    try:
        found = content(ending, path)
    except UserError as error:
        assert "\n" not in str(error)
    else:
        np.testing.assert_array_equal(found, content(ending, tmp_path / f"valid.{ending}"))


@pytest.mark.parametrize("ending", READERS)
@FUZZ
@given(data=st.data())
def test_flipped_bytes_are_refused_or_read(tmp_path, ending, data):
    whole = bytearray(valid(tmp_path, ending))
    header = {"nii": 352, "dcm": len(whole) - 48}.get(ending, len(whole))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, header - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / f"a.{ending}"
    path.write_bytes(whole)
    try:
        content(ending, path)
    except UserError as error:
        assert str(path) in str(error)
        assert "\n" not in str(error)


@pytest.mark.parametrize("name", ["MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm"])
@FUZZ
@given(part=st.floats(0, 1, exclude_max=True))
def test_cut_packed_pixels_are_refused_or_lost_nothing(tmp_path, name, part):
    source = Path(pydicom.__file__).parent / "data" / "test_files" / name
    whole = source.read_bytes()
    path = tmp_path / "a.dcm"
    path.write_bytes(whole[: int(part * len(whole))])
    try:
        found = read_volume(path).voxels
    except UserError:
        return
    np.testing.assert_array_equal(found, read_volume(source).voxels)
