"""Image metrics beside scikit-image, MONAI, torchmetrics, scikit-learn and SimpleITK."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vesalius.conformance.agreement import Agreement, agreement
from vesalius.metrics.distribution import fid, kid, mmd
from vesalius.metrics.images import image_mae, image_mse, nmse, psnr
from vesalius.metrics.information import mutual_information, normalised_mutual_information
from vesalius.metrics.perceptual import feature_distance
from vesalius.metrics.registration import jacobian_determinants
from vesalius.metrics.structural_similarity import ms_ssim, ssim
from vesalius.sources.public import root

Image = NDArray[np.float64]
Pairs = list[tuple[Image, Image]]

SINGLE = "MONAI computes in single precision."
BORDER = (
    "torchmetrics mirrors the image at its border and also counts windows that lie partly beyond it; Wang et al. count whole "
    "windows only, as here and in scikit-image and MONAI."
)
ODD = "MONAI drops the last row of an odd side when it halves; Wang's code repeats it, as here. Equal for even sides."
FEW = (
    "with fewer images than features the peer takes roots of eigenvalues that are 0 but for rounding; here singular values "
    "are added, and a set moved by 0.1 along 64 features gives 0.64 to all digits."
)
LINEAR = "MONAI's kernel is the plain product x·y, which compares only the means; Gretton's tests use a Gaussian one, as here."


def agreements() -> Iterator[Agreement]:
    """Every image metric that an installed peer has."""
    if find_spec("skimage"):
        yield from _with_skimage()
    if find_spec("monai"):
        yield from _with_monai()
    if find_spec("torchmetrics"):
        yield from _with_torchmetrics()
    if find_spec("sklearn"):
        yield from _with_sklearn()
    if find_spec("SimpleITK"):
        yield from _with_simpleitk()


def noisy_pairs(*shapes: tuple[int, ...]) -> Pairs:
    """A random image of each shape from 0 to 1, with noise, and without."""
    rng = np.random.default_rng(0)
    truths = [rng.random(shape) for shape in shapes]
    return [(np.clip(truth + 0.1 * rng.standard_normal(truth.shape), 0, 1), truth) for truth in truths]


def real_pairs() -> Pairs:
    """Up to five real chest X-rays and five blood smears, in grey, with noise and without; none where they are absent."""
    from PIL import Image as Picture

    rng = np.random.default_rng(1)
    files = []
    for folder in (("covid-xray",), ("bccd", "JPEGImages")):
        if root.present(*folder):
            files += sorted(root.path(*folder).rglob("*.jp*g"))[:5]
    truths = [np.asarray(Picture.open(file).convert("L")) / 255.0 for file in files]
    return [(np.clip(truth + 0.05 * rng.standard_normal(truth.shape), 0, 1), truth) for truth in truths]


def _inputs() -> Iterator[tuple[str, Pairs]]:
    yield "random images, 2D and 3D", noisy_pairs((11, 11), (64, 48), (193, 211), (20, 24, 30))
    if real := real_pairs():
        yield f"{len(real)} real chest X-rays and blood smears with noise", real


def _with_skimage() -> Iterator[Agreement]:
    from skimage import metrics

    def peer_ssim(first: Image, second: Image) -> float:
        wang = {"gaussian_weights": True, "use_sample_covariance": False}
        return float(metrics.structural_similarity(first, second, data_range=1.0, **wang))

    def peer_psnr(first: Image, second: Image) -> float:
        return float(metrics.peak_signal_noise_ratio(second, first, data_range=1.0))

    def peer_nmse(first: Image, second: Image) -> float:
        return float(metrics.normalized_root_mse(second, first, normalization="euclidean")) ** 2

    for name, pairs in _inputs():
        for metric, ours, theirs in (
            ("ssim@1", ssim, peer_ssim),
            ("psnr@1", psnr, peer_psnr),
            ("nmse@1", nmse, peer_nmse),
            ("image_mse@1", image_mse, metrics.mean_squared_error),
            ("normalised_mutual_information@1", normalised_mutual_information, metrics.normalized_mutual_information),
        ):
            values = [ours(*pair) for pair in pairs], [float(theirs(*pair)) for pair in pairs]
            yield agreement(metric, "scikit-image", name, *values)


def _batch(image: NDArray[Any]) -> Any:
    import torch

    return torch.from_numpy(np.ascontiguousarray(image))[None, None]


def _with_monai() -> Iterator[Agreement]:
    from monai.metrics import FIDMetric, MAEMetric, MMDMetric, MultiScaleSSIMMetric, SSIMMetric

    for name, pairs in _inputs():
        theirs = [float(SSIMMetric(truth.ndim, data_range=1.0)(_batch(made), _batch(truth))) for made, truth in pairs]
        yield agreement("ssim@1", "monai", name, [ssim(*pair) for pair in pairs], theirs, note=SINGLE)
        theirs = [float(MAEMetric()(_batch(made), _batch(truth))) for made, truth in pairs]
        yield agreement("image_mae@1", "monai", name, [image_mae(*pair) for pair in pairs], theirs)
    for name, shape, note in (("even", (192, 208), SINGLE), ("odd", (193, 211), ODD)):
        pairs = noisy_pairs(shape)
        theirs = [float(MultiScaleSSIMMetric(2, data_range=1.0)(_batch(made), _batch(truth))) for made, truth in pairs]
        ours = [ms_ssim(*pair) for pair in pairs]
        yield agreement("ms_ssim@1", "monai", f"a random image of {name} sides", ours, theirs, note=note)
    for name, (made, real), note in _features():
        theirs = [float(FIDMetric()(_batch(made)[0, 0], _batch(real)[0, 0]))]
        yield agreement("fid@1", "monai", name, [fid(made, real)], theirs, note=note)
    made, real = _features()[0][1]
    theirs = [float(MMDMetric()(_batch(real)[0, 0][:, None, None], _batch(made)[0, 0][:, None, None]))]
    yield agreement("mmd@1", "monai", "300 × 16 random features", [mmd(made, real)], theirs, note=LINEAR)


def _features() -> list[tuple[str, tuple[Image, Image], str]]:
    rng = np.random.default_rng(2)
    same = rng.random((20, 64))
    return [
        ("300 × 16 random features", (rng.random((300, 16)), rng.random((300, 16)) + 0.1), ""),
        ("20 × 64 random features", (rng.random((20, 64)), rng.random((20, 64)) + 0.1), FEW),
        ("20 × 64 random features and the same moved by 0.1", (same + 0.1, same), FEW),
    ]


def _with_torchmetrics() -> Iterator[Agreement]:
    import torch
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure as peer_ms_ssim
    from torchmetrics.functional.image import structural_similarity_index_measure as peer_ssim
    from torchmetrics.functional.image.lpips import _normalize_tensor, _spatial_average
    from torchmetrics.image.fid import _compute_fid
    from torchmetrics.image.kid import poly_mmd

    for name, pairs in _inputs():
        theirs = [float(peer_ssim(_batch(made), _batch(truth), data_range=1.0)) for made, truth in pairs]
        yield agreement("ssim@1", "torchmetrics", name, [ssim(*pair) for pair in pairs], theirs, note=BORDER)
    pair = noisy_pairs((192, 208))[0]
    theirs = [float(peer_ms_ssim(_batch(pair[0]), _batch(pair[1]), data_range=1.0))]
    yield agreement("ms_ssim@1", "torchmetrics", "a random image of even sides", [ms_ssim(*pair)], theirs, note=BORDER)
    for name, (made, real), note in _features():
        moments = [torch.from_numpy(value) for each in (made, real) for value in (each.mean(axis=0), np.cov(each.T))]
        yield agreement("fid@1", "torchmetrics", name, [fid(made, real)], [float(_compute_fid(*moments))], note=note)
        theirs = [float(poly_mmd(torch.from_numpy(made), torch.from_numpy(real)))]
        yield agreement("kid@1", "torchmetrics", name, [kid(made, real)], theirs)
    made, real = (image.transpose(2, 0, 1) for image in noisy_pairs((16, 18, 8))[0])
    units = [_normalize_tensor(torch.from_numpy(np.ascontiguousarray(maps))[None]) for maps in (made, real)]
    theirs = [float(_spatial_average(((units[0] - units[1]) ** 2).sum(dim=1, keepdim=True)))]
    ours = [feature_distance(made, real, encoder=_Given())]
    inputs = "one layer of 8 maps, LPIPS's normalisation and average"
    note = "torchmetrics adds 1e-8 to the length of a vector, LPIPS's authors and this 1e-10."
    yield agreement("feature_distance@1", "torchmetrics", inputs, ours, theirs, note=note)


class _Given:
    """The image itself as its only layer."""

    name = "given maps"

    def layers(self, image: NDArray[Any]) -> list[NDArray[np.floating]]:
        """The maps that came in."""
        return [image]


def _with_sklearn() -> Iterator[Agreement]:
    from sklearn.metrics import mutual_info_score
    from sklearn.metrics.pairwise import rbf_kernel

    rng = np.random.default_rng(3)
    labels = [(rng.integers(0, 100, 5000), rng.integers(0, 100, 5000)), (rng.integers(0, 10, 500), rng.integers(0, 10, 500))]
    ours = [mutual_information(*labels[0], bins=100), mutual_information(*labels[1], bins=10)]
    theirs = [float(mutual_info_score(*pair)) for pair in labels]
    yield agreement("mutual_information@1", "scikit-learn", "two pairs of random labels, a bin each", ours, theirs)
    made, real = _features()[0][1]
    kernels = [rbf_kernel(*each, gamma=0.5) for each in ((made, made), (real, real), (made, real))]
    within = [(kernel.sum() - np.trace(kernel)) / (len(kernel) * (len(kernel) - 1)) for kernel in kernels[:2]]
    by_hand = [float(sum(within) - 2 * kernels[2].mean())]
    yield agreement(
        "mmd@1", "scikit-learn", "sums of its rbf_kernel, 300 × 16 features", [mmd(made, real, bandwidth=1.0)], by_hand
    )


def _with_simpleitk() -> Iterator[Agreement]:
    import SimpleITK

    border = "ITK repeats the voxel at the border where a one-sided difference is taken here; the same inside, which is compared."
    rng = np.random.default_rng(4)
    ours: list[float] = []
    theirs: list[float] = []
    for shape in ((40, 50), (14, 16, 18)):
        field = rng.normal(0, 0.4, (len(shape), *shape))
        vectors = np.ascontiguousarray(np.moveaxis(field[::-1], 0, -1))  # ITK's components stand in the order x, y, z
        determinants = SimpleITK.DisplacementFieldJacobianDeterminant(SimpleITK.GetImageFromArray(vectors, isVector=True))
        inner = (slice(1, -1),) * len(shape)
        inside = SimpleITK.GetArrayFromImage(determinants)[inner]
        peer = float((inside <= 0).mean()), float(np.log(np.maximum(inside, 1e-9)).std())
        ours += _inner_jacobian(field)
        theirs += peer
    yield agreement("folded_share@1", "simpleitk", "a random field in 2D and in 3D", ours[::2], theirs[::2], note=border)
    yield agreement("log_jacobian_std@1", "simpleitk", "a random field in 2D and in 3D", ours[1::2], theirs[1::2], note=border)


def _inner_jacobian(field: Image) -> tuple[float, float]:
    """Both metrics over the voxels inside, from the determinants that they use."""
    inside = jacobian_determinants(field)[(slice(1, -1),) * len(field)]
    return float((inside <= 0).mean()), float(np.log(np.maximum(inside, 1e-9)).std())
