"""Where the voxels of an image are in the patient."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """Affine map from voxel indices to millimetres, RAS+ (as NIfTI and nibabel have it).

    Raises:
        ValueError: if the affine is not a finite, invertible 4×4 matrix.

    >>> Geometry(np.diag([2.0, 1.0, 3.0, 1.0])).spacing
    (2.0, 1.0, 3.0)
    """

    affine: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.affine.shape != (4, 4) or not np.isfinite(self.affine).all() or not np.linalg.det(self.affine[:3, :3]):
            raise ValueError("the affine must be a finite, invertible 4x4 matrix; read the file's header again.")

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Millimetres between neighbouring voxels along each array axis."""
        x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(x), float(y), float(z)
