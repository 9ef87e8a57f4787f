"""Connected components, in the smallest type that holds their numbers."""

import numpy as np
from numpy.typing import NDArray


def components(mask: NDArray[np.bool_], *, faces_only: bool = False) -> tuple[NDArray[np.integer], int]:
    """Number the components of a mask, connected by faces, edges and corners or by faces only.

    Returns:
        The components as 1, 2, ... and how many there are.

    >>> components(np.array([[1, 0], [0, 1]], bool))[1], components(np.array([[1, 0], [0, 1]], bool), faces_only=True)[1]
    (1, 2)
    """
    from scipy import ndimage

    structure = ndimage.generate_binary_structure(mask.ndim, 1 if faces_only else mask.ndim)
    numbers = np.empty(mask.shape, np.uint16)
    try:
        count = ndimage.label(mask, structure, output=numbers)
    except RuntimeError:  # more components than the type has numbers
        numbers = np.empty(mask.shape, np.int32)
        count = ndimage.label(mask, structure, output=numbers)
    return numbers, int(count)
