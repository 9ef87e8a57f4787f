"""One self-contained HTML page for a run."""

from pathlib import Path
from typing import Any

from vesalius.report import format as formats
from vesalius.report.figures.forest import Limits, limits
from vesalius.report.figures.overlays import LABEL_COLOURS
from vesalius.report.reading import FinishedRun, read_run
from vesalius.report.reproduce import commands
from vesalius.report.section import section
from vesalius.report.summary import counts, failed_gates, pairs, sentences

WIDE_ROWS = 24
"""Comparisons up to which the forest plot carries its numbers."""


def write_report(folder: Path) -> Path:
    """Write ``report.html`` into the folder of a finished run, from that folder alone.

    The page needs no other file, no network and no script. The same run gives the same bytes.

    Args:
        folder: ``runs/NAME-ADDRESS``.

    Returns:
        Path of the page.

    Raises:
        UserError: if the folder is not that of a finished run, or a file of it is damaged.

    >>> write_report(Path("nowhere"))
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: nowhere: no finding.json in it; give the folder of a finished run (runs/NAME-ADDRESS).
    """
    run = read_run(folder)
    return run.store.write("report.html", render(run))


def render(run: FinishedRun) -> str:
    """The page of a run as text."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    here = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(here), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    for name in ("number", "signed", "span", "p_value", "amount", "seconds", "metric_name", "typeset"):
        environment.filters[name] = getattr(formats, name)
    environment.globals["symbols"] = formats.SYMBOLS
    environment.globals["label_colours"] = LABEL_COLOURS
    style = (here / "style.css").read_text(encoding="utf-8")
    return environment.get_template("page.html").render(style=style, **_context(run))


def _context(run: FinishedRun) -> dict[str, Any]:
    wide = len(run.primary) <= WIDE_ROWS
    shared = _limits(run)
    return {
        "title": run.config.settings.get("title") or run.config.name,
        "run": run,
        "config": run.config,
        "finding": run.finding,
        "failed_gates": failed_gates(run),
        "sentences": sentences(run),
        "counts": counts(run.primary),
        "pairs": pairs(run),
        "wide": wide,
        "sections": [
            section(run, task, place=place, limits=shared[next(iter(task.margins))], wide=wide)
            for place, task in enumerate(run.config.tasks)
        ],
        "commands": commands(run.config),
    }


def _limits(run: FinishedRun) -> dict[str, Limits]:
    """One range of differences a metric, so that tasks can be compared by eye."""
    metrics = {next(iter(task.margins)) for task in run.config.tasks}
    return {metric: limits([c for c in run.primary if c.metric == metric]) for metric in metrics}
