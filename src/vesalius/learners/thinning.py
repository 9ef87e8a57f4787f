"""Thinning of a region to its skeleton (Zhang and Suen 1984, Communications of the ACM 27)."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Region = NDArray[np.bool_]
_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
"""The neighbours P2 to P9, clockwise from above."""


def thin(region: Region) -> Region:
    """The skeleton: one pixel wide, within the region, in as many parts.

    Only a square of 2×2 pixels vanishes; a region of nothing else is given back as it is before that.

    >>> thin(np.pad(np.ones((3, 7), bool), 1)).astype(int)[2].tolist()
    [0, 0, 1, 1, 1, 1, 0, 0, 0]
    """
    padded = np.pad(region, 1)
    while True:
        before = padded
        for half in _removed():
            padded = padded & ~half[_neighbourhood(padded)]
            if not padded.any():
                return before[1:-1, 1:-1]
        if (padded == before).all():
            return padded[1:-1, 1:-1]


def _neighbourhood(padded: Region) -> NDArray[np.uint8]:
    """Which neighbours of each pixel are set, one bit each."""
    code = np.zeros(padded.shape, dtype=np.uint8)
    inner = code[1:-1, 1:-1]
    height, width = padded.shape
    for bit, (row, column) in enumerate(_AROUND):
        inner |= padded[1 + row : height - 1 + row, 1 + column : width - 1 + column].view(np.uint8) << np.uint8(bit)
    return code


@cache
def _removed() -> tuple[Region, Region]:
    """Of each of the 256 neighbourhoods, whether its pixel goes in the first and in the second half of a pass."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    count, changes = bits.sum(axis=1), ((bits == 0) & (np.roll(bits, -1, axis=1) == 1)).sum(axis=1)
    border = (count >= 2) & (count <= 6) & (changes == 1)
    above, right, below, left = bits[:, 0], bits[:, 2], bits[:, 4], bits[:, 6]
    first = border & (above * right * below == 0) & (right * below * left == 0)
    second = border & (above * right * left == 0) & (above * below * left == 0)
    return first, second
