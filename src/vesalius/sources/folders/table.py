"""A table (CSV) with a line an image."""

import csv
from collections.abc import Mapping
from pathlib import Path

from vesalius.errors import UserError
from vesalius.sources.folders.layout import ENDINGS, Case, Layout, Part, Target, labels_beside, stem

NAME = "table"
PARTS: Mapping[str, Part | None] = {
    "": None,
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
}
_KNOWN = ("image", "mask", "label", "id", "subject", "split")


def table(path: Path) -> Layout:
    """The layout of a table with the columns ``image`` and ``mask`` or ``label``.

    Files are named from the table's folder on; a ``label`` that names files is a ``mask``. ``id``, ``subject`` and ``split``
    (train, validation, test) may be there; every other column becomes a tag, such as site or scanner. Columns are parted by
    comma, semicolon or tab. The names of mask labels come from a ``dataset.json`` beside the table.

    Raises:
        UserError: if the table cannot be read or lacks a column.
    """
    rows = _rows(path)
    columns = list(rows[0]) if rows else []
    targets: list[Target] = [target for target in ("mask", "label") if target in columns]
    if "image" not in columns or len(targets) != 1:
        raise UserError(f"{path}: needs a column image and one of mask and label; it has {', '.join(columns)[:80] or 'no rows'}.")
    if targets == ["label"] and all(row["label"].lower().endswith(ENDINGS) for row in rows if row["label"]):
        targets = ["mask"]
        rows = [{"mask" if name == "label" else name: value for name, value in row.items()} for row in rows]
    cases: dict[str, Case] = {}
    refused: list[UserError] = []
    for line, row in enumerate(rows, start=2):
        try:
            case = _case(path, line, row, targets[0])
            if case.id in cases:
                raise UserError(f"{path}, line {line}, column 'id': {case.id} occurs twice; give each image its own.")
            cases[case.id] = case
        except UserError as error:
            refused.append(error)
    return Layout(
        name=NAME,
        target=targets[0],
        cases=tuple(cases.values()),
        refused=tuple(refused),
        labels=labels_beside(path.parent) if targets[0] == "mask" else None,
    )


def table_in(folder: Path) -> Layout | None:
    """The layout of the one table of a folder that has a column ``image``.

    Raises:
        UserError: if there are several.
    """
    found = [path for path in sorted(folder.glob("*.csv")) if "image" in _columns(path)]
    if len(found) > 1:
        raise UserError(
            f"{folder}: {len(found)} tables with a column image ({found[0].name}, {found[1].name}); name one of them."
        )
    return table(found[0]) if found else None


def _case(path: Path, line: int, row: Mapping[str, str], target: Target) -> Case:
    for column in ("image", target):
        if not row[column]:
            raise UserError(f"{path}, line {line}, column {column!r}: empty; fill it or remove the line.")
    part = row.get("split", "").lower()
    if part not in PARTS:
        raise UserError(f"{path}, line {line}, column 'split': {part[:20]!r} is not train, validation or test; correct it.")
    image = path.parent / row["image"]
    return Case(
        id=row.get("id") or Path(row["image"]).with_name(stem(image)).as_posix(),
        channels=(image,),
        mask=path.parent / row["mask"] if target == "mask" else None,
        label=row["label"] if target == "label" else None,
        subject=row.get("subject", ""),
        part=PARTS[part],
        tags={name: value for name, value in row.items() if name not in _KNOWN and value},
    )


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file, delimiter=_delimiter(path)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not a table in UTF-8 ({type(error).__name__}); save it as CSV in UTF-8.") from error
    header = [name.strip().lower() for name in lines[0]] if lines else []
    if len(set(header)) < len(header):
        raise UserError(f"{path}: two columns have the same name; rename one.")
    rows = [[cell.strip() for cell in line] for line in lines[1:] if any(cell.strip() for cell in line)]
    if any("\0" in cell for row in rows for cell in row):
        raise UserError(f"{path}: holds NUL characters; save it as CSV in UTF-8.")
    return [dict(zip(header, row + [""] * (len(header) - len(row)))) for row in rows]


def _columns(path: Path) -> list[str]:
    try:
        rows = _rows(path)
    except UserError:
        return []  # a table of something else
    return list(rows[0]) if rows else []


def _delimiter(path: Path) -> str:
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = file.readline()
    return max(",;\t", key=header.count)
