import json

import nibabel
import numpy as np
import pytest
from tests.sources.folders import made

from vesalius.checks import check_source
from vesalius.errors import UserError
from vesalius.records import Geometry, Mask, Record, Volume
from vesalius.records.files import read_volume
from vesalius.records.orientation import to_ras
from vesalius.sources.folders import open_folder
from vesalius.sources.folders.write_decathlon import write_decathlon
from vesalius.sources.only_labels import OnlyLabels
from vesalius.sources.public.decathlon import TASKS, AsDecathlon, Decathlon
from vesalius.sources.public.sagittal_blocks import LEAST, SagittalBlocks, split
from vesalius.sources.simulators.ct_phantom import CtPhantom

PHANTOM = CtPhantom(count=3, size=24)


def test_the_ten_tasks_are_those_of_the_paper():
    assert [task.number for task in TASKS] == list(range(1, 11))
    assert sum(task.volumes for task in TASKS) == 2633
    assert sum(len(task.regions) for task in TASKS) == 17
    assert TASKS[2].folder == "Task03_Liver" and TASKS[2].tolerance == 7.0


def test_a_release_is_read_from_its_folder(tmp_path, monkeypatch):
    folder = tmp_path / "msd" / "Task05_Prostate"
    folder.mkdir(parents=True)
    made.decathlon(folder, channels=2)
    monkeypatch.setenv("VESALIUS_DATA", str(tmp_path))
    source = Decathlon(TASKS[4])
    check_source(source)
    record = source.records()[0]
    assert record.get("image", Volume).voxels.shape == (8, 9, 10, 2)
    assert record.licence == "CC BY-SA 4.0"


def test_an_incomplete_release_is_told(tmp_path, monkeypatch):
    folder = tmp_path / "msd" / "Task01_BrainTumour"
    folder.mkdir(parents=True)
    made.decathlon(folder, channels=2)
    monkeypatch.setenv("VESALIUS_DATA", str(tmp_path))
    with pytest.raises(UserError, match="2 channels, 4 released"):
        Decathlon(TASKS[0]).records()
    with pytest.raises(UserError, match="Task02_Heart: missing"):
        Decathlon(TASKS[1]).records()


def test_what_is_written_comes_back_on_the_same_grid(tmp_path):
    affine = np.array([[0, -1.5, 0, 9], [0.75, 0, 0, -8], [0, 0, 2.5, 7], [0, 0, 0, 1]])
    labels = np.random.default_rng(0).integers(0, 3, (4, 5, 6))
    voxels = np.random.default_rng(1).normal(size=(4, 5, 6, 2)).astype(np.float32)
    fields = {"image": Volume(voxels, Geometry(affine)), "mask": Mask(labels, ("liver", "cancer"))}
    record = Record(id="liver_7", subject_id="p", fields=fields)
    write_decathlon([record], tmp_path, name="Made", modality=("T2", "ADC"), licence="CC0-1.0")
    found = open_folder(tmp_path).records()[0]
    turned = to_ras(fields["image"])
    np.testing.assert_array_equal(found.get("image", Volume).voxels, turned.voxels)
    np.testing.assert_allclose(found.get("image", Volume).geometry.affine, turned.geometry.affine, atol=1e-6)
    assert found.get("mask", Mask).names == ("liver", "cancer")
    np.testing.assert_array_equal(
        found.get("mask", Mask).labels, to_ras(Volume(labels, Geometry(affine))).voxels.astype(np.uint8)
    )
    np.testing.assert_allclose(nibabel.load(tmp_path / "labelsTr" / "liver_7.nii.gz").affine, affine, atol=1e-6)


def test_what_is_written_is_what_monai_reads(tmp_path):
    decathlon_data = pytest.importorskip("monai.data.decathlon_datalist")
    write_decathlon(PHANTOM.records(), tmp_path, name="Made", modality=("CT",), licence="CC0-1.0")
    listed = decathlon_data.load_decathlon_datalist(tmp_path / "dataset.json", data_list_key="training")
    assert [entry["image"] for entry in listed] == [
        str(tmp_path / "imagesTr" / f"{record.id}.nii.gz") for record in PHANTOM.records()
    ]
    assert json.loads((tmp_path / "dataset.json").read_text())["labels"]["2"] == PHANTOM.records()[0].fields["mask"].names[1]


def test_a_source_through_the_layout_keeps_its_subjects_and_labels():
    source = AsDecathlon(OnlyLabels(PHANTOM, ("liver", "lesion"), "simulated-liver"), ("CT",))
    check_source(source)
    for before, after in zip(PHANTOM.records(), source.records(), strict=True):
        assert (before.id, before.subject_id, before.licence) == (after.id, after.subject_id, after.licence)
        truth, names = before.fields["mask"].labels, before.fields["mask"].names
        found = after.get("mask", Mask)
        assert found.names == ("liver", "lesion")
        np.testing.assert_array_equal(found.labels == 1, truth == 1 + names.index("liver"))
        np.testing.assert_array_equal(found.labels == 2, truth == 1 + names.index("lesion"))
        np.testing.assert_allclose(
            after.fields["image"].geometry.affine, before.fields["image"].geometry.affine, rtol=1e-6, atol=1e-5
        )


@pytest.mark.parametrize("name", ["brain1", "breast1"])
def test_real_volumes_go_through_the_layout(public_data, tmp_path, name):
    image, mask = (read_volume(public_data("radiomics") / f"{name}_{part}.nrrd") for part in ("image", "label"))
    fields = {"image": image, "mask": Mask(mask.voxels.astype(np.uint8), ("tumour",))}
    write_decathlon([Record(id=name, subject_id=name, fields=fields)], tmp_path, name="T", modality=("MR",), licence="BSD")
    found = open_folder(tmp_path).records()[0]
    np.testing.assert_array_equal(found.get("image", Volume).voxels, to_ras(image).voxels)
    assert found.get("mask", Mask).labels.sum() == mask.voxels.sum() > 0


@pytest.mark.parametrize("modality", ["ct", "mr"])
def test_blocks_of_a_body_lie_side_by_side(public_data, modality):
    public_data("totalsegmentator")
    source = SagittalBlocks(modality)
    check_source(source)
    records = source.records()
    assert len({record.subject_id for record in records}) == 1
    lefts = [record.get("image", Volume).geometry.affine[0, 3] for record in records]
    assert np.allclose(np.diff(lefts) % (9 * 3.0), 0) and (np.diff(lefts) > 0).all()
    assert all(record.get("mask", Mask).labels.sum() >= LEAST for record in records)
    parts = split(records)
    assert min(len(parts.train), len(parts.validation), len(parts.test)) >= 1
