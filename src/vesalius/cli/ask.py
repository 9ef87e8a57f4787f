"""``vesalius ask``: a language model on published questions."""

from pathlib import Path
from typing import Annotated

import typer

from vesalius.cli.options import Json, Out
from vesalius.cli.progress import resumable
from vesalius.cli.server_options import PerMinute, Request, parse_request


def command(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A base model's name, a folder, a .gguf file, or an endpoint as URL#NAME.")
    ],
    data: Annotated[list[str], typer.Option(help="A set of questions, such as medqa-4; may be repeated.")],
    protocol: Annotated[
        list[str] | None,
        typer.Option(help="letter, text, text by length, generation, chain of thought; repeated, the first is the baseline."),
    ] = None,
    orders: Annotated[int, typer.Option(min=0, help="Orders of the options; 0 is the release's own.")] = 0,
    shots: Annotated[int, typer.Option(min=0, help="Examples before each question, drawn anew for each order.")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Questions a set.")] = None,
    chat: Annotated[bool, typer.Option("--chat", help="Ask as a conversation.")] = False,
    request: Request = None,
    per_minute: PerMinute = None,
    out: Out = Path("runs"),
    as_json: Json = False,
) -> None:
    """Ask a language model published questions in several ways: what does the protocol change? A stopped run goes on."""
    from vesalius import api
    from vesalius.cli.finding import print_finding, print_json, print_scores

    with resumable(out):
        run = api.ask(
            model,
            data,
            protocols=protocol or (),
            orders=orders,
            shots=shots,
            limit=limit,
            chat=chat,
            request=parse_request(request),
            per_minute=per_minute,
            out=out,
        )
    if as_json:
        print_json(run.finding, run.folder)
        return
    print_scores(run.finding)
    print_finding(run.finding, run.folder)
