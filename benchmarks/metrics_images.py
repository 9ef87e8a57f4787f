"""Image metrics beside their peers, on the same input, in one process.

python benchmarks/metrics.py images
"""

from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec

import numpy as np

from clock import milliseconds
from vesalius.metrics.distribution import fid
from vesalius.metrics.images import psnr
from vesalius.metrics.information import normalised_mutual_information
from vesalius.metrics.structural_similarity import ms_ssim, ssim

REPEATS = 5


def pair(*shape: int) -> tuple[np.ndarray, np.ndarray]:
    """A random image and the same with noise."""
    rng = np.random.default_rng(0)
    truth = rng.random(shape)
    return np.clip(truth + 0.1 * rng.standard_normal(shape), 0, 1), truth


def rows() -> Iterator[tuple[str, float, float]]:
    """What was measured, milliseconds of the peer, milliseconds of ours."""
    if find_spec("skimage"):
        yield from with_skimage()
    else:
        print("scikit-image is not installed: its rows are absent.")
    if find_spec("monai"):
        yield from with_monai()
    else:
        print("monai is not installed: its rows are absent.")


def with_skimage() -> Iterator[tuple[str, float, float]]:
    """SSIM in 2D and 3D, PSNR, normalised mutual information."""
    from skimage import metrics

    wang = {"gaussian_weights": True, "use_sample_covariance": False, "data_range": 1.0}
    for name, images in (("224²", pair(224, 224)), ("512²", pair(512, 512)), ("128³", pair(128, 128, 128))):
        theirs = milliseconds(partial(metrics.structural_similarity, *images, **wang))
        yield f"SSIM, {name}: scikit-image", theirs, milliseconds(partial(ssim, *images))
    images = pair(128, 128, 128)
    theirs = milliseconds(partial(metrics.peak_signal_noise_ratio, *images, data_range=1.0))
    yield "PSNR, 128³: scikit-image", theirs, milliseconds(partial(psnr, *images))
    theirs = milliseconds(partial(metrics.normalized_mutual_information, *images), repeats=2)
    yield (
        "normalised mutual information, 128³: scikit-image",
        theirs,
        milliseconds(partial(normalised_mutual_information, *images)),
    )


def with_monai() -> Iterator[tuple[str, float, float]]:
    """SSIM, MS-SSIM and FID; MONAI computes the first two in single precision."""
    import torch
    from monai.metrics import FIDMetric, MultiScaleSSIMMetric, SSIMMetric

    for name, images in (("512²", pair(512, 512)), ("128³", pair(128, 128, 128))):
        batches = [torch.from_numpy(image)[None, None] for image in images]
        theirs = milliseconds(partial(SSIMMetric(images[0].ndim, data_range=1.0), *batches), repeats=2)
        yield f"SSIM, {name}: monai, single precision", theirs, milliseconds(partial(ssim, *images))
    images = pair(512, 512)
    batches = [torch.from_numpy(image)[None, None] for image in images]
    theirs = milliseconds(partial(MultiScaleSSIMMetric(2, data_range=1.0), *batches))
    yield "MS-SSIM, 512²: monai, single precision", theirs, milliseconds(partial(ms_ssim, *images))
    features = pair(2000, 512)
    tensors = [torch.from_numpy(each) for each in features]
    theirs = milliseconds(partial(FIDMetric(), *tensors), repeats=1)
    yield "FID, 2,000 × 512: monai", theirs, milliseconds(partial(fid, *features), repeats=2)
