import numpy as np
import pytest

from vesalius.errors import UserError
from vesalius.learners.prompt_batches import NO_POINT, joined, prompted_places, prompts_of, slab_of
from vesalius.records import Boxes, Geometry, Image, Mask, Points, Record, Volume


def _record(**fields):
    return Record(id="1", subject_id="1", fields=fields)


def test_boxes_become_left_upper_right_lower_in_the_pixels_of_the_frame():
    record = _record(box=Boxes(np.array([[10.0, 40.0, 20.0, 80.0]]), ("object",)))
    assert prompts_of(record, (0,), (1, 50, 100), 100)["box"].tolist() == [[40, 20, 80, 40]]


def test_a_click_stays_in_the_middle_of_the_pixel_it_names():
    record = _record(clicks=Points(np.array([[0.0, 3.0]]), ("positive",)))
    batch = prompts_of(record, (0,), (1, 4, 4), 16)
    assert batch["points"].tolist() == [[[13.5, 1.5]]] and batch["signs"].tolist() == [[1.0]]


def test_fewer_points_are_filled_with_none():
    names = ("positive", "negative")
    one = prompts_of(_record(clicks=Points(np.zeros((1, 2)), names[:1])), (0,), (1, 4, 4), 4)
    two = prompts_of(_record(clicks=Points(np.zeros((2, 2)), names)), (0,), (1, 4, 4), 4)
    assert joined([one, two])["signs"].tolist() == [[1.0, NO_POINT], [1.0, 0.0]]


def test_each_slice_of_a_volume_gets_its_own_prompt():
    boxes = Boxes(np.array([[2, 0, 0, 3, 4, 4], [0, 1, 1, 1, 2, 2]], dtype=float), ("object",) * 2)
    record = _record(box=boxes)
    assert prompted_places(record) == (0, 2)
    batch = prompts_of(record, (0, 2), (3, 4, 4), 4)
    assert batch["box"].tolist() == [[1, 1, 2, 2], [0, 0, 4, 4]]
    assert batch["maps"][:, 0].sum(axis=(1, 2)).tolist() == [1, 16]


def test_thin_scribbles_survive_a_smaller_frame():
    labels = np.zeros((32, 32), dtype=np.uint8)
    labels[:, 7] = 1
    maps = prompts_of(_record(scribbles=Mask(labels, ("positive", "negative"))), (0,), (1, 32, 32), 8)["maps"]
    assert maps[0, 1].any(axis=1).all()


def test_slices_without_a_prompt_and_records_without_any_are_refused():
    with pytest.raises(UserError, match="no prompt"):
        prompted_places(_record(image=Image(np.zeros((4, 4)))))
    box = Boxes(np.array([[0, 0, 0, 1, 4, 4]], dtype=float), ("object",))
    with pytest.raises(UserError, match="nothing in slice 1"):
        prompts_of(_record(box=box), (0, 1), (2, 4, 4), 4)


def test_values_are_scaled_by_the_percentiles_of_the_whole_volume():
    voxels = np.zeros((4, 20, 20))
    voxels[0], voxels[1], voxels[2, 0, 0] = 100, 200, 1e6
    slab = slab_of(_record(image=Volume(voxels, Geometry(np.eye(4)))), "image", (0, 1), 8)
    assert slab.image_DCSS.shape == (2, 3, 8, 8)
    np.testing.assert_allclose(slab.image_DCSS[:, 0, 4, 4], [0.5, 1.0], atol=1e-6)
