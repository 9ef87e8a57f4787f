"""``vesalius fit``: a published system on one's own data."""

from pathlib import Path
from typing import Annotated

import typer

from vesalius.cli.options import Json, System
from vesalius.cli.progress import resumable
from vesalius.names import Size


def command(
    id: System,
    data: Annotated[Path, typer.Option(metavar="FOLDER", help="Images with masks or classes, or a CSV; see docs/own-data.md.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the fitted system goes; a new folder.")],
    size: Annotated[Size, typer.Option(help="smoke: seconds; default: minutes on two cores; paper: as published.")] = "default",
    arm: Annotated[str | None, typer.Option(help="A learner or baseline of the system; by default its first learner.")] = None,
    seed: Annotated[int, typer.Option(help="Of weights and batches.")] = 0,
    binary: Annotated[bool, typer.Option("--binary", help="Everything above 0 in a mask is one class.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out cases that cannot be used.")] = False,
    steps: Annotated[int | None, typer.Option(help="Optimiser updates, instead of the size's.")] = None,
    plan: Annotated[Path | None, typer.Option(metavar="FILE", help="An edited plan, for an arm that makes one.")] = None,
    as_json: Json = False,
) -> None:
    """Fit a system on your own images, and score it on some that are held out. A stopped fit goes on when it is run again."""
    from vesalius import api
    from vesalius.cli.fitted import print_fitted, print_fitted_json

    with resumable(out):
        fitted = api.fit(id, data, out, size=size, arm=arm, seed=seed, binary=binary, skip_bad=skip_bad, steps=steps, plan=plan)
    (print_fitted_json if as_json else print_fitted)(fitted)
