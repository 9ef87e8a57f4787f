"""What pretexts draw, and that they train the encoder of the network that they are given."""

import numpy as np
import pytest
import torch

from vesalius.errors import UserError
from vesalius.learners.contrastive import MomentumContrastImages
from vesalius.learners.masked import MaskedImages, MaskedVolumes
from vesalius.learners.proxy_tasks import SwinProxyTasks
from vesalius.learners.sub_volumes import cut_out, random_boxes
from vesalius.learners.training import Regime
from vesalius.learners.views import random_resized_crop, strong_view
from vesalius.learners.volume_position import VolumePosition, base_places, overlap_shares
from vesalius.nets.encoders import UNetEncoder
from vesalius.nets.resnet import ResNet
from vesalius.nets.unet import UNet
from vesalius.nets.vit import ViT

REGIME = Regime(steps=2, learning_rate=1e-2)
VOLUMES = [np.random.default_rng(number).normal(size=(1, 20, 16, 18)).astype(np.float32) for number in range(3)]
IMAGES = [np.random.default_rng(number).normal(size=(1, 20, 24)).astype(np.float32) for number in range(3)]


class ResNetMaps(torch.nn.Module):
    def __init__(self, network):
        super().__init__()
        self.stem, self.stages = network.stem, network.stages

    def forward(self, image):
        features = self.stem(image)
        for stage in self.stages:
            features = stage(features)
        return features


def unet():
    return UNet(1, 2, (4, 8), dimensions=3)


POSITION = VolumePosition(encoder=UNetEncoder, size=(16, 16, 8), grid=(2, 2, 1), crops=3, volumes=2, embedding=8, regime=REGIME)
PROXY = SwinProxyTasks(encoder=UNetEncoder, size=(8, 8, 8), stride=2, batch=2, regime=REGIME, embedding=8)
PRETEXTS = {
    "masked images": (
        MaskedImages(batch=2, regime=REGIME, width=8, depth=1, heads=2),
        lambda: ViT(1, 2, size=16, patch=4, width=8, depth=1, heads=2),
        IMAGES,
        "to_tokens.weight",
    ),
    "momentum contrast": (
        MomentumContrastImages(encoder=ResNetMaps, size=16, batch=4, regime=REGIME, queue=8, embedding=8),
        lambda: ResNet(1, 2, widths=(4, 8)),
        IMAGES,
        "stem.0.weight",
    ),
    "masked volumes": (
        MaskedVolumes(encoder=UNetEncoder, size=(8, 8, 8), stride=2, batch=2, regime=REGIME),
        unet,
        VOLUMES,
        "encoders.0.layers.0.weight",
    ),
    "position": (POSITION, unet, VOLUMES, "encoders.0.layers.0.weight"),
    "proxy tasks": (PROXY, unet, VOLUMES, "encoders.0.layers.0.weight"),
}


@pytest.mark.parametrize("name", PRETEXTS)
def test_a_pretext_trains_the_encoder_alone_and_the_same_way_each_time(name):
    pretext, make, images, weight = PRETEXTS[name]
    states = []
    for _ in range(2):
        torch.manual_seed(0)
        network = make()
        before = {key: value.clone() for key, value in network.state_dict().items()}
        history = pretext(network, images, 5)
        states.append(network.state_dict())
        assert len(history.losses) == 2
        assert not torch.equal(states[-1][weight], before[weight])
        head = [key for key in before if key.startswith(("head", "decoders"))]
        assert all(torch.equal(states[-1][key], before[key]) for key in head)
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def test_masked_images_are_of_transformers():
    with pytest.raises(UserError, match="ResNet"):
        MaskedImages(batch=2, regime=REGIME, width=8, depth=1, heads=2)(ResNet(1, 2, widths=(4,)), IMAGES, 0)


def test_the_default_recipe_is_that_of_radiographs():
    pretext = MaskedImages(batch=1, regime=REGIME, width=8, depth=1, heads=2)
    assert (pretext.ratio, pretext.area) == (0.9, (0.5, 1.0))


def test_the_area_of_crops_is_in_its_range():
    """Of a ramp down the rows and one along the columns, what a crop spans says how large it was."""
    ramps = np.stack(np.meshgrid(np.linspace(0, 1, 200), np.linspace(0, 1, 200), indexing="ij")).astype(np.float32)
    random = np.random.default_rng(0)
    areas = [np.prod(np.ptp(random_resized_crop(ramps, 32, (0.5, 0.8), random), axis=(1, 2)) / (31 / 32)) for _ in range(100)]
    assert 0.45 < min(areas) < 0.55 and 0.7 < max(areas) < 0.85


def test_two_strong_views_of_an_image_differ():
    random = np.random.default_rng(0)
    one, other = (strong_view(IMAGES[0], 16, (0.2, 1.0), random) for _ in range(2))
    assert one.shape == other.shape == (1, 16, 16) and not np.allclose(one, other)


@pytest.mark.parametrize("grid", [(4, 4, 1), (2, 3, 2)])
def test_overlaps_with_bases_sum_to_one(grid):
    random = np.random.default_rng(0)
    crop = (6, 8, 10)
    for _ in range(50):
        place = tuple(int(random.integers(side * (count - 1) + 1)) for side, count in zip(crop, grid))
        assert overlap_shares(place, grid, crop).sum() == pytest.approx(1)


def test_an_overlap_is_the_share_of_common_voxels():
    grid, crop, place = (2, 2), (4, 6), (1, 4)
    inside = np.zeros((8, 12), dtype=bool)
    inside[1:5, 4:10] = True
    counted = [inside[row : row + 4, column : column + 6].mean() for row, column in base_places(grid, crop)]
    assert overlap_shares(place, grid, crop).tolist() == pytest.approx(counted)


def test_bases_tile_the_volume_and_a_base_is_all_in_itself():
    grid, crop = (2, 3, 1), (2, 3, 4)
    covered = np.zeros((4, 9, 4), dtype=int)
    for number, place in enumerate(base_places(grid, crop)):
        covered[tuple(slice(start, start + side) for start, side in zip(place, crop))] += 1
        assert overlap_shares(place, grid, crop).tolist() == np.eye(6)[number].tolist()
    assert (covered == 1).all()


def test_position_draws_bases_and_crops_of_one_volume():
    batch = POSITION.sampler(VOLUMES)(np.random.default_rng(0))
    assert batch["bases"].shape == (2, 4, 1, 8, 8, 8)
    assert batch["crops"].shape == (2, 3, 1, 8, 8, 8) and batch["overlaps"].shape == (2, 3, 4)


def test_views_are_turned_as_told_and_cut_in_what_is_seen_only():
    batch = PROXY.sampler(VOLUMES)(np.random.default_rng(0))
    upright = [np.rot90(view, -turn, axes=(1, 2)) for view, turn in zip(batch["whole"], batch["turns"])]
    assert all(np.array_equal(one, other) for one, other in zip(upright[:2], upright[2:]))
    kept = batch["seen"] == batch["whole"]
    assert (batch["seen"][~kept] == 0).all()
    shares = 1 - kept.mean(axis=(1, 2, 3, 4))
    assert ((shares >= 0.3) & (shares < 0.5)).all()


def test_what_is_cut_out_differs_between_views():
    random = np.random.default_rng(0)
    one, other = (random_boxes((16, 16, 16), 0.3, random) for _ in range(2))
    assert not np.array_equal(one, other)
    assert cut_out(np.ones((1, 16, 16, 16)), one).mean() == pytest.approx(1 - one.mean())


def test_position_is_predicted_better_than_by_a_constant_on_new_volumes():
    """In volumes with a gradient, so that a place can be told from what is there."""
    random = np.random.default_rng(0)
    rows, columns = np.meshgrid(np.linspace(-1, 1, 16), np.linspace(-1, 1, 16), indexing="ij")

    def volumes(count):
        ramp = np.stack([rows + columns, rows - columns])[..., None].repeat(8, axis=3)
        return [(ramp + 0.1 * random.normal(size=ramp.shape)).astype(np.float32) for _ in range(count)]

    pretext = VolumePosition(
        encoder=UNetEncoder, size=(16, 16, 8), grid=(2, 2, 1), crops=4, volumes=2, embedding=16,
        regime=Regime(steps=60, learning_rate=3e-3),
    )  # fmt: skip
    torch.manual_seed(0)
    network = UNet(2, 2, (4, 8), dimensions=3)
    model = pretext.model(network, 2, seed=0)
    from vesalius.learners.training import train

    train(model, loss=lambda model, batch: model(batch), draw=pretext.sampler(volumes(6)), regime=pretext.regime, seed=0)
    batch = pretext.sampler(volumes(4))(np.random.default_rng(1))
    tensors = {name: torch.from_numpy(value) for name, value in batch.items()}
    with torch.no_grad():
        predicted, _ = model.eval().terms(tensors)
    constant = -np.log(1 - np.abs(batch["overlaps"] - batch["overlaps"].mean())).mean()
    assert float(predicted) < 0.8 * constant
