from itertools import permutations, product

import numpy as np
import pytest

from vesalius.records import Geometry, Volume
from vesalius.records.orientation import Turn, to_ras

STORED = [(axes, signs) for axes in permutations(range(3)) for signs in product((1, -1), repeat=3)]


def affine_of(axes, signs, oblique=0.0):
    linear = np.zeros((3, 3))
    for column, (axis, sign) in enumerate(zip(axes, signs)):
        linear[axis, column] = sign * (1.0, 2.0, 3.0)[column]
    angle = np.array([[np.cos(oblique), -np.sin(oblique), 0], [np.sin(oblique), np.cos(oblique), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = angle @ linear
    affine[:3, 3] = (10, 20, 30)
    return affine


@pytest.mark.parametrize("oblique", [0.0, 0.3])
@pytest.mark.parametrize(("axes", "signs"), STORED)
def test_every_voxel_keeps_its_place_in_the_patient(axes, signs, oblique):
    stored = Volume(np.random.default_rng(0).normal(size=(3, 4, 5)), Geometry(affine_of(axes, signs, oblique)))
    turned = to_ras(stored)
    cosines = turned.geometry.affine[:3, :3] / np.linalg.norm(turned.geometry.affine[:3, :3], axis=0)
    assert (np.diag(cosines) > 0.7).all()
    turn = Turn.of(stored.geometry)
    np.testing.assert_array_equal(turn.undo(turned.voxels), stored.voxels)
    for place in ((0, 0, 0), (2, 1, 0)):
        at = stored.geometry.affine @ (*place, 1)
        there = np.rint(np.linalg.inv(turned.geometry.affine) @ at)[:3].astype(int)
        assert turned.voxels[tuple(there)] == stored.voxels[place]


@pytest.mark.parametrize(("axes", "signs"), STORED[::5])
def test_turning_agrees_with_nibabel(axes, signs):
    nibabel = pytest.importorskip("nibabel")
    voxels, affine = np.random.default_rng(0).normal(size=(3, 4, 5)), affine_of(axes, signs, 0.2)
    theirs = nibabel.as_closest_canonical(nibabel.Nifti1Image(voxels, affine))
    ours = to_ras(Volume(voxels, Geometry(affine)))
    np.testing.assert_allclose(ours.geometry.affine, theirs.affine, atol=1e-12)
    np.testing.assert_array_equal(ours.voxels, theirs.get_fdata())


def test_channels_stay_last():
    stored = Volume(np.zeros((3, 4, 5, 2)), Geometry(affine_of((1, 0, 2), (1, -1, 1))))
    assert to_ras(stored).voxels.shape == (4, 3, 5, 2)
