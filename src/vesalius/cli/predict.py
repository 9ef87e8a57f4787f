"""``vesalius predict``: what a fitted system says of new images."""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from vesalius.cli.options import Json
from vesalius.cli.progress import progress_bars


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder that vesalius fit wrote.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Images, DICOM series, or folders of them.")],
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where answers go; by default beside each image.")] = None,
    format: Annotated[
        Literal["nifti", "nrrd", "seg", "png"] | None, typer.Option(help="Of masks; by default that of the image.")
    ] = None,
    overlay: Annotated[bool, typer.Option("--overlay", help="Also draw each mask over its image.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
    as_json: Json = False,
) -> None:
    """Write a mask for each image, or the probabilities of classes. A bad image is named, the others go through (exit code 2)."""
    from vesalius import api
    from vesalius.cli.fitted import answer_json, print_answers

    with progress_bars():
        answers = api.predict(run, files, out=out, format=format, overwrite=overwrite, overlay=overlay)
    if as_json:
        print(json.dumps([answer_json(answer) for answer in answers], indent=1, ensure_ascii=False))
    else:
        print_answers(answers, table=out is None)
    bad = sum(bool(answer.error) for answer in answers)
    if bad:
        print(f"vesalius: {bad} of {len(answers)} images have no answer.", file=sys.stderr)
        raise typer.Exit(2)
