from pathlib import Path
from pkgutil import resolve_name

import pytest

from vesalius import catalogue
from vesalius.catalogue.taxonomy import survey_page, taxonomy
from vesalius.errors import UserError

SURVEYS = sorted(file.stem for file in (Path(catalogue.__file__).parent / "taxonomies").glob("*.tsv"))


@pytest.mark.parametrize("id", SURVEYS)
def test_every_family_names_rows_and_parts_that_there_are(id):
    found = taxonomy(id)
    assert catalogue.row(id).kind == "survey" and found.note.endswith(".")
    for family in found.families:
        assert family.name and family.idea
        assert all(catalogue.row(row).id == row for row in family.rows)
        assert all(callable(resolve_name(part)) for part in family.parts)


@pytest.mark.parametrize("id", SURVEYS)
def test_the_page_has_every_family_and_names_those_of_which_nothing_runs(id):
    page = survey_page(id)
    gaps = page.splitlines()[-1]
    for family in taxonomy(id).families:
        assert f"| {family.name} |" in page
        assert (family.name in gaps) == (not family.runs)


def test_what_runs_is_told_from_what_is_planned():
    page = survey_page("gradcam-review")
    assert "**gradcam-review**" in page
    planned = next(row.id for row in catalogue.rows() if row.status == "planned")
    assert f"**{planned}**" not in page


def test_a_row_without_a_taxonomy_is_refused():
    with pytest.raises(UserError, match="no taxonomy"):
        survey_page("unet-plus-plus")
