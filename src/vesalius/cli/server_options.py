"""Options of verbs that may ask a server."""

import json
from typing import Annotated, Any

import typer

from vesalius.errors import UserError

_EXAMPLE = """'{"temperature": null, "top_k": 20}'"""

Request = Annotated[
    str | None,
    typer.Option(metavar="JSON", help=f"Further fields of every request to a server; null takes one away: {_EXAMPLE}."),
]
PerMinute = Annotated[float | None, typer.Option(help="Requests a minute to a server, at most.")]


def parse_request(text: str | None) -> dict[str, Any] | None:
    """Fields from a JSON object.

    >>> parse_request('{"temperature": null, "top_k": 20}'), parse_request(None)
    ({'temperature': None, 'top_k': 20}, None)
    """
    if text is None:
        return None
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise UserError(f"--request {text}: not a JSON object; give fields such as {_EXAMPLE}.")
    return fields
