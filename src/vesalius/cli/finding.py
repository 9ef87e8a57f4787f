"""A finding on the terminal."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vesalius.trials.finding import Comparison, Finding

if TYPE_CHECKING:
    from rich.console import Console

_COLOURS = {"better": "green", "worse": "red", "tied": "blue", "undecided": "yellow"}
_MOST = 20
_WIDTH = 120


def print_json(finding: Finding, folder: Path) -> None:
    """The finding and where it is kept, for machines."""
    print(
        json.dumps(
            {"folder": str(folder), "digest": finding.digest(), "finding": finding.to_json()}, indent=1, ensure_ascii=False
        )
    )


def _console() -> "Console":
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=_WIDTH)


def print_scores(finding: Finding) -> None:
    """Every arm's score with its interval and the share that was answered, and how far the best and the worst are apart."""
    from rich.markup import escape
    from rich.table import Table

    console = _console()
    for task, metric in dict.fromkeys((score.task, score.metric) for score in finding.scores):
        chosen = [score for score in finding.scores if (score.task, score.metric) == (task, metric)]
        table = Table(title=f"{escape(task)}, {metric}", title_justify="left", box=None, pad_edge=False)
        for heading in ("arm", "score", f"{finding.level:.0%} interval", "answered"):
            table.add_column(heading, overflow="fold")
        for score in chosen:
            value, answered = score.estimate, score.outcomes.get("answered", 0) / sum(score.outcomes.values())
            table.add_row(escape(score.arm), f"{value.value:.3f}", f"{value.low:.3f} to {value.high:.3f}", f"{answered:.0%}")
        console.print(table)
        values = [score.estimate.value for score in chosen]
        console.print(f"Between the highest and the lowest: {max(values) - min(values):.3f}\n")


def print_finding(finding: Finding, folder: Path) -> None:
    """Failed gates, then every comparison, then the verdict and where the report is."""
    from rich.markup import escape
    from rich.table import Table

    console = _console()
    for gate in finding.gates:
        if gate.outcome == "failed":
            console.print(f"[bold red]Gate failed[/] {escape(gate.task)}, {gate.name}: {escape(gate.detail)}")
    for metric in dict.fromkeys(comparison.metric for comparison in finding.comparisons):
        chosen = sorted((one for one in finding.comparisons if one.metric == metric), key=_clearness)
        table = Table(title=metric, title_justify="left", box=None, pad_edge=False)
        for heading in ("task", "learner", "baseline", "difference", f"{finding.level:.0%} interval", "p", "verdict"):
            table.add_column(heading, overflow="fold")
        for comparison in chosen[:_MOST]:
            table.add_row(*(escape(cell) for cell in _cells(comparison)[:-1]), _cells(comparison)[-1])
        console.print(table)
        if len(chosen) > _MOST:
            console.print(f"... and {len(chosen) - _MOST} less clear ones; the report has all.")
    unanswered = {
        f"{score.arm} on {score.task}": score.outcomes for score in finding.scores if set(score.outcomes) - {"answered"}
    }
    for arm, outcomes in list(unanswered.items())[:_MOST]:
        console.print(f"{escape(arm)}: " + ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items()))
    console.print(f"\n[bold]{escape(finding.verdict)}[/]")
    if finding.claim:
        console.print(f"The paper: {escape(finding.claim)}")
    print(f"Report: {folder / 'report.html'}")


def _clearness(comparison: Comparison) -> float:
    """Few are all shown in their order; of many, the clearest come first."""
    return min(comparison.p_adjusted, comparison.p_equivalence_adjusted)


def _cells(comparison: Comparison) -> tuple[str, ...]:
    difference, verdict = comparison.difference, comparison.verdict
    return (
        comparison.task,
        comparison.learner,
        comparison.baseline,
        f"{difference.value:+.4f}",
        f"{difference.low:+.4f} to {difference.high:+.4f}",
        f"{comparison.p_adjusted:.3g}",
        f"[{_COLOURS[verdict]}]{verdict}[/]",
    )
