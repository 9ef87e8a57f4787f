import numpy as np
import pytest

from vesalius.records import Image, Mask
from vesalius.sources.simulators.acquisition import Scanner
from vesalius.sources.simulators.graders import Graders, Style

CLEAN = Scanner(noise=0.0, blur=0.0)


def areas(source):
    return {name: np.array([record.get(name, Mask).labels.sum() for record in source.records()]) for name in source.annotations}


def test_probability_is_the_share_of_readings_that_hold_a_pixel():
    source = Graders(count=2)
    for number, record in enumerate(source.records()):
        share = source.readings(number, times=2000).mean(axis=0)
        assert np.abs(share - record.get("probability", Image).pixels).max() < 5 * 0.5 / np.sqrt(2000)


def test_mask_is_where_a_pixel_is_in_half_of_the_readings():
    for record in Graders(count=4).records():
        expected = record.get("probability", Image).pixels >= 0.5
        assert np.array_equal(record.get("mask", Mask).labels == 1, expected)


def test_styles_over_and_under_segment_in_every_image():
    source = Graders(count=30, ambiguous=0, styles=(Style(bias=-2), Style(), Style(bias=2)))
    small, true, large = areas(source).values()
    assert np.all(small < true) and np.all(true < large)


def test_jitter_moves_the_border_and_without_it_annotators_agree():
    exact = Graders(count=5, ambiguous=0, styles=(Style(jitter=0.0), Style(jitter=0.0)))
    for record in exact.records():
        assert np.array_equal(record.get("mask_1", Mask).labels, record.get("mask_2", Mask).labels)
        assert np.array_equal(record.get("mask_1", Mask).labels, record.get("mask", Mask).labels)
    rough = Graders(count=5, ambiguous=0, styles=(Style(jitter=2.0), Style(jitter=2.0)))
    assert all((r.get("mask_1", Mask).labels != r.get("mask_2", Mask).labels).any() for r in rough.records())


@pytest.mark.parametrize("inclusion", [0.0, 0.3, 1.0])
def test_ambiguous_regions_are_taken_at_the_planted_rate(inclusion):
    style = Style(jitter=0.0, inclusion=inclusion)
    source = Graders(count=1, styles=(style,))
    whole = areas(Graders(count=1, styles=(Style(jitter=0.0, inclusion=1.0),)))["mask_1"][0]
    taken = source.readings(0, times=600).sum(axis=(1, 2)) == whole
    assert taken.mean() == pytest.approx(inclusion, abs=4 * np.sqrt(0.25 / 600) if 0 < inclusion < 1 else 0)


def test_styles_change_annotations_and_not_the_image():
    one, other = Graders(count=3), Graders(count=3, styles=(Style(bias=3.0),))
    for first, second in zip(one.records(), other.records()):
        assert np.array_equal(first.get("image", Image).pixels, second.get("image", Image).pixels)


def test_the_core_has_the_planted_contrast_and_an_ambiguous_region_half_of_it():
    styles = (Style(jitter=0.0, inclusion=0.0), Style(jitter=0.0, inclusion=1.0))
    plain, planted = (
        Graders(count=6, styles=styles, lesion_contrast=contrast, scanner=CLEAN).records() for contrast in (0.0, 0.4)
    )
    for before, after in zip(plain, planted):
        added = after.get("image", Image).pixels.astype(float) - before.get("image", Image).pixels
        core = after.get("mask_1", Mask).labels == 1
        halo = (after.get("mask_2", Mask).labels == 1) & ~core
        assert added[core].mean() == pytest.approx(0.4, abs=1e-4)
        assert added[halo].mean() == pytest.approx(0.2, abs=1e-4) if halo.any() else True
        assert not added[~core & ~halo].any()


def test_styles_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="jitter is not negative"):
        Style(jitter=-1)
    with pytest.raises(ValueError, match="inclusion is between"):
        Style(inclusion=2)
    with pytest.raises(ValueError, match="at least one annotator"):
        Graders(styles=())
