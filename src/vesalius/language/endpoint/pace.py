"""When the next request may go out, for all threads together."""

import random
import threading
import time

SHORTEST, LONGEST = 1.0, 60.0
"""Seconds to wait before the first retry, and at most before any."""

LONGEST_ASKED = 600.0
"""Seconds that a server may ask for by Retry-After."""


def backoff(attempt: int, chance: float) -> float:
    """Seconds before retry number ``attempt``, from 0: doubled each time, and shortened by chance by up to a half.

    Without chance, clients that were turned away together would come back together.

    >>> backoff(0, 0.0), backoff(3, 0.0), backoff(3, 1.0), backoff(20, 0.0)
    (1.0, 8.0, 4.0, 60.0)
    """
    return min(SHORTEST * 2.0**attempt, LONGEST) * (1.0 - chance / 2)


class Pace:
    """Spaces requests evenly, and holds all of them while a server asks for it.

    Args:
        per_minute: requests; None for as many as there are.
    """

    def __init__(self, per_minute: float | None) -> None:
        self._gap = 60.0 / per_minute if per_minute else 0.0
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self, stopped: threading.Event) -> None:
        """Return when it is this request's turn, or at once when everything stops."""
        while not stopped.is_set():
            with self._lock:
                left = self._next - time.monotonic()
                if left <= 0:
                    self._next = time.monotonic() + self._gap
                    return
            stopped.wait(left)

    def hold(self, seconds: float) -> None:
        """Let no request out for so long."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + min(seconds, LONGEST_ASKED))

    def back_off(self, attempt: int, stopped: threading.Event) -> None:
        """Wait before a retry, this thread alone."""
        # waiting times change no answer, so their chance needs no seed
        stopped.wait(backoff(attempt, random.random()))
