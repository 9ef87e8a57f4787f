"""The taxonomy of a survey beside the catalogue: which of its families run here, and where there is a gap."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vesalius import catalogue
from vesalius.errors import UserError

_FOLDER = Path(__file__).parent / "taxonomies"

_HEAD = """# {title}

Made by `vesalius survey {id}`: the families of this survey, and where the catalogue has them. **Bold** rows run here; the others
are planned. What the package has beside the catalogue's rows is named as it is imported.

{note}

| family | idea | rows of the catalogue | in the package |
|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Family:
    """One family of a survey.

    Attributes:
        name: of the family.
        idea: in one sentence.
        rows: ids of the catalogue's papers that belong to it.
        parts: what the package has of it beside those rows, as it is imported.
    """

    name: str
    idea: str
    rows: tuple[str, ...]
    parts: tuple[str, ...]

    @property
    def runs(self) -> bool:
        """Whether anything of it runs here."""
        return bool(self.parts) or any(catalogue.row(id).status == "works" for id in self.rows)


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """A survey's families, and what has to be said of how they were found."""

    id: str
    note: str
    families: Sequence[Family]


def taxonomy(id: str) -> Taxonomy:
    """The taxonomy of a survey, by its id or number.

    Raises:
        UserError: if there is no such row, or no taxonomy of it.

    >>> [family.name for family in taxonomy("gradcam-review").families][:2]
    ['Class activation', 'Pixel gradients']
    """
    row = catalogue.row(id)
    file = _FOLDER / f"{row.id}.tsv"
    if not file.exists():
        known = ", ".join(sorted(each.stem for each in _FOLDER.glob("*.tsv")))
        raise UserError(f"{row.id}: no taxonomy of it is here; there is {known}.")
    note, _, table = file.read_text(encoding="utf-8").partition("\n")
    lines = csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    families = [Family(line["family"], line["idea"], tuple(line["rows"].split()), tuple(line["parts"].split())) for line in lines]
    return Taxonomy(row.id, note, families)


def survey_page(id: str) -> str:
    """The taxonomy as a page of Markdown, with the gaps at its end.

    Raises:
        UserError: as ``taxonomy`` does.
    """
    found = taxonomy(id)
    head = _HEAD.format(title=catalogue.row(found.id).title, id=found.id, note=found.note)
    lines = [f"| {family.name} | {family.idea} | {_rows(family)} | {_parts(family)} |" for family in found.families]
    gaps = [family.name for family in found.families if not family.runs]
    missing = f"Nothing of these runs here yet: {', '.join(gaps)}." if gaps else "Something of every family runs here."
    return head + "\n".join(lines) + f"\n\n{missing}\n"


def _rows(family: Family) -> str:
    rows = [catalogue.row(id) for id in family.rows]
    return ", ".join(f"**{row.id}**" if row.status == "works" else row.id for row in rows) or "none"


def _parts(family: Family) -> str:
    return ", ".join(f"`{part}`" for part in family.parts)
