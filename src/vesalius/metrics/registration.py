"""How well a registration brings landmarks together, and whether its displacement field folds."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from vesalius.metrics._image_checks import Floats, as_image
from vesalius.metrics.metric import NOT_NEGATIVE, metric

_SMALLEST = 1e-9
_SLAB = 1 << 16


def _landmarks(name: str, values: ArrayLike) -> Floats:
    positions = np.asarray(values)
    if positions.size == 0:
        return np.empty((0, positions.shape[1] if positions.ndim == 2 else 0))
    positions = as_image(name, positions).astype(np.float64)
    if positions.ndim != 2 or positions.shape[1] not in (2, 3):
        raise ValueError(f"{name} must be an N×2 or N×3 array of positions, not {positions.shape}.")
    return positions


@metric(
    family="image",
    range=NOT_NEGATIVE,
    higher_is_better=False,
    undefined="there is no landmark",
    properties={"symmetric", "identity", "scales with spacing", "translation"},
)
def target_registration_error(
    prediction: ArrayLike, truth: ArrayLike, *, spacing: Sequence[float] | None = None, affine: ArrayLike | None = None
) -> float:
    """Mean Euclidean distance of landmarks from where they belong, Σ‖A(p - t)‖ / n, in millimetres (Fitzpatrick and West 2001).

    Args:
        prediction: N×2 or N×3 positions.
        truth: N×2 or N×3 positions, row i the same landmark as row i of the prediction.
        spacing: millimetres a voxel along each axis, where positions are in voxels.
        affine: matrix from voxels to millimetres, (d+1)×(d+1), or its d×d part, instead of the spacing; its shift plays no part.
            With neither, positions are in millimetres already.

    Returns:
        Millimetres; NaN if there is no landmark.

    Raises:
        ValueError: if the shapes differ, a position is NaN or infinite, or spacing or affine do not fit or are degenerate.

    >>> target_registration_error([[0, 0, 0]], [[0, 3, 4]], spacing=(5.0, 1.0, 1.0))
    5.0
    """
    first, second = _landmarks("prediction", prediction), _landmarks("truth", truth)
    if len(first) != len(second) or (first.size and first.shape != second.shape):
        raise ValueError(
            f"prediction {first.shape} and truth {second.shape} differ in shape; give the same landmarks in one order."
        )
    if not first.size:
        return math.nan
    difference = (first - second) @ _to_millimetres(first.shape[1], spacing, affine).T
    return float(np.sqrt((difference**2).sum(axis=1)).mean())


def _to_millimetres(axes: int, spacing: Sequence[float] | None, affine: ArrayLike | None) -> Floats:
    """The linear map from voxels to millimetres."""
    if spacing is not None and affine is not None:
        raise ValueError("spacing and affine both give the size of a voxel; name one of them.")
    if affine is None:
        return np.diag(_spacing(axes, spacing))
    matrix = np.asarray(affine, dtype=np.float64)
    if matrix.shape not in ((axes, axes), (axes + 1, axes + 1)) or not np.isfinite(matrix).all():
        raise ValueError(f"affine must be a finite {axes + 1}×{axes + 1} matrix, not {matrix.shape}.")
    linear = matrix[:axes, :axes]
    if np.linalg.det(linear) == 0:
        raise ValueError("affine is singular: a voxel has no volume.")
    return linear


def _spacing(axes: int, spacing: Sequence[float] | None) -> Floats:
    sizes = np.ones(axes) if spacing is None else np.asarray(spacing, dtype=np.float64)
    if sizes.shape != (axes,) or not (np.isfinite(sizes) & (sizes > 0)).all():
        raise ValueError(f"spacing must be {axes} positive numbers, not {spacing}.")
    return sizes


def _determinants(displacement: ArrayLike, spacing: Sequence[float] | None) -> Iterator[Floats]:
    """Jacobian determinants of x + u(x), some slices along the first axis at a time."""
    field = as_image("displacement", displacement)
    axes = field.ndim - 1
    if axes not in (2, 3) or field.shape[0] != axes:
        raise ValueError(f"a displacement field is 2×H×W or 3×D×H×W, not {field.shape}.")
    if min(field.shape[1:]) < 2:
        raise ValueError(f"a displacement field has at least two voxels along each axis, not {field.shape[1:]}.")
    sizes = _spacing(axes, spacing)
    length = field.shape[1]
    step = max(1, _SLAB // math.prod(field.shape[2:]))
    for start in range(0, length, step):
        low, high = max(start - 1, 0), min(start + step + 1, length)
        inner = slice(start - low, min(start + step, length) - low)
        yield _determinant(field[:, low:high].astype(np.float64), sizes, inner)


def _determinant(field: Floats, sizes: Floats, inner: slice) -> Floats:
    """Determinant of the identity plus the gradient, central differences inside and one-sided ones at the border."""
    axes = len(field)
    jacobian = [
        [np.gradient(field[row], sizes[column], axis=column)[inner] + (row == column) for column in range(axes)]
        for row in range(axes)
    ]
    if axes == 2:
        (a, b), (c, d) = jacobian
        return np.asarray(a * d - b * c)
    (a, b, c), (d, e, f), (g, h, i) = jacobian
    return np.asarray(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g))


def jacobian_determinants(displacement: ArrayLike, *, spacing: Sequence[float] | None = None) -> Floats:
    """Map of det(I + ∇u), how much a voxel's volume changes: below 1 it shrinks, at 0 or less the field folds.

    Args:
        displacement: u, d×H×W or d×D×H×W, component i along axis i, in voxels.
        spacing: millimetres a voxel along each axis, where u is in millimetres.

    Returns:
        Determinants, H×W or D×H×W, by central differences, at the border by one-sided ones.

    Raises:
        ValueError: if the field has another layout, a side of one voxel, NaN or infinities, or the spacing does not fit.

    >>> twice = np.stack(np.meshgrid(np.arange(3.0), np.arange(3.0), indexing="ij"))  # x + u = 2 x
    >>> jacobian_determinants(twice)[1]
    array([4., 4., 4.])
    """
    return np.concatenate(list(_determinants(displacement, spacing)))


@metric(family="image", higher_is_better=False, properties={"translation"})
def folded_share(prediction: ArrayLike, truth: object = None, *, spacing: Sequence[float] | None = None) -> float:
    """Share of voxels where a displacement field folds: det(I + ∇u) ≤ 0 (Ashburner 2007; as reported by Learn2Reg).

    Args:
        prediction: displacement u, d×H×W or d×D×H×W, component i along axis i, in voxels.
        truth: plays no part; a field is judged by itself.
        spacing: millimetres a voxel along each axis, where u is in millimetres.

    Returns:
        From 0 to 1 over all voxels, those at the border by one-sided differences; 0 for a constant field, a translation.

    Raises:
        ValueError: if the field has another layout, a side of one voxel, NaN or infinities, or the spacing does not fit.

    >>> mirrored = np.zeros((2, 4, 4))
    >>> mirrored[0] = -2 * np.arange(4)[:, None]
    >>> folded_share(mirrored), folded_share(np.zeros((2, 4, 4)))
    (1.0, 0.0)
    """
    folded = voxels = 0
    for determinants in _determinants(prediction, spacing):
        folded += int((determinants <= 0).sum())
        voxels += determinants.size
    return folded / voxels


@metric(family="image", range=NOT_NEGATIVE, higher_is_better=False, properties={"translation"})
def log_jacobian_std(prediction: ArrayLike, truth: object = None, *, spacing: Sequence[float] | None = None) -> float:
    """Standard deviation over voxels of log det(I + ∇u), how unevenly a field stretches (Leow et al. 2007).

    Args:
        prediction: displacement u, d×H×W or d×D×H×W, component i along axis i, in voxels.
        truth: plays no part; a field is judged by itself.
        spacing: millimetres a voxel along each axis, where u is in millimetres.

    Returns:
        Without unit; a determinant below 1e-9, which has no logarithm where the field folds, counts as 1e-9; 0 for a translation
        or an even scaling.

    Raises:
        ValueError: if the field has another layout, a side of one voxel, NaN or infinities, or the spacing does not fit.

    >>> log_jacobian_std(np.ones((3, 4, 4, 4)))
    0.0
    """
    voxels, mean, spread = 0, 0.0, 0.0
    for determinants in _determinants(prediction, spacing):
        logs = np.log(np.maximum(determinants, _SMALLEST))
        shift, total = float(logs.mean()) - mean, voxels + logs.size
        spread += float(((logs - logs.mean()) ** 2).sum()) + shift * shift * voxels * logs.size / total
        mean += shift * logs.size / total
        voxels = total
    return math.sqrt(spread / voxels)
