"""Slices of volumes: which are chosen, and that they are turned as radiologists read them."""

import base64
import io

import numpy as np
import pytest
from PIL import Image as Pillow

from vesalius.records import Geometry, Volume
from vesalius.records.orientation import Turn
from vesalius.trials.examples import _slices
from vesalius.trials.views import View, chosen_views, window

SIZE = (12, 14, 16)
TURNS = {
    "to the right, front and head": np.diag([2.0, 3.0, 4.0, 1.0]),
    "to the left, back and head": np.diag([-2.0, -3.0, 4.0, 1.0]),
    "to the head, left and front": np.array([[0, -2.0, 0, 0], [0, 0, 3.0, 0], [4.0, 0, 0, 0], [0, 0, 0, 1.0]]),
}
every_turn = pytest.mark.parametrize("affine", TURNS.values(), ids=TURNS)


def stored(affine, spot):
    """A volume with one bright voxel, which is at ``spot`` counted to the right, front and head, stored as the affine says."""
    turn = Turn.of(Geometry(affine))
    values = np.zeros(SIZE)
    values[spot] = 1.0
    return Volume(turn.undo(values), Geometry(affine)), turn


@every_turn
def test_the_patients_right_is_on_the_left_and_front_and_head_are_on_top(affine):
    volume, turn = stored(affine, (10, 12, 13))
    axial, coronal, sagittal = (
        np.argwhere(View(plane, index).picture(volume.voxels, turn) == 1).tolist()
        for plane, index in (("axial", 13), ("coronal", 12), ("sagittal", 10))
    )
    assert axial == [[1, 1]], "one from the front, one from the right"
    assert coronal == [[2, 1]], "two from the head, one from the right"
    assert sagittal == [[2, 1]], "two from the head, one from the front"


@every_turn
def test_spacing_is_that_of_rows_and_columns(affine):
    geometry = Geometry(affine)
    found = {plane: View(plane, 0).spacing(geometry, Turn.of(geometry)) for plane in ("axial", "coronal", "sagittal")}
    assert found == {"axial": (3.0, 2.0), "coronal": (4.0, 2.0), "sagittal": (4.0, 3.0)}


@every_turn
def test_the_slices_with_most_errors_are_shown_and_else_those_with_most_truth(affine):
    volume, _ = stored(affine, (3, 4, 5))
    truth = (volume.voxels > 0).astype(int)
    assert [view.index for view in chosen_views(volume, truth, [])] == [5, 4, 3]
    wrong, _ = stored(affine, (8, 9, 10))
    said = truth + (wrong.voxels > 0)
    assert [view.index for view in chosen_views(volume, truth, [truth, said])] == [10, 9, 8]


def test_without_a_truth_the_middle_is_shown():
    volume, _ = stored(np.eye(4), (0, 0, 0))
    assert [view.index for view in chosen_views(volume, None, [])] == [8, 7, 6]


def test_planes_that_a_few_thick_slices_leave_flat_are_not_shown():
    volume = Volume(np.zeros((200, 200, 5)), Geometry(np.diag([1.0, 1.0, 5.0, 1.0])))
    assert [view.plane for view in chosen_views(volume, None, [])] == ["axial"]
    thick = Volume(np.zeros((200, 200, 40)), Geometry(np.diag([1.0, 1.0, 5.0, 1.0])))
    assert len(chosen_views(thick, None, [])) == 3


def test_hounsfield_units_are_windowed_and_other_values_by_percentile():
    assert window(np.array([-1000, 0, 3000])) == (-160.0, 240.0)
    assert window(np.array([-499.0, 0.0])) != (-160.0, 240.0)
    low, high = window(np.concatenate([np.linspace(0, 1, 1000), [1e6]]))
    assert low < 0.02 and high < 1.1


@every_turn
def test_what_is_kept_of_a_volume_is_enough_to_cut_its_masks(affine):
    """The bright voxel of the kept picture is where the mask of the same slice has its label."""
    volume, _ = stored(affine, (3, 4, 5))
    truth = (volume.voxels > 0).astype(np.uint8)
    kept = _slices(Volume(volume.voxels * 1000 - 600, volume.geometry), truth, [])
    turn = Turn(tuple(kept["axes"]), tuple(kept["mirrored"]))
    assert len(kept["planes"]) == 3 and kept["window"] == (-160.0, 240.0)
    for plane in kept["planes"]:
        picture = np.asarray(Pillow.open(io.BytesIO(base64.b64decode(plane["png"]))))
        mask = View(plane["plane"], plane["index"]).picture(truth, turn)
        assert np.array_equal(picture == 255, mask == 1) and mask.sum() == 1


def test_of_channels_the_first_is_shown():
    voxels = np.zeros((8, 8, 8, 2))
    voxels[..., 1] = 1
    assert _slices(Volume(voxels, Geometry(np.eye(4))), "no mask", [])["shape"] == (8, 8, 8)
