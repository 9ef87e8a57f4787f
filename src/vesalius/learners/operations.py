"""Changes of a batch of images that keep its classes, each image by an amount of its own.

Intensities are standardised, of any range, so that operations on 256 grey levels work between the darkest and brightest pixel of
each image. As in AugMix, none is a corruption that robustness is tested with.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

Operation = Callable[[Tensor, Tensor], Tensor]
"""Takes images B×C×H×W and an amount from 0 to 1 for each, gives images of the same shape."""


def _signed(amount_B: Tensor) -> Tensor:
    return amount_B * (2 * torch.randint(2, amount_B.shape, device=amount_B.device) - 1)


def _warped(image_BCHW: Tensor, matrix_B23: Tensor) -> Tensor:
    grid = functional.affine_grid(matrix_B23, list(image_BCHW.shape), align_corners=False)
    return functional.grid_sample(image_BCHW, grid, padding_mode="border", align_corners=False)


def _matrix(image_BCHW: Tensor) -> Tensor:
    return torch.eye(2, 3, device=image_BCHW.device).repeat(len(image_BCHW), 1, 1)


def rotate(image_BCHW: Tensor, amount_B: Tensor) -> Tensor:
    """By up to 30 degrees either way.

    >>> rotate(torch.ones(1, 1, 8, 8), torch.ones(1)).mean()
    tensor(1.)
    """
    angle_B, matrix = _signed(amount_B) * math.pi / 6, _matrix(image_BCHW)
    matrix[:, 0, 0], matrix[:, 0, 1] = angle_B.cos(), -angle_B.sin()
    matrix[:, 1, 0], matrix[:, 1, 1] = angle_B.sin(), angle_B.cos()
    return _warped(image_BCHW, matrix)


def shear(image_BCHW: Tensor, amount_B: Tensor) -> Tensor:
    """Along the rows or the columns, by up to 0.3."""
    matrix = _matrix(image_BCHW)
    along = int(torch.randint(2, ()))
    matrix[:, along, 1 - along] = 0.3 * _signed(amount_B)
    return _warped(image_BCHW, matrix)


def translate(image_BCHW: Tensor, amount_B: Tensor) -> Tensor:
    """Along the rows or the columns, by up to a third."""
    matrix = _matrix(image_BCHW)
    matrix[:, int(torch.randint(2, ())), 2] = 2 / 3 * _signed(amount_B)
    return _warped(image_BCHW, matrix)


def autocontrast(image_BCHW: Tensor, amount_B: Tensor) -> Tensor:
    """Stretched so that the outer percentiles, up to 5 % at either end, become the darkest and brightest values."""
    flat_BN = image_BCHW.flatten(1)
    low_B, high_B = flat_BN.amin(dim=1), flat_BN.amax(dim=1)
    ordered_BN, count = flat_BN.sort(dim=1).values, flat_BN.shape[1]
    cut_B1 = (0.05 * amount_B * (count - 1)).long()[:, None]
    inner_low, inner_high = ordered_BN.gather(1, cut_B1), ordered_BN.gather(1, count - 1 - cut_B1)
    share_BN = ((flat_BN - inner_low) / (inner_high - inner_low).clamp(min=1e-6)).clamp(0, 1)
    return (low_B[:, None] + share_BN * (high_B - low_B)[:, None]).view_as(image_BCHW)


def equalise(image_BCHW: Tensor, amount_B: Tensor) -> Tensor:
    """Intensities replaced by their ranks, by a share of up to one."""
    flat_BN = image_BCHW.flatten(1)
    rank_BN = flat_BN.argsort(dim=1).argsort(dim=1).to(flat_BN.dtype) / (flat_BN.shape[1] - 1)
    low_B1, high_B1 = flat_BN.amin(dim=1, keepdim=True), flat_BN.amax(dim=1, keepdim=True)
    flattened_BN = low_B1 + rank_BN * (high_B1 - low_B1)
    return flat_BN.lerp(flattened_BN, amount_B[:, None]).view_as(image_BCHW)


def posterise(image_BCHW: Tensor, amount_B: Tensor) -> Tensor:
    """Down to as few as four levels."""
    low, high = image_BCHW.amin(dim=(1, 2, 3), keepdim=True), image_BCHW.amax(dim=(1, 2, 3), keepdim=True)
    levels = 2 ** (8 - 6 * amount_B).round()[:, None, None, None] - 1
    step = (high - low).clamp(min=1e-6) / levels
    return low + ((image_BCHW - low) / step).round() * step


def solarise(image_BCHW: Tensor, amount_B: Tensor) -> Tensor:
    """Pixels above a threshold, the lower the greater the amount, turned into their negative."""
    low, high = image_BCHW.amin(dim=(1, 2, 3), keepdim=True), image_BCHW.amax(dim=(1, 2, 3), keepdim=True)
    threshold = high - amount_B[:, None, None, None] * (high - low)
    return torch.where(image_BCHW > threshold, low + high - image_BCHW, image_BCHW)


OPERATIONS: tuple[Operation, ...] = (rotate, shear, translate, autocontrast, equalise, posterise, solarise)


def any_operation(image_BCHW: Tensor, severity: float) -> Tensor:
    """One operation for the batch, by an amount of up to ``severity`` for each image."""
    chosen = OPERATIONS[int(torch.randint(len(OPERATIONS), ()))]
    return chosen(image_BCHW, severity * torch.rand(len(image_BCHW), device=image_BCHW.device))
