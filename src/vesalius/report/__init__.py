"""The page that a run is shown on: one file that needs nothing else."""

from vesalius.report.page import write_report

__all__ = ["write_report"]
