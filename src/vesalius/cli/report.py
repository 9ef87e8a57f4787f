"""``vesalius report``: the page of a run."""

from vesalius.cli.options import RunFolder


def command(run: RunFolder) -> None:
    """Write a run's report page again, from its folder alone, and print its path."""
    from vesalius.report import write_report

    print(write_report(run))
