"""All verbs in one place."""

import typer

from vesalius.cli import (
    ask,
    base,
    calculate,
    clinic,
    compare,
    data,
    doctor,
    evidence,
    fit,
    list,
    metrics,
    predict,
    report,
    rescore,
    run,
    show,
    survey,
    verify,
)

app = typer.Typer(
    name="vesalius",
    help="Published medical AI systems, each run against what it claims to beat, with uncertainty.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("list")(list.command)
app.command("show")(show.command)
app.command("survey")(survey.command)
app.command("run")(run.command)
app.command("ask")(ask.command)
app.command("fit")(fit.command)
app.command("predict")(predict.command)
app.command("compare")(compare.command)
app.command("verify")(verify.command)
app.command("report")(report.command)
app.command("rescore")(rescore.command)
app.command("evidence")(evidence.command)
app.command("calculate")(calculate.command)
app.command("clinic")(clinic.command)
app.command("doctor")(doctor.command)
app.add_typer(base.app, name="base")
app.add_typer(data.app, name="data")
app.add_typer(metrics.app, name="metrics")
