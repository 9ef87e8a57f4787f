"""Records that belong together, so that no split may part them."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import pairwise


def joined(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """For each of ``count`` places the first place that pairs join it with, by any way over others.

    >>> joined(5, [(1, 2), (4, 2)])
    [0, 1, 1, 3, 1]
    """
    leader = list(range(count))

    def root(place: int) -> int:
        while leader[place] != place:
            leader[place] = leader[leader[place]]
            place = leader[place]
        return place

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        leader[high] = low
    return [root(place) for place in range(count)]


def sharing(keys: Sequence[Iterable[Hashable]]) -> Iterator[tuple[int, int]]:
    """Pairs of places that have a key in common.

    >>> joined(3, sharing([["a"], ["b"], ["c", "a"]]))
    [0, 1, 0]
    """
    where: dict[Hashable, list[int]] = {}
    for place, own in enumerate(keys):
        for key in own:
            where.setdefault(key, []).append(place)
    for places in where.values():
        yield from pairwise(places)
