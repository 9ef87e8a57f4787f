"""``vesalius evidence``: the finding that is kept in the repository."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from vesalius.cli.options import Out, System
from vesalius.cli.progress import progress_bars
from vesalius.names import EngineName


def command(
    id: System,
    engine: Annotated[EngineName, typer.Option(help="Where the cells run.")] = "local",
    out: Out = Path("runs"),
    folder: Annotated[Path, typer.Option("--evidence", metavar="FOLDER", help="Where evidence is kept.")] = Path("evidence"),
) -> None:
    """Run a system at default size on all its data at hand, and write its evidence file."""
    from vesalius import api
    from vesalius.cli.finding import print_finding
    from vesalius.systems.evidence import write_evidence

    try:
        with progress_bars():
            run = api.run(id, data="all", engine=engine, out=out)
    except KeyboardInterrupt:
        print(f"vesalius: stopped; what is finished is kept in {out}, the same command goes on from there.", file=sys.stderr)
        raise typer.Exit(130) from None
    print_finding(run.finding, run.folder)
    print(f"Evidence: {write_evidence(run, folder)}")
