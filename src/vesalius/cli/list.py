"""``vesalius list``: the catalogue."""

import json
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from vesalius import catalogue
from vesalius.cli.options import Json
from vesalius.errors import UserError


def command(
    area: Annotated[str | None, typer.Option(help="Only this area, such as segmentation.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind, such as method.")] = None,
    status: Annotated[Literal["works", "planned"] | None, typer.Option(help="Only these.")] = None,
    as_json: Json = False,
) -> None:
    """List the 329 published systems, and which of them run."""
    for field, wanted in (("area", area), ("kind", kind)):
        known = sorted({getattr(row, field) for row in catalogue.rows()})
        if wanted is not None and wanted not in known:
            raise UserError(f"--{field} {wanted}: there is {', '.join(known)}.")
    rows = [
        row for row in catalogue.rows() if area in (None, row.area) and kind in (None, row.kind) and status in (None, row.status)
    ]
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False))
        return
    width = max((len(row.id) for row in rows), default=0)
    for row in rows:
        mark = "*" if row.status == "works" else " "
        print(f"{mark} {row.number:3}  {row.id:{width}}  {row.area:15}  {row.kind:12}  {row.title}")
    works = sum(row.status == "works" for row in rows)
    print(f"{len(rows)} systems; {works} marked * run here.")
