import subprocess
import sys

import pytest

from vesalius import catalogue
from vesalius.checks import check_system

WORKING = [row for row in catalogue.rows() if row.status == "works"]
HEAVY = ("torch", "sklearn", "sksurv", "transformers", "matplotlib", "pandas")


def test_catalogue_has_every_paper_once():
    rows = catalogue.rows()
    assert [row.number for row in rows] == list(range(1, 330))
    assert len({row.id for row in rows}) == 329


@pytest.mark.parametrize("row", WORKING, ids=lambda row: row.id)
def test_system_keeps_its_contract(row, tmp_path):
    check_system(catalogue.system(row.id), tmp_path)


def test_loading_a_system_loads_no_heavy_library():
    code = f"""
import sys
from vesalius import catalogue

for id in {[row.id for row in WORKING]!r}:
    catalogue.system(id)
    heavy = sorted(set({HEAVY!r}) & sys.modules.keys())
    if heavy:
        sys.exit(f"{{id}} loads {{', '.join(heavy)}}")
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
