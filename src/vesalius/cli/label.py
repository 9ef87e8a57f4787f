"""``vesalius data label``: what came of patients after a moment, from their own events."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from vesalius.errors import UserError


def label(
    folder: Annotated[Path, typer.Argument(help="A MEDS dataset; the labels are written into it.")],
    outcome: Annotated[str, typer.Option(metavar="CODE", help="What is to be foretold, such as 'ICD10CM//I50*'.")],
    at: Annotated[str, typer.Option(metavar="CODE", help="The first event of it marks the moment, such as 'SNOMED//44054006'.")],
    within: Annotated[
        float | None, typer.Option(metavar="DAYS", min=0, help="In which it comes or not; otherwise the time until then is kept.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace labels that are there.")] = False,
) -> None:
    """Write labels.parquet of a MEDS dataset: one label a patient, who had not had the outcome by the moment."""
    from vesalius.records.events.labelling import label_events
    from vesalius.records.events.meds_labels import FILE, write_labels
    from vesalius.records.events.meds_read import read_meds

    file = folder / FILE
    if file.exists() and not overwrite:
        raise UserError(f"{file}: there already; give --overwrite to replace it.")
    found = label_events(read_meds(folder), at=at, outcome=outcome, within=within)
    labels = found.labels
    if not labels.subjects:
        raise UserError(f"{folder}: no label ({_shown(found.left_out)}); choose other codes.")
    write_labels(folder, labels)
    print(f"{file}: {len(labels.subjects):,} labels, of which {int(labels.came.sum()):,} with the outcome")
    if found.left_out:
        print(f"Left out: {_shown(found.left_out)}")


def _shown(left_out: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in sorted(left_out.items(), key=lambda item: -item[1]))
