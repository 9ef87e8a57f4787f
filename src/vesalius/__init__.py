"""Vesalius: published medical AI systems, each run against what it claims to beat, with uncertainty.

>>> import vesalius
>>> run = vesalius.run("recov", size="smoke")  # doctest: +SKIP
>>> print(run.finding.verdict)  # doctest: +SKIP
"""

from typing import TYPE_CHECKING

from vesalius.errors import UserError

if TYPE_CHECKING:
    from vesalius.api import Answer, Fitted, Run, ask, compare, fit, predict, rescore, run, verify, write_report

__all__ = [
    "Answer",
    "Fitted",
    "Run",
    "UserError",
    "ask",
    "compare",
    "fit",
    "predict",
    "rescore",
    "run",
    "verify",
    "write_report",
]


def __getattr__(name: str) -> object:
    """Load the rest of the package when it is first used, so that ``import vesalius`` stays quick."""
    if name in __all__:
        from vesalius import api

        return getattr(api, name)
    raise AttributeError(f"module 'vesalius' has no attribute {name!r}")
