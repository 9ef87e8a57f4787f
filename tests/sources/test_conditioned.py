import numpy as np
import pytest

from vesalius.checks import check_source
from vesalius.records import Image, Label, Mask, Record
from vesalius.sources.conditioned import ASKED, Conditioned
from vesalius.sources.packaged.mni152 import Mni152


class Pictures:
    name, tier, description = "pictures", "own", "Two pictures."

    def __init__(self, pixels, mask=None):
        self.pixels, self.mask = pixels, mask

    def records(self):
        fields = {"image": Image(self.pixels), "label": Label("a", ("a", "b"))}
        if self.mask is not None:
            fields["mask"] = Mask(self.mask, ("one", "two"))
        return [Record(id="1", subject_id="1", fields=fields, licence="none")]


def test_it_keeps_the_contract_of_a_source():
    check_source(Conditioned(Mni152(), side=24, by="mask"))


def test_integers_are_scaled_by_their_range_and_areas_are_averaged():
    pixels = np.zeros((4, 8), np.uint8)
    pixels[:2, :2] = [[255, 0], [0, 255]]
    (record,) = Conditioned(Pictures(pixels), side=4).records()
    made = record.get("image", Image).pixels
    assert made.shape == (2, 4) and made[0, 0] == pytest.approx(0.5) and made.sum() == pytest.approx(0.5)
    assert list(record.fields) == ["image"]


def test_what_is_asked_by_stands_under_both_names():
    mask = np.repeat(np.array([[1, 0, 2, 2]], np.uint8).repeat(2, axis=1), 4, axis=0)
    (record,) = Conditioned(Pictures(np.zeros((4, 8)), mask), side=4, by="mask").records()
    assert record.get("mask", Mask).labels.tolist() == record.get(ASKED, Mask).labels.tolist() == [[1, 0, 2, 2]] * 2
    (labelled,) = Conditioned(Pictures(np.zeros((4, 8))), side=4, by="label").records()
    assert labelled.get(ASKED, Label) == labelled.get("label", Label)


def test_a_small_image_is_not_enlarged_and_colours_are_kept():
    (record,) = Conditioned(Pictures(np.full((4, 6, 3), 0.25)), side=100).records()
    assert record.get("image", Image).pixels.shape == (4, 6, 3)


def test_nothing_but_a_class_or_a_mask_can_be_asked_by():
    with pytest.raises(TypeError, match="mask or label"):
        Conditioned(Pictures(np.zeros((4, 8))), side=4, by="image").records()
