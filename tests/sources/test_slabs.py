import numpy as np
import pytest

from vesalius.records import Geometry, Image, Mask, Record, Volume
from vesalius.sources.slabs import axial, object_slabs, sections


def _record(voxels, labels, affine, names=("liver", "spleen")):
    return Record(id="1", subject_id="1", fields={"image": Volume(voxels, Geometry(affine)), "mask": Mask(labels, names)})


@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, -1, 1), (-1, 1, -1)])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_slices_go_from_foot_to_head_rows_to_the_back_and_columns_to_the_left(signs, order):
    generator = np.random.default_rng(0)
    affine = np.eye(4)
    affine[:3, :3] = np.diag(np.multiply(signs, (2.0, 3.0, 4.0)))[:, list(order)]
    affine[:3, 3] = generator.normal(size=3)
    voxels = generator.normal(size=(3, 4, 5))
    turned = axial(_record(voxels, (voxels > 0).astype(int), affine)).get("image", Volume)
    directions = np.sign(turned.geometry.affine[:3, :3]) * (np.abs(turned.geometry.affine[:3, :3]) > 1e-9)
    assert directions.tolist() == [[0, 0, -1], [0, -1, 0], [1, 0, 0]]
    assert turned.geometry.spacing == (4.0, 3.0, 2.0)


def test_every_voxel_keeps_its_place_in_the_patient_and_its_label():
    affine = np.diag([-2.0, 3.0, 4.0, 1.0])
    voxels = np.arange(60).reshape(3, 4, 5)
    made = axial(_record(voxels, voxels % 3, affine))
    turned, mask = made.get("image", Volume), made.get("mask", Mask)
    assert np.array_equal(turned.voxels % 3, mask.labels)
    for index in np.ndindex(turned.voxels.shape):
        stored = np.unravel_index(turned.voxels[index], voxels.shape)
        np.testing.assert_allclose(turned.geometry.affine @ [*index, 1], affine @ [*stored, 1])


def test_slab_lies_around_the_largest_section_and_has_the_object_in_every_slice():
    labels = np.zeros((9, 10, 10), dtype=int)
    for index, side in enumerate((0, 2, 3, 6, 5, 3, 1, 0, 0)):
        labels[index, :side, :side] = 1
    labels[8, 5:, 5:] = 2
    record = _record(np.arange(9)[:, None, None] * np.ones((9, 10, 10)), labels, np.eye(4))
    (slab,) = object_slabs([record], 3, least=4)
    assert slab.id == "1/liver"
    assert slab.get("image", Volume).voxels[:, 0, 0].tolist() == [2, 3, 4]
    assert slab.get("mask", Mask).labels.sum(axis=(1, 2)).tolist() == [9, 36, 25]
    assert slab.get("image", Volume).geometry.affine[:3, 3].tolist() == [2, 0, 0]


def test_sections_are_the_slices_of_a_slab_with_the_spacing_in_their_plane():
    labels = np.zeros((4, 6, 6), dtype=int)
    labels[1:3, :3, :3] = 1
    slabs = object_slabs([_record(np.zeros((4, 6, 6)), labels, np.diag([4.0, 2.0, 1.0, 1.0]))], 2, least=4)
    made = list(sections(slabs, 1))
    assert [record.id for record in made] == ["1/liver/0", "1/liver/1"]
    assert made[0].get("image", Image).spacing == (2.0, 1.0) and made[0].get("mask", Mask).labels.sum() == 9
