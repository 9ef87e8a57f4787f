"""Verdicts counted over tasks."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from vesalius.statistics.estimate import Estimate
from vesalius.statistics.proportions import wilson
from vesalius.statistics.verdicts import VERDICTS, Verdict


@dataclass(frozen=True, slots=True)
class WinTieLoss:
    """How often each verdict was reached, and its share of the tasks with a Wilson interval.

    >>> win_tie_loss({"cxr": "better", "ecg": "tied"}).counts["better"]
    1
    """

    tasks: int
    counts: dict[Verdict, int]
    shares: dict[Verdict, Estimate]


def win_tie_loss(verdicts: Mapping[str, Verdict], *, level: float = 0.95) -> WinTieLoss:
    """Counts the verdicts over tasks; the interval treats the tasks as a sample of independent tasks (Wilson 1927).

    Args:
        verdicts: the verdict of each task.
        level: coverage of the intervals.

    Returns:
        Counts and shares, with every verdict present.

    Raises:
        ValueError: no task, or a word that is not a verdict.

    >>> table = win_tie_loss({"cxr": "better", "ecg": "better", "eeg": "tied", "mri": "undecided"})
    >>> table.counts
    {'better': 2, 'worse': 0, 'tied': 1, 'undecided': 1}
    >>> round(table.shares["better"].low, 3)
    0.15
    """
    if not verdicts:
        raise ValueError("verdicts is empty.")
    unknown = sorted(set(verdicts.values()) - set(VERDICTS))
    if unknown:
        raise ValueError(f"Not a verdict: {', '.join(map(repr, unknown))}; use {', '.join(VERDICTS)}.")
    found = Counter(verdicts.values())
    counts = {verdict: found[verdict] for verdict in VERDICTS}
    shares = {verdict: wilson(count, len(verdicts), level=level) for verdict, count in counts.items()}
    return WinTieLoss(len(verdicts), counts, shares)
