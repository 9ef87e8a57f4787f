"""``vesalius metrics``: what is measured, and how it agrees with other tools."""

import json
from pathlib import Path
from typing import Annotated

import typer

from vesalius.cli.options import Json

app = typer.Typer(help="Metrics: their definitions, and how they agree with other tools.", no_args_is_help=True)


@app.callback()
def callback() -> None:
    """Metrics: their definitions, and how they agree with other tools."""


@app.command("list")
def list_metrics(as_json: Json = False) -> None:
    """List every metric with its version, unit, range and direction."""
    from vesalius.metrics import METRICS

    found = sorted(METRICS.values(), key=lambda metric: (metric.family, metric.name))
    if as_json:
        fields = ("name", "version", "family", "unit", "range", "higher_is_better", "undefined")
        print(json.dumps([{field: getattr(metric, field) for field in fields} for metric in found], indent=1))
        return
    width = max(len(metric.identity) for metric in found)
    for metric in found:
        direction = "higher is better" if metric.higher_is_better else "lower is better"
        low, high = metric.range
        print(f"{metric.family:15} {metric.identity:{width}}  of a {metric.unit:6}  {low:g} to {high:g}, {direction}")


@app.command("conformance")
def conformance(
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the page goes.")] = Path("docs/conformance.md"),
    as_json: Json = False,
) -> None:
    """Compare every metric with the peers that are installed, and write the table of agreement."""
    from dataclasses import asdict

    from vesalius.cli.progress import progress_bars
    from vesalius.conformance import conformance_page, every_agreement
    from vesalius.errors import UserError

    with progress_bars():
        found = every_agreement()
    if not found:
        raise UserError("metrics conformance: no peer is installed; pip install 'vesalius[peers]'.")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(conformance_page(found), encoding="utf-8")
    print(json.dumps([asdict(one) for one in found], indent=1) if as_json else f"{len(found)} comparisons: {out}")
