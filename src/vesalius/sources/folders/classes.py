"""One folder a class, with the images of that class."""

from pathlib import Path

from vesalius.errors import UserError
from vesalius.sources.folders.layout import Case, Layout, scans_in

NAME = "one folder a class"
NO_CLASSES = frozenset(
    (
        "images",
        "masks",
        "labels",
        "annotations",
        "imagestr",
        "labelstr",
        "imagests",
        "train",
        "training",
        "val",
        "validation",
        "test",
    )
)
"""Names of folders that part a data set in other ways."""


def classes(folder: Path) -> Layout | None:
    """The layout, if the folder holds two or more folders and each of them has images."""
    inside = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    found = {path.name: scans_in(path) for path in inside}
    named_otherwise = any(name.lower() in NO_CLASSES for name in found)
    if len(found) < 2 or named_otherwise or not all(scans for scans, _, _ in found.values()):
        return None
    cases: list[Case] = []
    refused: list[UserError] = []
    passed: list[Path] = []
    for label, (scans, twice, others) in found.items():
        cases += [Case(id=f"{label}/{name}", channels=(path,), label=label) for name, path in sorted(scans.items())]
        refused += twice
        passed += others
    return Layout(name=NAME, target="label", cases=tuple(cases), refused=tuple(refused), passed_over=tuple(passed))
