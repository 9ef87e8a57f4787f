"""Distance of two images in the feature maps of a network."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vesalius.metrics._image_checks import image_pair
from vesalius.metrics.encoders import LayerEncoder, efficientnet_lite0
from vesalius.metrics.metric import NOT_NEGATIVE, metric

_EPSILON = 1e-10


def _unit(maps_CHW: NDArray[np.floating]) -> NDArray[np.float64]:
    """Maps scaled to length 1 over the channels of each place."""
    maps = maps_CHW.astype(np.float64)
    return np.asarray(maps / (np.sqrt((maps * maps).sum(axis=0)) + _EPSILON))


@metric(family="image", range=NOT_NEGATIVE, higher_is_better=False, properties={"symmetric", "identity"})
def feature_distance(prediction: ArrayLike, truth: ArrayLike, *, encoder: LayerEncoder = efficientnet_lite0) -> float:
    """Perceptual distance, Σ over layers of the mean over places of ‖û(p) - û(t)‖², û the maps scaled to length 1 over channels.

    This is LPIPS (Zhang et al. 2018) without its learned channel weights (``lpips=False`` in its authors' package), so that it
    takes any network; with another network its values are not comparable with LPIPS of AlexNet or VGG.

    Args:
        prediction: image as the encoder takes it.
        truth: the reference, of the same shape.
        encoder: gives the maps; its name belongs beside the value.

    Returns:
        Without unit; 0 for equal images, at most 4 a layer.

    Raises:
        ValueError: if the shapes differ, an image is empty or holds NaN or infinities, or the encoder refuses it.
        ImportError: if the packaged encoder is asked for and torch or its weights are absent.

    >>> class Raw:
    ...     name = "channels as they are"
    ...     def layers(self, image):
    ...         return [image.transpose(2, 0, 1)]
    >>> red, green = np.zeros((1, 1, 3)), np.zeros((1, 1, 3))
    >>> red[..., 0], green[..., 1] = 1, 0.5
    >>> feature_distance(red, green, encoder=Raw()).__round__(6)
    2.0
    """
    first, second = image_pair(prediction, truth)
    pairs = zip(encoder.layers(first), encoder.layers(second), strict=True)
    return math.fsum(float(((_unit(one) - _unit(two)) ** 2).sum(axis=0).mean()) for one, two in pairs)
