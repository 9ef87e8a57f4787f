"""Does A beat B? From runs, files of predictions, or recorded outputs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from vesalius.errors import UserError
from vesalius.trials.compare.files import Columns
from vesalius.trials.compare.runs import trial_of_runs
from vesalius.trials.compare.tables import MetricName, Reading, trial_of_tables
from vesalius.trials.run import Run, run_trial

__all__ = ["Columns", "MetricName", "compare"]


def compare(
    outputs: Sequence[str | Path],
    *,
    truth: str | Path | None = None,
    metric: MetricName = "accuracy",
    margin: float = 0.02,
    by: Sequence[str] = (),
    where: Mapping[str, str] | None = None,
    baseline: str | None = None,
    columns: Columns | None = None,
    out: str | Path = "runs",
) -> Run:
    """Compare arms on the same records: each against the baseline, paired and corrected.

    Args:
        outputs: folders of runs, or tables with one row a record: an id, a prediction (a letter, a text, a probability or a risk)
            and, unless ``truth`` is given, the true value.
        truth: a table of ids and true values.
        metric: for tables; runs keep their own.
        margin: difference within which arms count as equal; for tables, runs keep their own.
        by: columns whose values make the arms of one table.
        where: keep only rows with these values.
        baseline: name of an arm (a file's stem, or the values of ``by`` joined by /); by default the last one.
        columns: names of columns that are not the usual ones.
        out: folder of runs.

    Returns:
        A run, which can be verified and shown as any other.

    Raises:
        UserError: for malformed input, arms that cannot be paired, or an unknown baseline.
    """
    paths = [Path(path) for path in outputs]
    for path in paths:
        if not path.exists():
            raise UserError(f"{path}: no such file or run.")
    runs = [path for path in paths if path.is_dir()]
    if runs and len(runs) < len(paths):
        raise UserError(f"{runs[0]}: a run among files; compare runs with runs, or files with files.")
    if runs:
        return run_trial(trial_of_runs(runs, baseline=baseline), out=Path(out))
    reading = Reading(columns=columns or Columns(), metric=metric, by=tuple(by), where=dict(where or {}))
    trial = trial_of_tables(paths, Path(truth) if truth else None, reading, margin=margin, baseline=baseline)
    return run_trial(trial, out=Path(out))
