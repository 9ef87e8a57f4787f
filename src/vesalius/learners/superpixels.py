"""Synthetic labels: parts of an image that look alike, of any image and without annotation."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.csgraph import dijkstra

COUNT = (4, 40)
"""Parts of an image, at least and at most."""
COMPACT = (0.01, 0.1)
"""Length of a step between neighbours of equal intensity, where one from the darkest to the brightest pixel is 1 longer."""


def superpixels(image_HW: NDArray[np.floating], generator: np.random.Generator) -> NDArray[np.intp]:
    """Parts that end where the image changes, numbered from 0: each pixel goes to the seed with the shortest way to it.

    A way is as long as the changes of intensity along it, and a little for each step. ScribblePrompt has the superpixels of
    Felzenszwalb and Huttenlocher at random scales; these are random in number, compactness and blur.

    >>> image = np.zeros((16, 16))
    >>> image[:, 8:] = 1
    >>> len(np.unique(superpixels(image, np.random.default_rng(0)))) >= 4
    True
    """
    smooth_HW = ndimage.gaussian_filter(image_HW.astype(np.float64), generator.uniform(0, 1.5))
    numbers = np.arange(smooth_HW.size).reshape(smooth_HW.shape)
    pairs = ((numbers[:-1], numbers[1:]), (numbers[:, :-1], numbers[:, 1:]))
    start, end = (np.concatenate([pair[side].reshape(-1) for pair in pairs]) for side in (0, 1))
    values = smooth_HW.reshape(-1) / max(float(np.ptp(smooth_HW)), 1e-6)
    lengths = np.abs(values[start] - values[end]) + generator.uniform(*COMPACT)
    graph = sparse.csr_matrix((lengths, (start, end)), shape=(values.size, values.size))
    seeds = generator.choice(values.size, min(int(generator.integers(*COUNT)), values.size), replace=False)
    nearest = dijkstra(graph, directed=False, indices=seeds, min_only=True, return_predecessors=True)[2]
    parts: NDArray[np.intp] = np.searchsorted(np.sort(seeds), nearest).reshape(smooth_HW.shape)
    return parts


def random_superpixel(image_HW: NDArray[np.floating], generator: np.random.Generator) -> NDArray[np.bool_]:
    """One of the image's superpixels, larger ones more often.

    >>> random_superpixel(np.eye(16), np.random.default_rng(0)).dtype
    dtype('bool')
    """
    parts_HW = superpixels(image_HW, generator)
    chosen: NDArray[np.bool_] = parts_HW == generator.choice(parts_HW.reshape(-1))
    return chosen
