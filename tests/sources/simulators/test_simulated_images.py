"""What all simulators of images have in common: what is planted is there, and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest

from vesalius.checks import check_source
from vesalius.records import Image, Mask, Volume, digest_of
from vesalius.sources.simulators.acquisition import GROUPS, LinkedScanner, Scanner
from vesalius.sources.simulators.brain_mr import BrainMr
from vesalius.sources.simulators.chest_xray import ChestXray
from vesalius.sources.simulators.ct_phantom import CtPhantom
from vesalius.sources.simulators.fundus import Fundus
from vesalius.sources.simulators.graders import Graders
from vesalius.sources.simulators.ultrasound import Ultrasound

SOURCES = {
    "fundus": Fundus(count=6, size=64, lesions=5, lesion_size=0.06),
    "chest": ChestXray(count=6, size=64, classes=("opacity", "nodule", "effusion")),
    "ct": CtPhantom(count=6, size=32, lesion_size=0.15),
    "graders": Graders(count=6),
    "brain": BrainMr(count=6, size=32, lesion_size=0.25),
    "ultrasound": Ultrasound(count=6, size=64),
}
CLEAN = Scanner(noise=0.0, blur=0.0)
every_source = pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)


def pixels(record):
    image = record.fields["image"]
    return (image.voxels if isinstance(image, Volume) else image.pixels).astype(float)


def grey(source, value):
    """A change of intensity in the unit of the image's array."""
    return value * (255 if isinstance(source, Fundus) else 1000 if isinstance(source, CtPhantom) else 1)


@every_source
def test_a_simulator_keeps_the_contract_of_a_source(source):
    check_source(source)


@every_source
def test_equal_options_give_equal_records_and_another_seed_gives_others(source):
    first = digest_of(source.records())
    again = digest_of(replace(source, count=5, seed=3).records())
    assert digest_of(replace(source, count=5, seed=3).records()) == again
    assert first != again


@every_source
def test_the_size_is_that_of_the_option_and_masks_fit_their_image(source):
    for record in source.records():
        shape = pixels(record).shape[:3] if isinstance(record.fields["image"], Volume) else pixels(record).shape[:2]
        assert set(shape) == {source.size}
        masks = [field for field in record.fields.values() if isinstance(field, Mask)]
        assert masks and all(mask.labels.shape == shape and mask.labels.dtype == np.uint8 for mask in masks)


@every_source
def test_noise_of_the_scanner_has_its_deviation_and_leaves_truth_alone(source):
    level = 0.01 * (1000 if isinstance(source, CtPhantom) else 1)
    clean, noisy = (replace(source, scanner=Scanner(noise=noise, blur=0.0)).records() for noise in (0.0, level))
    differences = []
    for before, after in zip(clean, noisy):
        assert np.array_equal(before.get("mask", Mask).labels, after.get("mask", Mask).labels)
        seen = (pixels(before) > grey(source, 0.15)) & (pixels(before) < grey(source, 0.95))
        differences.append((pixels(after) - pixels(before))[seen])
    found = np.concatenate(differences).std() / grey(source, 1)
    assert found == pytest.approx(0.01, rel=0.12)


@every_source
def test_the_shift_of_the_scanner_is_added_to_every_intensity(source):
    step = 0.05 * (1000 if isinstance(source, CtPhantom) else 1)
    clean, shifted = (replace(source, scanner=Scanner(noise=0.0, blur=0.0, shift=shift)).records() for shift in (0.0, step))
    for before, after in zip(clean, shifted):
        seen = (pixels(before) > grey(source, 0.2)) & (pixels(before) < grey(source, 0.9))
        assert np.median((pixels(after) - pixels(before))[seen]) / grey(source, 1) == pytest.approx(0.05, abs=0.003)


@every_source
def test_blur_of_the_scanner_smooths(source):
    sharp, soft = (replace(source, scanner=Scanner(noise=0.0, blur=blur)).records()[0] for blur in (0.0, 1.5))
    assert np.abs(np.diff(pixels(soft), axis=0)).mean() < 0.8 * np.abs(np.diff(pixels(sharp), axis=0)).mean()


@every_source
@pytest.mark.parametrize("rate", [0.0, 0.4, 1.0])
def test_the_second_scanner_is_used_at_the_planted_rate_in_the_planted_group_only(source, rate):
    second = replace(source.scanner, shift=0.1 * (1000 if isinstance(source, CtPhantom) else 1))
    plain = replace(source, count=10, size=32)
    linked = replace(plain, linked=LinkedScanner(tag="site", value="south", rate=rate, scanner=second))
    south = [record for record in linked.records() if record.tags["site"] == "south"]
    assert len(south) == 5
    assert sum(record.tags["scanner"] == "second" for record in south) == round(5 * rate)
    for before, after in zip(plain.records(), linked.records()):
        changed = not np.array_equal(pixels(before), pixels(after))
        assert changed == (after.tags["scanner"] == "second")
        assert after.tags["site"] == "south" or after.tags["scanner"] == "first"
        assert {name: before.tags[name] for name in GROUPS} == {name: after.tags[name] for name in GROUPS}


@every_source
def test_sexes_and_sites_are_equally_frequent(source):
    records = replace(source, count=10, size=32).records()
    for tag, values in GROUPS.items():
        assert sorted(record.tags[tag] for record in records) == sorted(list(values) * 5)


@every_source
def test_contrast_changes_pixels_of_the_lesion_only(source):
    if isinstance(source, Graders):
        pytest.skip("its lesion has regions that the mask of the majority does not hold; see its own tests")
    faint, clear = (
        replace(source, lesion_contrast=source.lesion_contrast * share, scanner=CLEAN).records() for share in (0.5, 1.0)
    )
    for before, after in zip(faint, clear):
        mask = before.get("mask", Mask)
        label = mask.names.index(next(name for name in mask.names if name in ("microaneurysm", "lesion", "tumour", "opacity")))
        lesion = mask.labels > label
        changed = pixels(before) != pixels(after)
        changed = changed if changed.shape == lesion.shape else changed.any(axis=-1)
        assert (changed & lesion).sum() > 0.6 * lesion.sum() > 0
        assert not (changed & ~lesion).any()


@every_source
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "count is at least 1"),
        ({"size": 8}, "size is at least"),
        ({"lesion_size": 0.0}, "lesion_size is a share"),
        ({"lesion_contrast": float("nan")}, "contrast"),
    ],
)
def test_options_that_cannot_be_are_refused(source, options, message):
    with pytest.raises(ValueError, match=message):
        replace(source, **options)


def test_scanners_and_groups_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="not negative"):
        Scanner(noise=-1.0)
    with pytest.raises(ValueError, match="no group sex=other"):
        LinkedScanner(tag="sex", value="other", rate=0.5, scanner=CLEAN)
    with pytest.raises(ValueError, match="between 0 and 1"):
        LinkedScanner(tag="sex", value="male", rate=1.5, scanner=CLEAN)


@every_source
def test_larger_lesions_cover_more(source):
    areas = []
    for share in (0.6, 1.2):
        records = replace(source, lesion_size=source.lesion_size * share).records()
        label = len(records[0].get("mask", Mask).names) if not isinstance(source, ChestXray) else 1
        areas.append(sum((record.get("mask", Mask).labels >= label).sum() for record in records))
    assert areas[1] > 1.3 * areas[0] > 0


def test_images_are_what_their_kind_says():
    kinds = {name: source.records()[0].fields["image"] for name, source in SOURCES.items()}
    assert kinds["fundus"].pixels.dtype == np.uint8 and kinds["fundus"].pixels.shape == (64, 64, 3)
    for name in ("chest", "graders", "ultrasound"):
        assert isinstance(kinds[name], Image) and kinds[name].pixels.dtype == np.float32 and kinds[name].pixels.ndim == 2
    for name in ("ct", "brain"):
        assert isinstance(kinds[name], Volume) and kinds[name].voxels.dtype == np.float32
