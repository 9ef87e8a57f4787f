import pytest

from vesalius import catalogue
from vesalius.errors import UserError
from vesalius.names import Area, Kind


def test_areas_and_kinds_are_the_closed_sets():
    rows = catalogue.rows()
    assert {row.area for row in rows} == set(Area.__args__)
    assert {row.kind for row in rows} <= set(Kind.__args__)


def test_a_row_is_found_by_id_and_by_number():
    assert catalogue.row("recov") is catalogue.row("165")


@pytest.mark.parametrize(("id", "hint"), [("unet-plus-plu", "did you mean unet-plus-plus"), ("zzzz", "vesalius list")])
def test_an_unknown_system_is_said_with_the_nearest(id, hint):
    with pytest.raises(UserError, match=hint):
        catalogue.row(id)


def test_a_planned_system_is_said_to_be_planned():
    with pytest.raises(UserError, match="planned"):
        catalogue.system("diabetica")
