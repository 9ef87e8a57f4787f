"""``vesalius rescore``: other metrics, or their present versions, on what was already said."""

from pathlib import Path
from typing import Annotated

import typer

from vesalius.cli.options import Json, Out, RunFolder
from vesalius.errors import UserError


def command(
    run: RunFolder,
    metric: Annotated[
        list[str] | None, typer.Option(metavar="NAME=MARGIN", help="A metric and its margin, the primary one first; repeat.")
    ] = None,
    out: Out = Path("runs"),
    as_json: Json = False,
) -> None:
    """Score a run's predictions again into a new run: no model is needed, and the old run stays."""
    from vesalius import api
    from vesalius.cli.finding import print_finding, print_json

    found = api.rescore(run, out=out, metrics=dict(_measure(text) for text in metric) if metric else None)
    api.write_report(found.folder)
    (print_json if as_json else print_finding)(found.finding, found.folder)


def _measure(text: str) -> tuple[str, float]:
    name, _, margin = text.partition("=")
    try:
        return name, float(margin)
    except ValueError:
        raise UserError(f"--metric {text}: give NAME=MARGIN, such as dice=0.01.") from None
