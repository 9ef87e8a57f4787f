"""``vesalius data``: what there is to run on."""

import json
from dataclasses import asdict

import typer

from vesalius.cli.options import Json
from vesalius.sources.public.root import VARIABLE, data_root
from vesalius.sources.releases import RELEASES

app = typer.Typer(help="Data sets: what is present, where to obtain the rest, under which licence.", no_args_is_help=True)


@app.callback()
def callback() -> None:
    """Data sets: what is present, where to obtain the rest, under which licence."""


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
