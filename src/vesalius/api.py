"""The verbs of the command line, from Python."""

from collections.abc import Sequence
from pathlib import Path

from vesalius import catalogue
from vesalius.names import EngineName, Size
from vesalius.report import write_report
from vesalius.systems.trial import trial_of
from vesalius.trials.compare import compare
from vesalius.trials.rescore import rescore
from vesalius.trials.run import Run, run_trial
from vesalius.trials.verify import verify

RUNS = Path("runs")


def run(
    id: str,
    *,
    size: Size = "default",
    data: str | Sequence[str] = (),
    seeds: int | Sequence[int] | None = None,
    engine: EngineName = "local",
    out: str | Path = RUNS,
) -> Run:
    """Run a published system against its baselines, or take up such a run; then write its report.

    Args:
        id: of the system, or its number.
        size: ``smoke`` for seconds, ``default`` for minutes on two cores, ``paper`` for the published configuration.
        data: one or more of the system's data sets, or ``all`` for those at hand; by default the first at hand.
        seeds: how many, or which; by default the system's own number.
        engine: ``local`` or ``ray``.
        out: folder of runs.

    Raises:
        UserError: for bad input, in one sentence.

    >>> run("recov", size="smoke").finding.verdict  # doctest: +SKIP
    'Of 12 comparisons with a baseline: ...'
    """
    names = [data] if isinstance(data, str) else list(data)
    trial = trial_of(catalogue.system(id), size=size, data=names, seeds=seeds)
    finished = run_trial(trial, out=Path(out), engine_name=engine)
    write_report(finished.folder)
    return finished


__all__ = ["Run", "compare", "rescore", "run", "verify", "write_report"]
