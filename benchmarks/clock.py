"""How benchmarks take time and print it."""

import time
from collections.abc import Callable, Iterable

Row = tuple[str, float, float]
"""What was measured, milliseconds of the peer, milliseconds of ours."""


def milliseconds(work: Callable[[], object], *, repeats: int = 5) -> float:
    """Best of a few runs, after one that warms up."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def print_rows(rows: Iterable[Row]) -> None:
    """One line a row, as it comes."""
    print(f"{'peer ms':>10} {'ours ms':>10} {'ratio':>8}")
    for what, theirs, ours in rows:
        print(f"{theirs:10,.1f} {ours:10,.2f} {theirs / ours:7.1f}x  {what}", flush=True)
