"""Options that several verbs take, and their completion."""

from pathlib import Path
from typing import Annotated

import typer

from vesalius import catalogue
from vesalius.errors import UserError


def complete_id(incomplete: str) -> list[tuple[str, str]]:
    """Ids of systems that run, with their titles, for the shell."""
    return [(row.id, row.title) for row in catalogue.rows() if row.status == "works" and row.id.startswith(incomplete)]


System = Annotated[
    str, typer.Argument(metavar="ID", help="A system's id or number; see vesalius list.", autocompletion=complete_id)
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Out = Annotated[Path, typer.Option(metavar="FOLDER", help="Where runs are kept.")]


def parse_seeds(text: str | None) -> int | list[int] | None:
    """``5`` as five seeds; ``0,3,7`` as these; ``3,`` as that one.

    >>> parse_seeds("3"), parse_seeds("0,7"), parse_seeds("3,")
    (3, [0, 7], [3])
    """
    if text is None:
        return None
    try:
        numbers = [int(part) for part in text.removesuffix(",").split(",")]
    except ValueError:
        raise UserError(f"--seeds {text}: give a number such as 5, or seeds such as 0,1,2.") from None
    return numbers if "," in text else numbers[0]
