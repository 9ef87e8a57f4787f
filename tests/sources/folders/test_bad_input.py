"""Every bad input is named in one sentence."""

import json
import re
import shutil
import struct
import zlib

import numpy as np
import pytest

from tests.records.files.made import write_series
from tests.sources.folders import made
from vesalius.errors import UserError
from vesalius.records import Mask
from vesalius.records.files import read_series
from vesalius.sources.folders import open_folder

SIZE_2D, SIZE_3D = (16, 20), (8, 9, 10)


def empty_file(folder):
    (folder / "images" / "case1.png").write_bytes(b"")
    return r"case1.png: empty \(0 bytes\)"


def not_a_picture(folder):
    (folder / "images" / "case1.png").write_text("a text")
    return "case1.png: not a readable picture"


def one_pixel(folder):
    made.picture(folder / "images" / "case1.png", np.zeros((1, 1), np.uint8))
    return "case1.png, field 'size': 1x1 pixels hold no image"


def deep_colour(folder):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + bytes(20 * 6) for _ in range(16))
    header = struct.pack(">IIBBBBB", 20, 16, 16, 2, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    (folder / "images" / "case1.png").write_bytes(content)
    return "case1.png, field 'bits': 16 a channel of colour"


def other_size(folder):
    made.picture(folder / "masks" / "case1.png", made.blob(1, (16, 21)))
    return "masks/case1.png: 16x21 pixels where .*images/case1.png has 16x20; resample it"


def colour_mask(folder):
    mask = np.zeros((*SIZE_2D, 3), np.uint8)
    mask[4:8, 4:8, 0] = 255
    made.picture(folder / "masks" / "case1.png", mask)
    return "masks/case1.png: colours where a mask has one label a pixel"


def no_mask(folder):
    (folder / "masks" / "case1.png").unlink()
    return "images/case1.png: no mask of that name in masks/; add it"


def no_image(folder):
    (folder / "images" / "case1.png").unlink()
    return "masks/case1.png: no image of that name in images/; add it"


def twice(folder):
    made.picture(folder / "images" / "case1.jpg", made.noise(0, SIZE_2D, np.uint8))
    return "case1.png: the same name as case1.jpg but for the ending"


def undeclared(folder):
    (folder / "dataset.json").write_text(json.dumps({"labels": {"0": "background", "1": "nucleus"}}))
    made.picture(folder / "masks" / "case1.png", made.blob(1, SIZE_2D) * np.uint8(5))
    return r"masks/case1.png, field 'values': 5 is not among the labels \(1 nucleus\)"


def volume_among_pictures(folder):
    (folder / "images" / "case1.png").unlink()
    (folder / "masks" / "case1.png").unlink()
    made.nifti(folder / "images" / "case1.nii.gz", made.noise(0, SIZE_3D))
    made.nifti(folder / "masks" / "case1.nii.gz", made.blob(0, SIZE_3D))
    return "case1.nii.gz: a volume where most are images"


def moved(folder):
    away = made.AFFINE.copy()
    away[0, 3] = 3.0
    made.nifti(folder / "masks" / "case1.nii.gz", made.blob(1, SIZE_3D), away)
    return "masks/case1.nii.gz: lies up to 3 mm away from .*images/case1.nii.gz; resample it"


def not_a_number(folder):
    voxels = made.noise(1, SIZE_3D).astype(np.float32)
    voxels[0, 0, :3] = np.nan
    made.nifti(folder / "images" / "case1.nii.gz", voxels)
    return "case1.nii.gz, field 'values': 3 of 720 are NaN or infinite"


def fractions(folder):
    made.nifti(folder / "masks" / "case1.nii.gz", made.blob(1, SIZE_3D) * np.float32(0.4))
    return "masks/case1.nii.gz, field 'values': fractions where a mask has whole numbers"


def negative(folder):
    made.nifti(folder / "masks" / "case1.nii.gz", made.blob(1, SIZE_3D).astype(np.int16) * -1)
    return "masks/case1.nii.gz, field 'values': -1 where a mask has labels from 0 to 65535"


def cut(folder):
    path = folder / "images" / "case1.nii.gz"
    path.write_bytes(path.read_bytes()[:300])
    return "case1.nii.gz"


def other_channels(folder):
    made.nifti(folder / "images" / "case1.nii.gz", made.noise(1, (*SIZE_3D, 2)))
    return "case1.nii.gz: 2 channels where most have 1"


def no_place(folder):
    import nibabel

    image = nibabel.Nifti1Image(made.noise(1, SIZE_3D), made.AFFINE)
    image.header.set_qform(None, code=0)
    image.set_sform(None, code=0)
    image.set_qform(None, code=0)
    image.to_filename(folder / "images" / "case1.nii.gz")
    return "fields 'qform_code' and 'sform_code': both 0"


def series(folder, number):
    volume = read_series(write_series(folder / "images" / f"case{number}")).volume
    made.nifti(folder / "masks" / f"case{number}.nii.gz", made.blob(number, volume.voxels.shape), volume.geometry.affine)
    (folder / "images" / f"case{number}.nii.gz").unlink()


def missing_slices(folder):
    series(folder, 1)
    (folder / "images" / "case1" / "3.dcm").unlink()
    return "ImagePositionPatient: 1 slices missing between them"


def cut_dicom(folder):
    series(folder, 1)
    path = folder / "images" / "case1" / "3.dcm"
    path.write_bytes(path.read_bytes()[:-20])
    return "3.dcm, field PixelData: cut, damaged or not decodable"


def mixed_orientations(folder):
    series(folder, 1)
    write_series(folder / "images" / "case1", {2: {"ImageOrientationPatient": [0, 1, 0, 0, 0, 1]}})
    return "field ImageOrientationPatient: differs from"


PICTURES = [
    empty_file,
    not_a_picture,
    one_pixel,
    deep_colour,
    other_size,
    colour_mask,
    no_mask,
    no_image,
    twice,
    undeclared,
    volume_among_pictures,
]
VOLUMES = [
    moved,
    not_a_number,
    fractions,
    negative,
    cut,
    other_channels,
    no_place,
    missing_slices,
    cut_dicom,
    mixed_orientations,
]


@pytest.mark.parametrize("spoil", [*PICTURES, *VOLUMES], ids=lambda spoil: spoil.__name__)
def test_one_bad_case_is_named_and_the_others_go_through_if_asked(tmp_path, spoil):
    make = made.pictures if spoil in PICTURES else made.volumes
    sentence = spoil(make(tmp_path))
    with pytest.raises(UserError, match=r"1 of \d cases cannot be used; repair them, or leave them out with --skip-bad") as error:
        open_folder(tmp_path).records()
    lines = str(error.value).splitlines()
    assert len(lines) == 2
    assert re.search(sentence, lines[1])
    left = [record.id for record in open_folder(tmp_path, skip_bad=True).records()]
    assert left == sorted({f"case{n}" for n in range(len(left) + 1)} - {"case1"}) or spoil is twice


def test_only_ten_of_many_bad_files_are_told(tmp_path):
    made.pictures(tmp_path, count=14)
    for path in sorted((tmp_path / "images").iterdir())[:12]:
        path.write_bytes(b"")
    with pytest.raises(UserError, match="and 2 more"):
        open_folder(tmp_path).records()


def test_some_empty_masks_are_told_and_kept(tmp_path):
    made.picture(made.pictures(tmp_path) / "masks" / "case1.png", np.zeros(SIZE_2D, np.uint8))
    source = open_folder(tmp_path)
    assert not source.records()[1].get("mask", Mask).labels.any()
    assert "1 of 6 masks are empty, such as" in source.inspection.notes[0]


def test_only_empty_masks_are_refused(tmp_path):
    with pytest.raises(UserError, match="every mask is empty"):
        open_folder(made.pictures(tmp_path, white=0)).records()


def test_nothing_usable_is_refused_with_the_first_reason(tmp_path):
    for path in (made.pictures(tmp_path) / "images").iterdir():
        path.write_bytes(b"")
    with pytest.raises(UserError, match=r"no case of images and masks can be used; the first: .*case0.png: empty"):
        open_folder(tmp_path, skip_bad=True).records()


def test_an_image_of_another_modality_is_told(tmp_path):
    for number in range(6):
        voxels = made.noise(number, SIZE_3D) * (1 if number == 2 else 20) - (0 if number == 2 else 1000)
        made.nifti(tmp_path / "images" / f"{number}.nii.gz", voxels.astype(np.int16))
        made.nifti(tmp_path / "masks" / f"{number}.nii.gz", made.blob(number, SIZE_3D))
    notes = open_folder(tmp_path)
    notes.records()
    assert len(notes.inspection.notes) == 1
    assert "2.nii.gz: intensities from" in notes.inspection.notes[0]


def test_one_class_is_refused(tmp_path):
    made.classes(tmp_path)
    (tmp_path / "t.csv").write_text("image,label\nill/0.png,ill\nill/1.png,ill\n")
    with pytest.raises(UserError, match=r"all usable images are of one class \(ill\)"):
        open_folder(tmp_path / "t.csv").records()


def test_other_files_are_passed_over_and_told(tmp_path):
    (made.pictures(tmp_path) / "images" / "Thumbs.db").write_bytes(b"x")
    source = open_folder(tmp_path)
    assert len(source.records()) == 6
    assert source.inspection.notes == ("1 files that are no images were passed over: Thumbs.db.",)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "needs a column image"),
        ("picture,mask\na,b\n", "needs a column image and one of mask and label"),
        ("image,mask,label\na,b,c\n", "needs a column image and one of mask and label"),
        ("image,mask,image\na,b,c\n", "two columns have the same name"),
        ("image,mask\nimages/case0.png,\n", "line 2, column 'mask': empty"),
        ("image,mask,split\nimages/case0.png,masks/case0.png,later\n", "column 'split': 'later' is not train"),
        ("image,mask\nimages/none.png,masks/case0.png\n", "images/none.png: missing"),
        ("image,mask\nimages/case0.png,masks/case0.png\nimages/case0.png,masks/case0.png\n", "images/case0 occurs twice"),
        ("image,mask\n" + "x" * 5000 + ",y\n", "cannot be opened"),
    ],
)
def test_a_bad_table_is_told(tmp_path, text, sentence):
    (made.pictures(tmp_path) / "t.csv").write_text(text)
    with pytest.raises(UserError, match=sentence):
        open_folder(tmp_path / "t.csv").records()


def test_two_tables_are_not_guessed_between(tmp_path):
    made.picture(tmp_path / "a.png", made.noise(0, SIZE_2D, np.uint8))
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("image,label\na.png,x\n")
    with pytest.raises(UserError, match="2 tables with a column image"):
        open_folder(tmp_path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"labels": None}, "'labels': missing"),
        ({"labels": {"background": 0}}, "give each value from 1 on a name"),
        ({"labels": {"a": 1, "ignore": 2}}, "ignore is not supported"),
        ({"labels": [1, 2]}, "not an object of names"),
        ({"labels": {"a": "b"}}, "not a name and a number"),
        ({"channel_names": None}, "'channel_names': missing"),
    ],
)
def test_a_bad_dataset_json_is_told(tmp_path, change, sentence):
    path = made.nnunet(tmp_path) / "dataset.json"
    content = json.loads(path.read_text()) | change
    path.write_text(json.dumps({name: value for name, value in content.items() if value is not None}))
    with pytest.raises(UserError, match=sentence):
        open_folder(tmp_path).records()


def test_bad_cases_of_nnunet_are_told(tmp_path):
    made.nnunet(tmp_path, count=6)
    images = tmp_path / "imagesTr"
    (images / "case0_0001.nii.gz").unlink()
    (tmp_path / "labelsTr" / "case1.nii.gz").unlink()
    (images / "case2_0001.nii.gz").rename(images / "case2_t2.nii.gz")
    shutil.copy(images / "case3_0001.nii.gz", images / "case3_0002.nii.gz")
    made.nifti(images / "case4_0001.nii.gz", made.noise(0, (8, 9, 11)))
    with pytest.raises(UserError) as error:
        open_folder(tmp_path).records()
    told = str(error.value)
    for sentence in (
        "case0_0001 is missing, one of 2 channels",
        "case1_0000.nii.gz: no mask case1 in labelsTr",
        "case2_t2.nii.gz: its name does not end in a channel",
        "case2_0001 is missing",
        "case3_0002.nii.gz: a channel beyond the 2",
        "case4_0001.nii.gz: 8x9x11 pixels where",
    ):
        assert sentence in told
    assert [record.id for record in open_folder(tmp_path, skip_bad=True).records()] == ["case5"]
