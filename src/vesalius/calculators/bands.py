"""Points that a score gives to a measurement by its size."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Band:
    """Points of values below a limit, or up to it and including it."""

    limit: float
    points: float
    inclusive: bool


@dataclass(frozen=True, slots=True)
class Bands:
    """Points by size: those of the first band that holds a value, else those beyond the last.

    >>> fever = bands(below(36, 1), up_to(38, 0), beyond=1)
    >>> [fever.of(celsius) for celsius in (35.9, 36, 38, 38.1)]
    [1, 0, 0, 1]
    """

    bands: tuple[Band, ...]
    beyond: float

    def of(self, value: float) -> float:
        """The points of a value."""
        for band in self.bands:
            if value < band.limit or (band.inclusive and value == band.limit):
                return band.points
        return self.beyond


def bands(*each: Band, beyond: float) -> Bands:
    """Bands in rising order, and the points above the last of them."""
    return Bands(each, beyond)


def below(limit: float, points: float) -> Band:
    """The points of what is less than the limit."""
    return Band(limit, points, inclusive=False)


def up_to(limit: float, points: float) -> Band:
    """The points of what is less than the limit or equal to it."""
    return Band(limit, points, inclusive=True)
