import json
from pathlib import Path

import pytest

import vesalius
from vesalius import catalogue
from vesalius.systems.evidence import evidence_page, write_evidence

KEPT = Path(__file__).parents[2] / "evidence"
FILES = sorted(KEPT.glob("*.json"))


def test_a_run_is_kept_with_its_finding_and_how_it_is_read(tmp_path):
    run = vesalius.run("medagentsbench", size="smoke", data="simulated", out=tmp_path / "runs")
    folder = tmp_path / "evidence"
    path = write_evidence(run, folder)
    content = json.loads(path.read_text())
    assert content["finding"] == run.finding.to_json() and content["made_by"].startswith("vesalius evidence medagentsbench")
    page = (folder / "README.md").read_text()
    assert run.finding.verdict in page and "**Reading.**" not in page
    (folder / "readings").mkdir()
    (folder / "readings" / f"{path.stem}.md").write_text("Too few questions.\n")
    path.write_text(json.dumps(content | {"settings": content["settings"] | {"model": "mock"}}))
    page = evidence_page(folder)
    assert "**Reading.** Too few questions.\n" in page and "data simulated, model mock.\n" in page


def test_the_page_of_the_repository_is_that_of_its_files():
    assert (KEPT / "README.md").read_text(encoding="utf-8") == evidence_page(KEPT)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_evidence_is_of_a_system_and_is_made_by_a_command_of_the_makefile(file):
    content = json.loads(file.read_text(encoding="utf-8"))
    assert catalogue.row(file.stem).status == "works"
    assert f"vesalius evidence {file.stem}" in (KEPT.parent / "Makefile").read_text(encoding="utf-8")
    assert len(content["seeds"]) == max(1, catalogue.system(file.stem).seeds)


def test_readings_are_of_evidence_that_is_there():
    assert {file.stem for file in (KEPT / "readings").glob("*.md")} <= {file.stem for file in FILES}
