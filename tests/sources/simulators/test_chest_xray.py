import numpy as np
import pytest

from vesalius.records import Image, Label, Mask
from vesalius.sources.simulators.acquisition import Scanner
from vesalius.sources.simulators.chest_xray import CLASSES, ChestXray

CLEAN = Scanner(noise=0.0, blur=0.0)


@pytest.fixture(scope="module")
def pairs():
    """The same chests with findings of a contrast of 0 and of 0.2."""
    return list(zip(*(ChestXray(count=24, lesion_contrast=contrast, scanner=CLEAN).records() for contrast in (0.0, 0.2))))


def test_classes_are_balanced_and_may_be_chosen():
    labels = [record.get("label", Label).value for record in ChestXray(count=40, size=32).records()]
    assert {name: labels.count(name) for name in CLASSES} == dict.fromkeys(CLASSES, 10)
    two = ChestXray(count=10, size=32, classes=("no finding", "nodule")).records()
    assert sorted(record.get("label", Label).value for record in two) == ["no finding"] * 5 + ["nodule"] * 5
    with pytest.raises(ValueError, match="classes are two or more"):
        ChestXray(classes=("no finding", "fracture"))


def test_a_finding_adds_its_contrast_on_average_inside_its_mask(pairs):
    for before, after in pairs:
        added = after.get("image", Image).pixels.astype(float) - before.get("image", Image).pixels
        inside = after.get("mask", Mask).labels > 0
        assert added[inside].mean() == pytest.approx(0.2, abs=1e-4) if inside.any() else not added.any()


def test_the_mask_names_the_finding_of_the_label(pairs):
    for _, record in pairs:
        mask, shown = record.get("mask", Mask), record.get("label", Label).value
        found = {mask.names[label - 1] for label in np.unique(mask.labels) if label}
        assert found == ({shown} if shown != "no finding" else set())


def test_findings_lie_in_the_lungs_and_an_effusion_at_their_base(pairs):
    for _, record in pairs:
        inside, anatomy = record.get("mask", Mask).labels > 0, record.get("anatomy", Mask).labels
        assert set(np.unique(anatomy[inside])) <= {1, 2}
        if record.get("label", Label).value == "effusion":
            lung = anatomy == anatomy[inside][0]
            assert np.argwhere(inside)[:, 0].mean() > np.quantile(np.argwhere(lung)[:, 0], 0.75)


def test_lungs_are_dark_and_the_heart_bright_with_its_apex_to_the_patients_left(pairs):
    for before, _ in pairs:
        pixels, anatomy = before.get("image", Image).pixels, before.get("anatomy", Mask).labels
        right, left, heart = (pixels[anatomy == label].mean() for label in (1, 2, 3))
        assert max(right, left) + 0.25 < heart
        columns = [np.argwhere(anatomy == label)[:, 1].mean() for label in (1, 3, 2)]
        assert columns == sorted(columns), "the patient's right is on the left of the picture"
        assert columns[1] > pixels.shape[1] / 2
