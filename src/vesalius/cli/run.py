"""``vesalius run``: try a published idea."""

from pathlib import Path
from typing import Annotated

import typer

from vesalius.cli.options import Json, Out, System, parse_seeds
from vesalius.cli.progress import resumable
from vesalius.cli.server_options import PerMinute, Request, parse_request
from vesalius.names import EngineName, Size


def command(
    id: System,
    size: Annotated[Size, typer.Option(help="smoke: seconds; default: minutes on two cores; paper: as published.")] = "default",
    data: Annotated[
        list[str] | None,
        typer.Option(help="A data set of the system, or all; may be repeated. Of histories also a MEDS folder of your own."),
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="How many, or which: 5 or 0,1,2.")] = None,
    model: Annotated[
        str | None, typer.Option(help="A language model to build on: a folder, a .gguf file, or an endpoint as URL#NAME.")
    ] = None,
    chat: Annotated[bool, typer.Option("--chat", help="Ask that model in conversation: for instruction-tuned models.")] = False,
    request: Request = None,
    per_minute: PerMinute = None,
    engine: Annotated[EngineName, typer.Option(help="Where the cells run.")] = "local",
    out: Out = Path("runs"),
    as_json: Json = False,
) -> None:
    """Run a system against its baselines and print the finding. A stopped run goes on when it is run again."""
    from vesalius import api
    from vesalius.cli.finding import print_finding, print_json

    with resumable(out):
        run = api.run(
            id,
            size=size,
            data=data or (),
            seeds=parse_seeds(seeds),
            model=model,
            chat=chat,
            request=parse_request(request),
            per_minute=per_minute,
            engine=engine,
            out=out,
        )
    (print_json if as_json else print_finding)(run.finding, run.folder)
