"""Images as a network takes them: standardised, channels first, and cut into augmented patches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records import Image, Mask, Record

Pixels = NDArray[np.float32]
Labels = NDArray[np.int64]
P = TypeVar("P", Pixels, Labels)
Standard = Literal["training", "image"]
"""By whose mean and deviation intensities are standardised: of all training images, or of each image itself."""


def channels_first(image: Image) -> Pixels:
    """The pixels as C×H×W.

    >>> channels_first(Image(np.zeros((4, 5, 3)))).shape, channels_first(Image(np.zeros((4, 5)))).shape
    ((3, 4, 5), (1, 4, 5))
    """
    pixels = image.pixels.astype(np.float32)
    return pixels[None] if pixels.ndim == 2 else np.ascontiguousarray(np.moveaxis(pixels, 2, 0))


def labels_of(record: Record, target: str, size: tuple[int, ...]) -> Labels:
    """The label mask H×W of a record whose image is of that size.

    Raises:
        UserError: if the mask is of another size.
    """
    mask_HW = record.get(target, Mask).labels.astype(np.int64)
    if mask_HW.shape != size:
        raise UserError(
            f"Record {record.id}, field {target!r}: {mask_HW.shape} pixels where the image has {size}; resample it to those."
        )
    return mask_HW


@dataclass(frozen=True, slots=True, eq=False)
class Intensity:
    """Mean and deviation of each channel.

    >>> images = [np.array([[[0.0, 2.0]]], dtype=np.float32), np.array([[[4.0, 6.0]]], dtype=np.float32)]
    >>> Intensity.of(images).standardise(images[1]).tolist()[0][0][1] > 1.34
    True
    """

    mean_C: NDArray[np.float64]
    deviation_C: NDArray[np.float64]

    @classmethod
    def of(cls, images_CHW: Sequence[Pixels]) -> "Intensity":
        """Over all pixels of all images; a channel without variation keeps its scale."""
        pixels, over = sum(image[0].size for image in images_CHW), (1, 2)
        mean_C = np.sum([image.sum(axis=over, dtype=np.float64) for image in images_CHW], axis=0) / pixels
        squares_C = np.sum([np.square(image - mean_C[:, None, None]).sum(axis=over) for image in images_CHW], axis=0)
        return cls(mean_C, np.where(squares_C > 0, np.sqrt(squares_C / pixels), 1.0))

    def standardise(self, image_CHW: Pixels) -> Pixels:
        """The image with mean 0 and deviation 1 where it is like those that were measured."""
        standard: Pixels = ((image_CHW - self.mean_C[:, None, None]) / self.deviation_C[:, None, None]).astype(np.float32)
        return standard


class PatchSampler:
    """Random patches of random images: any place, turned and mirrored, with a mild change of contrast and brightness.

    Args:
        images_CHW: standardised images, which may differ in size; smaller ones than a patch are mirrored at their border.
        masks_HW: their label masks.
        patch: height and width.
        batch: patches a draw.
        seed: equal seeds give equal draws.

    >>> images, masks = [np.zeros((1, 9, 7), dtype=np.float32)], [np.zeros((9, 7), dtype=np.int64)]
    >>> sampler = PatchSampler(images, masks, patch=(8, 8), batch=2, seed=0)
    >>> [array.shape for array in sampler.draw()]
    [(2, 1, 8, 8), (2, 8, 8)]
    """

    def __init__(
        self, images_CHW: Sequence[Pixels], masks_HW: Sequence[Labels], *, patch: tuple[int, int], batch: int, seed: int
    ) -> None:
        self._images = [_enlarge(image, patch) for image in images_CHW]
        self._masks = [_enlarge(mask, patch) for mask in masks_HW]
        self._patch, self._batch = patch, batch
        self._generator = np.random.default_rng(seed)

    def draw(self) -> tuple[Pixels, Labels]:
        """Images B×C×H×W and masks B×H×W."""
        pairs = [self._patch_of(index) for index in self._generator.integers(len(self._images), size=self._batch)]
        return np.stack([image for image, _ in pairs]), np.stack([mask for _, mask in pairs])

    def _patch_of(self, index: int) -> tuple[Pixels, Labels]:
        image_CHW, mask_HW = self._images[index], self._masks[index]
        height, width = self._patch
        top = self._generator.integers(mask_HW.shape[0] - height + 1)
        left = self._generator.integers(mask_HW.shape[1] - width + 1)
        image_CHW = image_CHW[:, top : top + height, left : left + width]
        mask_HW = mask_HW[top : top + height, left : left + width]
        # A patch that is not square keeps its shape only under half turns.
        turns = int(self._generator.integers(4)) if height == width else 2 * int(self._generator.integers(2))
        image_CHW, mask_HW = np.rot90(image_CHW, turns, axes=(1, 2)), np.rot90(mask_HW, turns)
        if self._generator.integers(2):
            image_CHW, mask_HW = image_CHW[:, :, ::-1], mask_HW[:, ::-1]
        contrast, brightness = self._generator.uniform(0.9, 1.1), self._generator.uniform(-0.1, 0.1)
        return (image_CHW * contrast + brightness).astype(np.float32), mask_HW


def _enlarge(array: P, patch: tuple[int, int]) -> P:
    """Mirror at the lower and right border until the last two axes are as large as a patch."""
    missing = [max(0, wanted - there) for wanted, there in zip(patch, array.shape[-2:])]
    return np.pad(array, [(0, 0)] * (array.ndim - 2) + [(0, more) for more in missing], mode="symmetric")
