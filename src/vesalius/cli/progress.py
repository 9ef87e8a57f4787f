"""Progress bars on a terminal; nothing where the output goes to a file or a program."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from vesalius.progress import report_to


@contextmanager
def progress_bars() -> Iterator[None]:
    """Show what long work reports, one bar for each thing that is being done."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        known: dict[str, TaskID] = {}

        def show(description: str, done: int, total: int) -> None:
            if description not in known:
                known[description] = bars.add_task(description, total=total)
            bars.update(known[description], completed=done, total=total)

        report_to(show)
        try:
            yield
        finally:
            report_to(None)


@contextmanager
def resumable(out: Path) -> Iterator[None]:
    """Progress bars around a run; Ctrl-C says that it can be taken up, and exits with 130."""
    try:
        with progress_bars():
            yield
    except KeyboardInterrupt:
        print(f"vesalius: stopped; what is finished is kept in {out}, the same command goes on from there.", file=sys.stderr)
        raise typer.Exit(130) from None
