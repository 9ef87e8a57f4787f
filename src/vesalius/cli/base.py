"""``vesalius base``: the base models of the clinic in miniature."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Base models of the clinic in miniature.", no_args_is_help=True)


@app.command("list")
def show() -> None:
    """Show the base models, and where those at hand are."""
    from vesalius.errors import UserError
    from vesalius.language.models import BASES, base_folder

    for name, description in BASES.items():
        try:
            place = str(base_folder(name))
        except UserError:
            place = f"not at hand; vesalius base train {name}"
        print(f"{name:12}{description}\n{'':12}{place}")


@app.command()
def train(
    name: Annotated[str, typer.Argument(help="Of vesalius base list.")],
    out: Annotated[Path | None, typer.Option(help="A new folder; by default the cache, where other verbs find it.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of weights and lessons.")] = 0,
) -> None:
    """Make a base model: minutes to an hour on two cores. Stopped, it goes on when the command is given again."""
    from dataclasses import replace

    from vesalius.cli.progress import resumable
    from vesalius.errors import UserError
    from vesalius.language.models import bases_made
    from vesalius.learners.base_models.recipe import RECIPES, make_base

    if name not in RECIPES:
        raise UserError(f"base model {name!r}: there are {', '.join(RECIPES)}.")
    folder = out or bases_made() / name
    with resumable(folder.parent):
        make_base(replace(RECIPES[name], seed=seed), folder)
    print(f"Base model: {folder}")
