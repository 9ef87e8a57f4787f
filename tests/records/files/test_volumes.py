import gzip
import itertools

import nibabel
import nrrd
import numpy as np
import pytest

from vesalius.errors import UserError
from vesalius.records import Geometry, Mask, Volume
from vesalius.records.files import read_volume, write_mask, write_volume

AFFINE = np.array([[0.1, 0.02, 0, 1 / 3], [-0.02, 0.7, 0.1, 2], [0, -0.1, 1.1, 3], [0, 0, 0, 1]])


def image(values=None, affine=AFFINE):
    return nibabel.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4) if values is None else values, affine)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_a_volume_and_its_geometry_come_back_bit_for_bit(tmp_path, ending):
    image().to_filename(tmp_path / f"a{ending}")
    once = read_volume(tmp_path / f"a{ending}")
    write_volume(tmp_path / f"b{ending}", once)
    again = read_volume(tmp_path / f"b{ending}")
    assert again.geometry.affine.tobytes() == once.geometry.affine.tobytes()
    assert again.voxels.dtype == once.voxels.dtype
    np.testing.assert_array_equal(again.voxels, once.voxels)


@pytest.mark.parametrize(("qform_code", "sform_code"), [(0, 2), (1, 0), (1, 2), (1, 1)])
def test_a_mask_has_the_transforms_of_its_image_bit_for_bit(tmp_path, qform_code, sform_code):
    source = image(affine=np.array([[0, -2, 0, 9], [1.5, 0, 0, 8], [0, 0, 3, 7], [0, 0, 0, 1.0]]))
    source.header.set_qform(source.affine, code=qform_code)
    source.header.set_sform(source.affine, code=sform_code)
    source.to_filename(tmp_path / "image.nii")
    write_mask(tmp_path / "mask.nii.gz", Mask(np.ones((2, 3, 4), int), ("liver",)), like=tmp_path / "image.nii")
    one, other = nibabel.load(tmp_path / "image.nii"), nibabel.load(tmp_path / "mask.nii.gz")
    for field in ("qform_code", "sform_code", "quatern_b", "quatern_c", "quatern_d", "qoffset_x", "srow_x", "srow_y", "srow_z"):
        assert one.header[field].tobytes() == other.header[field].tobytes(), field
    assert one.header["pixdim"][:4].tobytes() == other.header["pixdim"][:4].tobytes()
    assert one.affine.tobytes() == other.affine.tobytes()
    assert other.get_data_dtype() == np.uint8


def test_scaled_values_and_micrometres_are_turned(tmp_path):
    source = image(affine=np.diag([500.0, 500, 500, 1]))
    source.header.set_slope_inter(0.5, 3)
    source.header.set_xyzt_units("micron")
    source.to_filename(tmp_path / "a.nii")
    volume = read_volume(tmp_path / "a.nii")
    assert volume.geometry.spacing == (0.5, 0.5, 0.5)
    assert volume.voxels.dtype == np.float32


def test_no_affine_is_guessed(tmp_path):
    source = image()
    source.header.set_sform(None, code=0)
    source.header.set_qform(None, code=0)
    nibabel.Nifti1Image(source.dataobj, None, source.header).to_filename(tmp_path / "a.nii")
    with pytest.raises(UserError, match="both 0, so it has no place"):
        read_volume(tmp_path / "a.nii")


def test_contradictory_transforms_are_refused(tmp_path):
    source = image(affine=np.eye(4))
    source.header.set_sform(np.eye(4), code=1)
    source.header.set_qform(np.diag([-1.0, -1, 1, 1]), code=1)
    source.to_filename(tmp_path / "a.nii")
    with pytest.raises(UserError, match="apart in one coordinate system"):
        read_volume(tmp_path / "a.nii")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.full((2, 2, 2), np.nan, np.float32), "8 of 8 are NaN"),
        (np.zeros((1, 1, 5), np.int16), "1x1 pixels"),
        (np.zeros((2, 2, 2, 3), np.int16), "3 volumes; split it"),
        (np.zeros((2, 2, 2), np.complex64), "complex64"),
    ],
)
def test_values_that_are_no_volume_are_refused(tmp_path, values, said):
    image(values).to_filename(tmp_path / "a.nii.gz")
    with pytest.raises(UserError, match=said):
        read_volume(tmp_path / "a.nii.gz")


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.nrrd", "a.dcm", "a.mha"])
def test_an_empty_file_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(UserError, match=rf"{name}: empty \(0 bytes\)"):
        read_volume(tmp_path / name)


def test_a_header_that_announces_more_than_the_file_holds_is_refused(tmp_path):
    image().to_filename(tmp_path / "a.nii")
    raw = bytearray((tmp_path / "a.nii").read_bytes())
    raw[42:48] = np.array([30_000, 30_000, 30_000], "<i2").tobytes()
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(raw))
    with pytest.raises(UserError, match="the file is cut"):
        read_volume(tmp_path / "b.nii.gz")


SIGNS = {"left-posterior-superior": [-1, -1, 1], "right-anterior-superior": [1, 1, 1], "LAS": [-1, 1, 1]}


@pytest.mark.parametrize("space", SIGNS)
def test_nrrd_is_turned_from_its_space_into_ras(tmp_path, space):
    header = {"space": space, "space directions": AFFINE[:3, :3].T, "space origin": AFFINE[:3, 3]}
    nrrd.write(str(tmp_path / "a.nrrd"), np.arange(24, dtype=np.int16).reshape(2, 3, 4), header)
    volume = read_volume(tmp_path / "a.nrrd")
    np.testing.assert_allclose(volume.geometry.affine, np.diag([*SIGNS[space], 1]) @ AFFINE, atol=1e-15)
    np.testing.assert_array_equal(volume.voxels, np.arange(24).reshape(2, 3, 4))


@pytest.mark.parametrize("lacking", ["space", "space directions", "space origin"])
def test_nrrd_without_its_place_is_refused(tmp_path, lacking):
    header = {"space": "LPS", "space directions": np.eye(3), "space origin": np.zeros(3)}
    del header[lacking]
    if lacking == "space":
        header = {"space dimension": 3, **header}
    nrrd.write(str(tmp_path / "a.nrrd"), np.zeros((2, 3, 4)), header)
    with pytest.raises(UserError, match=f"a.nrrd, field '{lacking}'"):
        read_volume(tmp_path / "a.nrrd")


def test_a_mask_of_another_size_or_ending_is_refused(tmp_path):
    volume = Volume(np.zeros((2, 3, 4)), Geometry(np.eye(4)))
    mask = Mask(np.ones((2, 3, 5), int), ("liver",))
    for name, like, said in (
        ("a.nii", volume, "resample it first"),
        ("a.mha", volume, "choose one of these endings"),
        ("a.dcm", volume, "name their folder"),
        ("a.nii", None, "name it with like="),
        ("a.png", None, "has two"),
        ("none/a.nii", volume.geometry, "cannot be written"),
    ):
        with pytest.raises(UserError, match=said):
            write_mask(tmp_path / name, mask, like=like)


def test_labels_take_the_smallest_type_that_holds_them(tmp_path):
    for largest, kind in ((255, np.uint8), (256, np.uint16)):
        mask = Mask(np.full((2, 2, 2), largest), tuple(map(str, range(largest))))
        write_mask(tmp_path / "m.nii", mask, like=Geometry(np.eye(4)))
        voxels = read_volume(tmp_path / "m.nii").voxels
        assert voxels.dtype == kind
        assert voxels.max() == largest


def test_every_nrrd_of_a_release_lies_where_its_label_does(public_data):
    folder = public_data("radiomics")
    for name in ("brain1", "breast1"):
        one, other = read_volume(folder / f"{name}_image.nrrd"), read_volume(folder / f"{name}_label.nrrd")
        assert one.voxels.shape == other.voxels.shape
        np.testing.assert_array_equal(one.geometry.affine, other.geometry.affine)


def test_nifti_of_a_release_has_the_affine_of_nibabel_and_round_trips(public_data, tmp_path):
    folder = public_data("totalsegmentator")
    for path in itertools.chain(folder.glob("*_sm.nii.gz"), folder.glob("example_seg*.nii.gz")):
        volume = read_volume(path)
        assert volume.geometry.affine.tobytes() == nibabel.load(path).affine.astype(np.float64).tobytes()
        write_volume(tmp_path / "b.nii.gz", volume)
        assert read_volume(tmp_path / "b.nii.gz").geometry.affine.tobytes() == volume.geometry.affine.tobytes()


@pytest.mark.parametrize("space", ["left-posterior-superior", "right-anterior-superior"])
def test_a_mask_comes_back_from_nrrd_where_its_image_is(tmp_path, space):
    directions = np.array([[0.0, 0.7, 0.0], [0.8, 0.0, 0.1], [0.0, 0.0, 2.0]])
    header = {"space": space, "space directions": directions, "space origin": np.array([1.0, 2.0, 3.0])}
    nrrd.write(str(tmp_path / "image.nrrd"), np.zeros((4, 5, 6), np.int16), header)
    labels = np.random.default_rng(0).integers(0, 3, (4, 5, 6)).astype(np.int64)
    for like in (tmp_path / "image.nrrd", read_volume(tmp_path / "image.nrrd")):
        write_mask(tmp_path / "mask.nrrd", Mask(labels, ("a", "b")), like=like)
        found = read_volume(tmp_path / "mask.nrrd")
        np.testing.assert_array_equal(found.voxels, labels)
        np.testing.assert_allclose(found.geometry.affine, read_volume(tmp_path / "image.nrrd").geometry.affine, atol=1e-12)
