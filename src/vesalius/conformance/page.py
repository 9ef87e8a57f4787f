"""The table of agreement, as a page."""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module

from vesalius.conformance.agreement import EXACT, Agreement
from vesalius.progress import track

FAMILIES = ("segmentation", "detection", "classification", "survival", "retrieval", "text", "images", "fairness")

_HEAD = """# Conformance of the metrics

Made by `vesalius metrics conformance` from the peers that were installed. *Digits* are the significant digits that agree in the
worst case over all values compared; {exact} is exact in double precision. Where a peer differs, the note says why, and who is
right.
"""


def every_agreement() -> list[Agreement]:
    """Compare every family's metrics with the peers that are installed; absent peers are left out."""
    found: list[Agreement] = []
    for family in track(FAMILIES, "conformance", len(FAMILIES)):
        agreements: Callable[[], Iterator[Agreement]] = import_module(f"vesalius.conformance.{family}").agreements
        found += agreements()
    return found


def conformance_page(agreements: Sequence[Agreement]) -> str:
    """The agreements as a page of Markdown, by metric.

    >>> row = Agreement(metric="dice@1", peer="monai 1.6", inputs="masks", n=9, digits=15, ours=0.5, theirs=0.5)
    >>> print(conformance_page([row]).splitlines()[-1])
    | dice@1 | monai 1.6 | masks | 9 | exact | | | |
    """
    rows = ["| metric | peer | input | values | digits | ours | theirs | note |", "|---|---|---|---|---|---|---|---|"]
    for one in sorted(agreements, key=lambda one: (one.metric, one.peer, one.inputs)):
        exact = one.digits >= EXACT
        values = "| |" if exact else f"{one.ours:.6g} | {one.theirs:.6g} |"
        note = f" {one.note}" if one.note else ""
        digits = "exact" if exact else one.digits
        rows.append(f"| {one.metric} | {one.peer} | {one.inputs} | {one.n} | {digits} | {values}{note} |")
    return _HEAD.format(exact=EXACT) + "\n" + "\n".join(rows) + "\n"
