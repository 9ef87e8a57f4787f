"""How far a metric and a peer's version of it agree."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import numpy as np

EXACT = 15
"""Digits of agreement that count as exact in double precision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One metric beside one peer on many inputs.

    Attributes:
        metric: identity, such as ``dice@1``.
        peer: package and version.
        inputs: what both were given, in words.
        n: how many values were compared.
        digits: significant digits that agree in the worst case; ``EXACT`` if all do.
        ours, theirs: the values where they differ most.
        note: where they differ, why, and who is right.
    """

    metric: str
    peer: str
    inputs: str
    n: int
    digits: int
    ours: float
    theirs: float
    note: str = ""


def agreement(
    metric: str, peer: str, inputs: str, ours: Sequence[float], theirs: Sequence[float], *, note: str = ""
) -> Agreement:
    """Compare values pairwise; NaN agrees with NaN.

    Args:
        metric: identity of ours.
        peer: name of the peer's package; its version is added.
        inputs: what both were given.
        ours: one value an input.
        theirs: one value an input.
        note: why they differ, where they do.

    Raises:
        ValueError: if there are not as many of ours as of theirs, or none.

    >>> agreement("dice@1", "numpy", "toy", [0.5, 1.0], [0.5, 1.001]).digits
    3
    """
    a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    if a.shape != b.shape or not a.size:
        raise ValueError(f"{metric} and {peer}: {a.size} values beside {b.size}; give one of each an input.")
    both_nan = np.isnan(a) & np.isnan(b)
    relative = np.where(both_nan | (a == b), 0.0, np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-12))
    relative = np.where(np.isnan(relative), 1.0, relative)
    worst = int(relative.argmax())
    digits = EXACT if relative[worst] < 10.0**-EXACT else max(0, math.floor(-math.log10(relative[worst])))
    return Agreement(
        metric=metric,
        peer=f"{peer} {_version(peer)}".strip(),
        inputs=inputs,
        n=a.size,
        digits=min(digits, EXACT),
        ours=float(a[worst]),
        theirs=float(b[worst]),
        note=note,
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
