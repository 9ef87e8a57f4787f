import json

from typer.testing import CliRunner

from vesalius.cli.app import app


def test_the_page_of_a_survey_is_written(tmp_path):
    file = tmp_path / "pages" / "page.md"
    result = CliRunner().invoke(app, ["survey", "201", "--out", str(file)])
    assert result.exit_code == 0 and str(file) in result.output
    assert file.read_text(encoding="utf-8").startswith("# Is Grad-CAM Explainable")


def test_a_survey_can_be_read_by_machines():
    families = json.loads(CliRunner().invoke(app, ["survey", "gradcam-review", "--json"]).output)["families"]
    assert {"name", "idea", "rows", "parts"} <= families[0].keys()
