"""Decimal numbers that go through 32 bits and come back as they were written."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def shortest_decimals(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """The shortest decimal that has each 32-bit number as its nearest, as a 64-bit number.

    A decimal of at most six significant digits comes back; NaN and infinities stay.

    >>> float(np.float32(7.4)), shortest_decimals(np.array([7.4], np.float32))
    (7.400000095367432, array([7.4]))
    """
    # numbers of a record repeat, so that few have to be written and read
    encoded = pa.array(values).dictionary_encode()
    told = encoded.dictionary.cast(pa.string()).cast(pa.float64())
    decimals: NDArray[np.float64] = told.to_numpy(zero_copy_only=False)[encoded.indices.to_numpy()]
    return decimals


def rounded(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """To 32 bits; what is too large for them becomes infinite."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def survives(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each number comes back from 32 bits.

    >>> survives(np.array([7.4, 123456.789, np.nan, 1e300])).tolist()
    [True, False, True, False]
    """
    kept: NDArray[np.bool_] = (shortest_decimals(rounded(values)) == values) | np.isnan(values)
    return kept
