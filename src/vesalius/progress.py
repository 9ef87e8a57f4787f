"""How long work shows that it goes on, without knowing who looks."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

Reporter = Callable[[str, int, int], None]
"""Takes what is being done, how many steps are done, and how many there are."""


def _silent(description: str, done: int, total: int) -> None:
    """Show nothing: what a library does until someone asks."""


_reporter: Reporter = _silent


def report_to(reporter: Reporter | None) -> None:
    """Send all further progress to the reporter, or nowhere."""
    global _reporter
    _reporter = reporter or _silent


def track(items: Iterable[T], description: str, total: int, *, done: int = 0) -> Iterator[T]:
    """Pass the items on, reporting after each; ``done`` items of the total were passed on before.

    >>> sum(track([1, 2, 3], "adding", 3))
    6
    """
    for count, item in enumerate(items, start=done + 1):
        yield item
        _reporter(description, count, total)
