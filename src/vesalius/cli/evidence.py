"""``vesalius evidence``: the finding that is kept in the repository."""

from pathlib import Path
from typing import Annotated

import typer

from vesalius.cli.options import Out, System
from vesalius.cli.progress import resumable
from vesalius.names import EngineName


def command(
    id: System,
    data: Annotated[
        list[str] | None, typer.Option(help="A data set of the system; may be repeated. By default all at hand.")
    ] = None,
    engine: Annotated[EngineName, typer.Option(help="Where the cells run.")] = "local",
    out: Out = Path("runs"),
    folder: Annotated[Path, typer.Option("--evidence", metavar="FOLDER", help="Where evidence is kept.")] = Path("evidence"),
) -> None:
    """Run a system at default size on its data, and write its evidence file."""
    from vesalius import api
    from vesalius.cli.finding import print_finding
    from vesalius.systems.evidence import write_evidence

    with resumable(out):
        run = api.run(id, data=data or "all", engine=engine, out=out)
    print_finding(run.finding, run.folder)
    print(f"Evidence: {write_evidence(run, folder)}")
