"""Numbers for subjects, which MEDS wants where other formats have names."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError

_LIMIT = 2**63


def hashed(name: str) -> int:
    """The first 63 bits of a name's SHA-256: the same everywhere, and spread evenly.

    >>> hashed("pat-1")
    8347767835314851013
    """
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) >> 1


def subject_ids(names: Sequence[str]) -> NDArray[np.int64]:
    """A number for each name: the name itself where it is the plain decimal form of an int64, else its hash.

    Raises:
        UserError: if two names get the same number.

    >>> subject_ids(["12", "-3", "012"]).tolist() == [12, -3, hashed("012")]
    True
    """
    ids = [_id(name) for name in names]
    if len(set(ids)) < len(ids):
        owner: dict[int, str] = {}
        for name, number in zip(names, ids, strict=True):
            if number in owner:
                raise UserError(f"subjects {owner[number]!r} and {name!r}: both get the id {number}; rename one.")
            owner[number] = name
    return np.array(ids, dtype=np.int64)


def _id(name: str) -> int:
    # 19 digits and a sign hold every int64; longer ones are not turned into a number at all
    if len(name) <= 20 and name.removeprefix("-").isdecimal() and name.isascii():
        number = int(name)
        if -_LIMIT <= number < _LIMIT and str(number) == name:
            return number
    return hashed(name)
