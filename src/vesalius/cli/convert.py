"""``vesalius data convert``: events of patients from one format to another."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def convert(
    source: Annotated[Path, typer.Argument(help="MEDS folder, FHIR R4 bundle, NDJSON or folder, or mapping (.toml) of tables.")],
    target: Annotated[Path, typer.Argument(help="A new folder, or for a bundle a new file.")],
    to: Annotated[Literal["meds", "fhir-ndjson", "fhir-bundle"], typer.Option(help="Format of the target.")] = "meds",
    split: Annotated[
        bool, typer.Option("--split", help="Split subjects by hash: 60 % train, 15 % tuning, 25 % held_out.")
    ] = False,
) -> None:
    """Convert events of patients; what has faults is left out, counted, and told of in TARGET.faults.txt."""
    from vesalius.cli.progress import progress_bars
    from vesalius.records.events.convert import convert_events

    with progress_bars():
        done = convert_events(source, target, to=to, split=split)
    print(f"{done.target}: {done.events:,} events of {done.subjects:,} subjects")
    if done.left_out:
        reasons = sorted(done.left_out.items(), key=lambda item: (-item[1], item[0]))
        print(f"Left out as no events: {', '.join(f'{count:,} {reason}' for reason, count in reasons)}")
    if done.columns_left_out:
        print(f"Columns that FHIR has no place for: {', '.join(done.columns_left_out)}")
    print(f"Faults: {done.faults:,}" + (f"; see {done.faults_file}" if done.faults_file else ""))
