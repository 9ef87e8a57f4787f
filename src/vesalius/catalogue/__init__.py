"""The 329 papers, and which of them run. Finds the systems' files without importing them."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from vesalius.errors import UserError

if TYPE_CHECKING:
    from vesalius.systems.system import System

Status = Literal["works", "planned"]
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Row:
    """One paper. ``works`` means that its system's file is here."""

    number: int
    id: str
    title: str
    area: str
    kind: str
    status: Status


@cache
def rows() -> Sequence[Row]:
    """Every paper, by its number.

    >>> len(rows()), rows()[123].id
    (329, 'unet-plus-plus')
    """
    with (Path(__file__).parent / "papers.tsv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return tuple(
        Row(
            number=int(line["number"]),
            id=line["id"],
            title=line["title"],
            area=line["area"],
            kind=line["kind"],
            status="works" if _file(line["area"], line["id"]).exists() else "planned",
        )
        for line in lines
    )


def row(id: str) -> Row:
    """The paper of that id or number.

    Raises:
        UserError: if there is none; names the nearest.
    """
    found = next((row for row in rows() if id in (row.id, str(row.number))), None)
    if found is None:
        near = get_close_matches(id, [row.id for row in rows()], n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "see vesalius list."
        raise UserError(f"{id!r}: no such system; {hint}")
    return found


def system(id: str) -> "System":
    """Load the system of that id or number.

    Raises:
        UserError: if there is none, or it is still planned.
    """
    found = row(id)
    if found.status == "planned":
        raise UserError(f"{found.id!r}: planned, not built yet; vesalius list --status works names those that run.")
    loaded: System = import_module(f"vesalius.systems.{found.area}.{_module(found.id)}").SYSTEM
    return loaded


def _module(id: str) -> str:
    return id.replace("-", "_")


def _file(area: str, id: str) -> Path:
    return _ROOT / "systems" / area / f"{_module(id)}.py"
