"""``vesalius compare``: does A beat B?"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from vesalius.cli.options import Json, Out
from vesalius.errors import UserError


def command(
    outputs: Annotated[
        list[Path], typer.Argument(metavar="A B ...", help="Runs, or tables of predictions (CSV, JSONL, parquet).")
    ],
    truth: Annotated[Path | None, typer.Option(help="A table of ids and true values.")] = None,
    metric: Annotated[
        Literal["accuracy", "auroc", "c_index"], typer.Option(help="For tables; runs keep their own.")
    ] = "accuracy",
    margin: Annotated[float, typer.Option(help="For tables: arms within it count as equal; declare it before looking.")] = 0.02,
    baseline: Annotated[str | None, typer.Option(help="The arm to compare with; by default the last.")] = None,
    by: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="Its values are the arms of a table; may be repeated.")
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=VALUE", help="Keep these rows only; may be repeated.")
    ] = None,
    id_column: Annotated[str | None, typer.Option("--id", metavar="COLUMN", help="Holds the ids.")] = None,
    prediction: Annotated[str | None, typer.Option(metavar="COLUMN", help="Holds the predictions.")] = None,
    truth_column: Annotated[str | None, typer.Option("--answer", metavar="COLUMN", help="Holds the true values.")] = None,
    subject: Annotated[str | None, typer.Option(metavar="COLUMN", help="Holds the subjects to cluster by.")] = None,
    out: Out = Path("runs"),
    as_json: Json = False,
) -> None:
    """Compare runs, predictions or recorded outputs on the same records: is A better than B (the last)?"""
    from vesalius import api
    from vesalius.cli.finding import print_finding, print_json
    from vesalius.cli.progress import progress_bars
    from vesalius.trials.compare import Columns

    columns = Columns(id=id_column, prediction=prediction, truth=truth_column, subject=subject)
    with progress_bars():
        run = api.compare(
            outputs,
            truth=truth,
            metric=metric,
            margin=margin,
            by=by or (),
            where=dict(_condition(text) for text in where or ()),
            baseline=baseline,
            columns=columns,
            out=out,
        )
        api.write_report(run.folder)
    (print_json if as_json else print_finding)(run.finding, run.folder)


def _condition(text: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"--where {text}: give COLUMN=VALUE.")
    return column, value
