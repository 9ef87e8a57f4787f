"""Faults of a server, drawn from a seed: the same calls meet the same faults."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What one call meets."""

    latency_ms: int = 0
    unavailable: bool = False
    stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How often calls meet faults.

    Attributes:
        seed: of what is drawn; call number n of a clinic meets the same fault whatever happened before.
        latency_ms: least and most that a call takes, on the clinic's clock.
        unavailable: share of calls that are answered with 503 and do nothing.
        stale: share of reads and searches that are answered from the past.
        lag_s: how far in the past.

    Raises:
        ValueError: if a share is outside 0 to 1, or a time is negative.
    """

    seed: int = 0
    latency_ms: tuple[int, int] = (0, 0)
    unavailable: float = 0.0
    stale: float = 0.0
    lag_s: float = 60.0

    def __post_init__(self) -> None:
        if not (0 <= self.unavailable <= 1 and 0 <= self.stale <= 1):
            raise ValueError("unavailable and stale: shares of 0 to 1.")
        if not 0 <= self.latency_ms[0] <= self.latency_ms[1] or self.lag_s < 0:
            raise ValueError("latency_ms: the least first, neither negative; lag_s: not negative.")

    def of_call(self, number: int) -> Fault:
        """What a call meets.

        >>> Faults(seed=1, unavailable=0.5).of_call(3) == Faults(seed=1, unavailable=0.5).of_call(3)
        True
        """
        draw = random.Random(f"{self.seed}:{number}")
        return Fault(
            latency_ms=draw.randint(*self.latency_ms),
            unavailable=draw.random() < self.unavailable,
            stale=draw.random() < self.stale,
        )
