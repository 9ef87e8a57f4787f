"""What is costly and comes out the same is done once a process, where several arms or tasks of a trial ask for it."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

_all: list["Remembered[object]"] = []


class Remembered(Generic[T]):
    """The last few results of a call, by all that they depend on.

    The seconds of a call are spent by the first who asks; its tokens are told to each. Whoever is given a result must not
    change it.

    Args:
        most: results that are kept.

    >>> lengths: Remembered[int] = Remembered(2)
    >>> lengths.get("abc", lambda: 3), lengths.get("abc", lambda: 0)
    (3, 3)
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[Hashable, T] = OrderedDict()
        _all.append(self)  # type: ignore[arg-type]  # only to be emptied

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What the key gave before, or what ``make`` gives now.

        Args:
            key: all that the result depends on; models by the digest of their weights.
            make: the call.
        """
        if key not in self._found:
            self._found[key] = make()
        self._found.move_to_end(key)
        while len(self._found) > self._most:
            self._found.popitem(last=False)
        return self._found[key]

    def clear(self) -> None:
        """Keep nothing."""
        self._found.clear()


def forget() -> None:
    """Do anew what is asked for next."""
    for each in _all:
        each.clear()
