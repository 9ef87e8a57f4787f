"""Random views of images, as self-supervision takes them; standardised intensities, C×H×W."""

import numpy as np
import torch
from torch.nn import functional

from vesalius.learners.intensity import Pixels

Range = tuple[float, float]


def random_resized_crop(image_CHW: Pixels, size: int, area: Range, random: np.random.Generator) -> Pixels:
    """A piece of a share of the area drawn from that range, of sides at most 4:3, at a random place, resized to a square.

    >>> random_resized_crop(np.zeros((1, 20, 30), dtype=np.float32), 16, (0.5, 1.0), np.random.default_rng(0)).shape
    (1, 16, 16)
    """
    rows, columns = image_CHW.shape[1:]
    share, ratio = random.uniform(*area), np.exp(random.uniform(np.log(3 / 4), np.log(4 / 3)))
    height = min(rows, max(1, round(float(np.sqrt(rows * columns * share / ratio)))))
    width = min(columns, max(1, round(float(np.sqrt(rows * columns * share * ratio)))))
    top, left = int(random.integers(rows - height + 1)), int(random.integers(columns - width + 1))
    piece = torch.from_numpy(np.ascontiguousarray(image_CHW[:, top : top + height, left : left + width]))
    return functional.interpolate(piece[None], (size, size), mode="bilinear", align_corners=False, antialias=True)[0].numpy()


def strong_view(image_CHW: Pixels, size: int, area: Range, random: np.random.Generator) -> Pixels:
    """The augmentation of MoCo v2 for grey images: crop, brightness and contrast, blur, mirroring.

    Chen et al. 2020 (arXiv 2003.04297); hue, saturation and the loss of colour do nothing to a grey image and are left out.
    """
    view = random_resized_crop(image_CHW, size, area, random)
    if random.random() < 0.8:
        mean = view.mean()
        view = (view - mean) * random.uniform(0.6, 1.4) + mean + random.uniform(-0.4, 0.4)
    if random.random() < 0.5:
        view = _blurred(view, random.uniform(0.1, 2.0) * size / 224)
    if random.random() < 0.5:
        view = view[:, :, ::-1]
    return np.ascontiguousarray(view, dtype=np.float32)


def _blurred(image_CHW: Pixels, deviation: float) -> Pixels:
    from scipy.ndimage import gaussian_filter

    blurred: Pixels = gaussian_filter(image_CHW, (0, deviation, deviation))
    return blurred
