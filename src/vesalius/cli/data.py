"""``vesalius data``: what there is to run on."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from vesalius.cli.convert import convert
from vesalius.cli.label import label
from vesalius.cli.options import Json
from vesalius.errors import UserError
from vesalius.sources.public.root import VARIABLE, data_root
from vesalius.sources.releases import RELEASES

app = typer.Typer(help="Data sets: what is present, where to obtain the rest, under which licence.", no_args_is_help=True)


@app.callback()
def callback() -> None:
    """Data sets: what is present, where to obtain the rest, under which licence."""


app.command("convert")(convert)
app.command("label")(label)


@app.command("list")
def list_data(as_json: Json = False) -> None:
    """List every data set that has a reader."""
    if as_json:
        print(json.dumps([{**asdict(release), "present": release.present} for release in RELEASES], indent=1))
        return
    for release in RELEASES:
        state = "present" if release.present else "absent"
        print(f"{release.name:17} {release.tier:9} {state:8} {release.title}")
        print(f"{'':36} {release.licence}" + ("" if release.present else f"; {release.obtain}"))
    print(f"Public sets are looked for in {data_root() or f'the folder that {VARIABLE} names (not set)'}.")


@app.command("sheet")
def sheet(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Simulators of images; all by default.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FILE.png", help="Where the picture goes.")] = Path("simulators.png"),
) -> None:
    """Draw examples of the simulators of images, with the outlines of what is true of them."""
    from vesalius.report.figures.sheet import contact_sheet
    from vesalius.sources.simulators.images import EXAMPLES

    names = _known(sources or list(EXAMPLES), list(EXAMPLES))
    if out.suffix != ".png":
        raise UserError(f"--out {out}: the picture is a PNG; end its name in .png.")
    picture = contact_sheet([EXAMPLES[name] for name in names])
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(picture)
    except OSError as error:
        raise UserError(f"--out {out}: cannot be written ({error.strerror}); name a file of your own.") from None
    print(out)


def _known(names: Sequence[str], known: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in known:
            raise UserError(f"Source {name!r}: there is no such simulator of images; choose of {', '.join(known)}.")
    return names
