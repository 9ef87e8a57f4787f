"""``vesalius survey``: the taxonomy of a survey beside the catalogue."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from vesalius.catalogue.taxonomy import survey_page, taxonomy
from vesalius.cli.options import Json, System


def command(
    id: System,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where the page goes; docs/surveys/ID.md by default.")] = None,
    as_json: Json = False,
) -> None:
    """Write the page of a survey: its families, which systems of the catalogue belong to them, and where there is a gap."""
    found = taxonomy(id)
    if as_json:
        print(json.dumps(asdict(found), indent=1, ensure_ascii=False))
        return
    file = out or Path("docs/surveys") / f"{found.id}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(survey_page(found.id), encoding="utf-8")
    print(file)
