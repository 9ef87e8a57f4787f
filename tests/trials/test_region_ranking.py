import numpy as np
import pytest

from vesalius.records import Geometry, Mask, Record, Volume
from vesalius.tasks import Prediction
from vesalius.trials.region_ranking import region_scores

TRUTH = np.zeros((8, 8, 8), int)
TRUTH[2:6, 2:6, 2:6] = 1


def record(labels, spacing=(1.0, 1.0, 3.0)):
    geometry = Geometry(np.diag([*spacing, 1.0]))
    return Record(
        id="1",
        subject_id="1",
        fields={"image": Volume(np.zeros(labels.shape), geometry), "mask": Mask(labels, ("liver", "cancer"))},
    )


def scores(said, tolerance, truth=TRUTH):
    prediction = Prediction(record_id="1", value=said, outcome="answered" if said is not None else "failed")
    return {name: one[0] for name, one in region_scores([record(truth)], [prediction], tolerance=tolerance).items()}


def test_dice_and_surface_dice_by_hand():
    # Moved by one slice, 3 mm: 48 of 64 voxels are shared, so Dice is 48 / 64. Of the 56 border voxels of each cube, those of its
    # outer slice (16) and the middle of the next (4) are a slice away from the other's border.
    moved = np.roll(TRUTH, 1, axis=2)
    found = scores(moved, tolerance=2.9)
    assert found["liver, dice"] == pytest.approx(0.75)
    assert found["liver, nsd"] < 1.0
    assert scores(moved, tolerance=3.0)["liver, nsd"] == 1.0
    assert scores(np.roll(TRUTH, 1, axis=0), tolerance=2.9)["liver, nsd"] == 1.0


def test_a_region_in_neither_mask_is_right_and_one_in_only_one_is_wrong():
    assert scores(TRUTH, 1.0)["cancer, dice"] == 1.0
    invented = TRUTH.copy()
    invented[3, 3, 3] = 2
    assert scores(invented, 1.0)["cancer, dice"] == 0.0
    assert scores(invented, 1.0)["cancer, nsd"] == 0.0


def test_silence_scores_nothing():
    assert set(scores(None, 1.0).values()) == {0.0}
