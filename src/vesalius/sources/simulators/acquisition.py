"""How simulated pictures are taken: by which scanner, of whom, and where the second scanner is used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vesalius.records import Field, Record

GROUPS: Mapping[str, tuple[str, ...]] = {"sex": ("female", "male"), "site": ("north", "south")}
"""Tags of every simulated record, each value of half of the records, independent of each other and of what is shown."""

LICENCE = "Apache-2.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner:
    """What a device does to the picture that would be ideal.

    Attributes:
        noise: deviation of the noise, in the unit of the source's intensities.
        blur: deviation of the point spread, in pixels.
        shift: added to every intensity, in their unit.

    Raises:
        ValueError: if noise or blur is negative.
    """

    noise: float = 0.02
    blur: float = 0.5
    shift: float = 0.0

    def __post_init__(self) -> None:
        if not (self.noise >= 0 and self.blur >= 0 and np.isfinite(self.shift)):
            raise ValueError(f"noise and blur of a scanner are not negative, its shift is finite; got {self}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedScanner:
    """A second scanner that is used for a known share of one group, and for nobody else.

    Attributes:
        tag: what the group is told by.
        value: of that tag in the group.
        rate: share of the group's records, rounded to whole records.
        scanner: which they are taken with; their tag ``scanner`` says ``second``, that of the others ``first``.

    Raises:
        ValueError: if there is no such group, or the rate is not between 0 and 1.
    """

    tag: Literal["sex", "site"]
    value: str
    rate: float
    scanner: Scanner

    def __post_init__(self) -> None:
        if self.value not in GROUPS.get(self.tag, ()):
            raise ValueError(f"there is no group {self.tag}={self.value}; groups are {dict(GROUPS)}.")
        if not 0 <= self.rate <= 1:
            raise ValueError(f"the share of a group is between 0 and 1; got {self.rate}.")


def balanced(generator: np.random.Generator, values: Sequence[str], count: int) -> list[str]:
    """Each value equally often, or once more, in random order.

    >>> sorted(balanced(np.random.default_rng(0), ("a", "b"), 5))
    ['a', 'a', 'a', 'b', 'b']
    """
    return [values[place % len(values)] for place in generator.permutation(count)]


def tags(count: int, seed: int, linked: LinkedScanner | None) -> list[dict[str, str]]:
    """The tags ``sex``, ``site`` and ``scanner`` of each record."""
    generator = np.random.default_rng((seed, 1))
    drawn = {tag: balanced(generator, values, count) for tag, values in GROUPS.items()}
    second: set[int] = set()
    if linked is not None:
        group = [place for place in range(count) if drawn[linked.tag][place] == linked.value]
        second = set(generator.permutation(group)[: round(linked.rate * len(group))].tolist())
    return [
        {**{tag: values[place] for tag, values in drawn.items()}, "scanner": "second" if place in second else "first"}
        for place in range(count)
    ]


def scanner_of(tags: Mapping[str, str], first: Scanner, linked: LinkedScanner | None) -> Scanner:
    """Which scanner a record of those tags is taken with."""
    return linked.scanner if linked is not None and tags["scanner"] == "second" else first


def streams(seed: int, number: int, count: int) -> list[np.random.Generator]:
    """Independent generators for the parts of one record, so that a change of one part leaves the others as they are."""
    return [np.random.default_rng((seed, 2, number, part)) for part in range(count)]


def record(source: str, number: int, *, seed: int, fields: Mapping[str, Field], tags: Mapping[str, str]) -> Record:
    """One record of a subject of its own."""
    identifier = f"{source}-{seed}-{number:05d}"
    return Record(id=identifier, subject_id=identifier, fields=fields, licence=LICENCE, tags=tags)


def require(condition: bool, sentence: str) -> None:
    """Raise a ValueError with that sentence unless the condition holds."""
    if not condition:
        raise ValueError(sentence)


def require_options(*, count: int, size: int, lesion_size: float, least_size: int = 32) -> None:
    """Check the options that all simulators have.

    Raises:
        ValueError: naming the option that cannot be.
    """
    require(count >= 1, f"count is at least 1; got {count}.")
    require(size >= least_size, f"size is at least {least_size} pixels; got {size}.")
    require(0 < lesion_size <= 0.5, f"lesion_size is a share of the side, above 0 and at most 0.5; got {lesion_size}.")
