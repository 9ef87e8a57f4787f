"""Finds which pictures are tiles of one larger field of view."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

LEAST_CORRELATION, GREATEST_DIFFERENCE = 0.9, 0.5


def tile_groups(pictures_HW: Sequence[NDArray[np.floating]]) -> list[int]:
    """For each picture, the first of those that it was cut from one field with.

    Two tiles lie side by side if the last column of one continues in the first column of the other (or rows): the border lines
    correlate at 0.9 or more, differ by at most half of their deviation on average, and each is the other's best match. Lines
    without structure match nothing. Tiles are grouped over any number of steps.

    Args:
        pictures_HW: grey pictures; only those of one size can be tiles of one field.

    >>> field = np.random.default_rng(0).normal(size=(8, 40)).cumsum(axis=1)
    >>> tile_groups([field[:, :20], -field[:, 20:], field[:, 20:]])
    [0, 1, 0]
    """
    links: list[tuple[int, int]] = []
    for size in sorted({picture.shape for picture in pictures_HW}):
        members = [index for index, picture in enumerate(pictures_HW) if picture.shape == size]
        stack_NHW = np.stack([pictures_HW[index] for index in members]).astype(float)
        for ends_NL, starts_NL in ((stack_NHW[:, :, -1], stack_NHW[:, :, 0]), (stack_NHW[:, -1], stack_NHW[:, 0])):
            links += [(members[before], members[after]) for before, after in _continuing(ends_NL, starts_NL)]
    count = len(pictures_HW)
    rows, columns = np.array(links, dtype=int).reshape(-1, 2).T
    _, groups = connected_components(coo_array((np.ones(len(links)), (rows, columns)), shape=(count, count)), directed=False)
    first = {int(group): index for index, group in reversed(list(enumerate(groups)))}
    return [first[int(group)] for group in groups]


def _continuing(ends_NL: NDArray[np.float64], starts_NL: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs of which the end of one continues in the start of the other."""
    correlation_NN = _standard(ends_NL) @ _standard(starts_NL).T / ends_NL.shape[1]
    np.fill_diagonal(correlation_NN, -1)
    after_N, before_N = correlation_NN.argmax(axis=1), correlation_NN.argmax(axis=0)
    pairs = []
    for before, after in enumerate(after_N):
        difference = np.abs(ends_NL[before] - starts_NL[after]).mean()
        continues = (
            correlation_NN[before, after] >= LEAST_CORRELATION and difference <= GREATEST_DIFFERENCE * ends_NL[before].std()
        )
        if before_N[after] == before and continues:
            pairs.append((before, int(after)))
    return pairs


def _standard(lines_NL: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lines with mean 0 and deviation 1; one without variation becomes 0."""
    centred_NL = lines_NL - lines_NL.mean(axis=1, keepdims=True)
    deviation_N1 = centred_NL.std(axis=1, keepdims=True)
    standard_NL: NDArray[np.float64] = centred_NL / np.where(deviation_N1 > 0, deviation_N1, np.inf)
    return standard_NL
