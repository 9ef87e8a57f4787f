import json

import numpy as np
import pytest
import torch
from torch import nn

from vesalius.errors import UserError
from vesalius.learners.intensity import Intensity
from vesalius.learners.learner import Learner
from vesalius.learners.losses import cross_entropy_and_dice
from vesalius.learners.segmenter import SETTINGS, WEIGHTS, Segmenter
from vesalius.metrics import dice
from vesalius.nets.unet import UNet, count_parameters
from vesalius.nets.unet_plus_plus import UNetPlusPlus
from vesalius.records import Geometry, Image, Mask, Record, Volume

torch.set_num_threads(1)


def disc(number, mask=None):
    """A bright disc on noise, with the disc as its mask."""
    generator = np.random.default_rng(number)
    row, column, radius = *generator.uniform(10, 22, size=2), generator.uniform(5, 9)
    rows, columns = np.mgrid[:32, :36]
    inside = (rows - row) ** 2 + (columns - column) ** 2 < radius**2
    pixels = 100 * inside + generator.normal(0, 40, size=inside.shape)
    fields = {"image": Image(pixels), "mask": Mask(inside.astype(np.uint8) if mask is None else mask, ("disc",))}
    return Record(id=str(number), subject_id=str(number), fields=fields)


def segmenter(network=lambda: UNet(1, 2, (4, 8)), seed=0, steps=20, **options):
    return Segmenter(network, steps=steps, seed=seed, patch=(16, 16), batch=4, learning_rate=1e-2, **options)


TRAIN, VALIDATION, TEST = ([disc(number) for number in numbers] for numbers in (range(8), range(8, 11), range(11, 17)))


def answers(learner):
    return np.stack([prediction.value for prediction in learner.predict(TEST)])


@pytest.fixture(scope="module")
def fitted():
    learner = segmenter(steps=60)
    learner.fit(TRAIN, VALIDATION)
    return learner


def test_it_is_a_learner(fitted):
    assert isinstance(fitted, Learner)
    assert fitted.trained_parameters == count_parameters(UNet(1, 2, (4, 8)))


def test_it_learns_what_a_constant_cannot(fitted):
    truth = np.stack([record.fields["mask"].labels for record in TEST])
    found = answers(fitted)
    assert found.dtype == np.uint8 and found.shape == truth.shape
    everything = np.mean([dice(np.ones_like(mask), mask) for mask in truth])
    assert np.mean([dice(mask, true) for mask, true in zip(found, truth)]) > everything + 0.3


def test_the_same_seed_gives_the_same_bits_whatever_was_drawn_before():
    first, second, other = segmenter(), segmenter(), segmenter(seed=1)
    first.fit(TRAIN, VALIDATION)
    torch.rand(7)
    np.random.default_rng().normal(size=3)
    for learner in (second, other):
        learner.fit(TRAIN, VALIDATION)
    weights = [learner.network.state_dict() for learner in (first, second, other)]
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])
    assert any(not torch.equal(weights[0][key], weights[2][key]) for key in weights[0])
    assert (answers(first) == answers(second)).all()


def test_fitting_again_starts_from_the_beginning():
    learner = segmenter()
    learner.fit(TRAIN, VALIDATION)
    before = answers(learner)
    learner.fit(TRAIN, VALIDATION)
    assert (answers(learner) == before).all()


def test_dropout_follows_from_the_seed():
    def network():
        return nn.Sequential(UNet(1, 8, (4, 8)), nn.Dropout(0.5), nn.Conv2d(8, 2, 1))

    weights = []
    for _ in range(2):
        learner = segmenter(network, steps=3)
        learner.fit(TRAIN, [])
        weights.append(learner.network[2].weight)
    assert torch.equal(*weights)


def test_the_random_state_of_the_caller_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    segmenter(steps=2).fit(TRAIN, VALIDATION)
    assert torch.equal(torch.rand(1), expected)


def test_a_saved_segmenter_answers_as_before(fitted, tmp_path):
    fitted.save(tmp_path)
    loaded = segmenter(seed=9)
    assert (answers(loaded) != answers(fitted)).any()
    loaded.load(tmp_path)
    assert (answers(loaded) == answers(fitted)).all()
    assert {file.name for file in tmp_path.iterdir()} == {WEIGHTS, SETTINGS, "histories.json"}


@pytest.mark.parametrize(
    ("file", "spoil"),
    [
        (WEIGHTS, lambda folder: (folder / WEIGHTS).unlink()),
        (WEIGHTS, lambda folder: (folder / WEIGHTS).write_bytes(b"no weights")),
        (WEIGHTS, lambda folder: segmenter(lambda: UNet(1, 2, (4, 9))).save(folder)),
        (SETTINGS, lambda folder: (folder / SETTINGS).unlink()),
        (SETTINGS, lambda folder: (folder / SETTINGS).write_text("{")),
        (SETTINGS, lambda folder: (folder / SETTINGS).write_text(json.dumps({"channels": 1, "intensity": {"mean": [0]}}))),
    ],
)
def test_files_that_cannot_be_loaded_are_named_and_change_nothing(fitted, tmp_path, file, spoil):
    fitted.save(tmp_path)
    spoil(tmp_path)
    learner = segmenter()
    before = answers(learner)
    with pytest.raises(UserError, match=file):
        learner.load(tmp_path)
    assert (answers(learner) == before).all()


def test_the_state_with_the_best_validation_is_kept():
    # Validation asks for the opposite of training, so that the best check is the first and not the last.
    opposite = [disc(8, mask=1 - disc(8).fields["mask"].labels)]
    early, late = segmenter(steps=40, checks=10), segmenter(steps=40, checks=1)
    for learner in (early, late):
        learner.fit(TRAIN, opposite)
    reached = [dice(learner.predict(opposite)[0].value, opposite[0].fields["mask"].labels) for learner in (early, late)]
    assert reached[0] > reached[1]


def test_deep_supervision_trains_every_head_and_a_single_head_only_itself():
    def change(supervised):
        class Network(UNetPlusPlus):
            def forward(self, image_BCHW):
                output = super().forward(image_BCHW)
                return [output[head] for head in supervised] if self.training else output

        learner = segmenter(lambda: Network(1, 2, (4, 8, 16)), steps=1)
        before = [head.bias.clone() for head in learner.network.heads]
        learner.fit(TRAIN, [])
        return [not torch.equal(head.bias, old) for head, old in zip(learner.network.heads, before)]

    assert change((0, 1)) == [True, True]
    assert change((1,)) == [False, True]


def test_another_loss_can_be_given():
    seen = []

    def loss(logits_BKHW, labels_BHW):
        seen.append((tuple(logits_BKHW.shape), tuple(labels_BHW.shape)))
        return cross_entropy_and_dice(logits_BKHW, labels_BHW)

    segmenter(steps=2, loss=loss).fit(TRAIN, [])
    assert seen == [((4, 2, 16, 16), (4, 16, 16))] * 2


def test_the_loss_has_both_terms():
    # Equal cross-entropy for two equally likely classes; the Dice term differs with the size of the foreground.
    logits = torch.zeros(1, 2, 10, 10)
    few, many = torch.zeros(1, 10, 10, dtype=torch.long), torch.ones(1, 10, 10, dtype=torch.long)
    few[0, 0, 0] = 1
    assert float(cross_entropy_and_dice(logits, few)) == pytest.approx(np.log(2) + 1 - 2 / 52)
    assert float(cross_entropy_and_dice(logits, many)) == pytest.approx(np.log(2) + 1 - 101 / 151, abs=1e-6)


def test_each_image_by_itself_makes_exposure_irrelevant():
    learner = segmenter(standardise="image")
    learner.fit(TRAIN, [])
    brighter = [
        Record(id=r.id, subject_id=r.subject_id, fields={"image": Image(r.fields["image"].pixels * 2 + 512)}) for r in TEST
    ]
    assert (np.stack([prediction.value for prediction in learner.predict(brighter)]) == answers(learner)).mean() > 0.999


def test_intensities_are_those_of_all_pixels():
    images = [np.random.default_rng(n).normal(n, n, size=(2, 5, n)).astype(np.float32) for n in (2, 3, 9)]
    pixels = np.concatenate([image.reshape(2, -1) for image in images], axis=1)
    intensity = Intensity.of(images)
    np.testing.assert_allclose(intensity.mean_C, pixels.mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(intensity.deviation_C, pixels.std(axis=1), rtol=1e-5)


def test_an_image_with_other_channels_is_told_with_its_record(fitted):
    colour = Record(id="9", subject_id="9", fields={"image": Image(np.zeros((8, 8, 3)))})
    with pytest.raises(UserError, match="Record 9, field 'image': 3 channels where the training images have 1"):
        fitted.predict([colour])


def test_nothing_to_train_on_is_told():
    with pytest.raises(UserError, match="No training records"):
        segmenter().fit([], [])


def test_a_mask_of_another_size_is_told_with_its_record():
    with pytest.raises(UserError, match="Record 3, field 'mask'"):
        segmenter().fit([disc(3, mask=np.zeros((4, 4), dtype=np.uint8))], [])


def ball(number, spacing=(1.0, 1.0, 2.0)):
    """A bright ball of millimetres, whatever the spacing."""
    generator = np.random.default_rng(number)
    centre, radius = generator.uniform(12, 20, size=3), generator.uniform(6, 9)
    axes = np.meshgrid(*[np.arange(0, 32, step) for step in spacing], indexing="ij")
    inside = sum((axis - at) ** 2 for axis, at in zip(axes, centre)) < radius**2
    voxels = 100 * inside + generator.normal(0, 30, size=inside.shape)
    geometry = Geometry(np.diag([*spacing, 1.0]))
    fields = {"image": Volume(voxels, geometry), "mask": Mask(inside.astype(np.uint8), ("ball",))}
    return Record(id=f"v{number}", subject_id=f"v{number}", fields=fields)


VOLUMES = {
    "whole": ((16, 16, 16), {}),
    "at another spacing": ((16, 16, 16), {"spacing": (2.0, 2.0, 2.0)}),
    "plane by plane": ((16, 16), {}),
    "with flips and foreground": ((16, 16, 16), {"flips": True, "foreground": 0.5}),
}


@pytest.mark.parametrize("way", VOLUMES)
def test_volumes_are_labelled_on_their_own_grid(way):
    patch, options = VOLUMES[way]
    learner = Segmenter(
        lambda: UNet(1, 2, (4, 8), 2 if len(patch) == 2 else 3),
        steps=200,
        seed=0,
        patch=patch,
        batch=2,
        learning_rate=1e-2,
        **options,
    )
    learner.fit([ball(number) for number in range(4)], [ball(4)])
    test = [ball(5), ball(6, spacing=(1.5, 1.5, 1.5))]
    for record, prediction in zip(test, learner.predict(test)):
        truth = record.fields["mask"].labels
        assert prediction.value.shape == truth.shape
        assert dice(prediction.value, truth) > 0.6


def test_image_too_large_for_one_piece_is_labelled_in_windows(monkeypatch, fitted):
    from vesalius.learners import segmenter as module

    whole = answers(fitted)
    monkeypatch.setattr(module, "_WHOLE", 10)
    assert (answers(fitted) == whole).mean() > 0.97
