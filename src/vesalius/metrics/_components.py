"""Connected components, in the smallest type that holds their numbers."""

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray


def components(mask: NDArray[np.bool_], *, faces_only: bool = False) -> tuple[NDArray[np.integer], int]:
    """Number the components of a mask, connected by faces, edges and corners or by faces only.

    Two bytes a voxel, or four where there are more than 65,535 components, as in noise.

    Returns:
        The components as 1, 2, ... and how many there are.

    >>> components(np.array([[1, 0], [0, 1]], bool))[1], components(np.array([[1, 0], [0, 1]], bool), faces_only=True)[1]
    (1, 2)
    """
    from scipy import ndimage

    structure = ndimage.generate_binary_structure(mask.ndim, 1 if faces_only else mask.ndim)
    for kind in (np.uint16, np.int32):
        numbers = np.empty(mask.shape, kind)
        with suppress(RuntimeError):  # more components than the type has numbers
            return numbers, int(ndimage.label(mask, structure, output=numbers))
        del numbers
    raise ValueError(f"a mask of shape {mask.shape} has more components than can be numbered; give a part of it.")
