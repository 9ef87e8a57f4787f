import sys

import pytest
from PIL import Image

from vesalius.cli import main


@pytest.fixture
def sheet(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["vesalius", "data", "sheet", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit:
            main()
        captured = capsys.readouterr()
        return exit.value.code or 0, captured.out, captured.err

    return call


def test_a_sheet_of_the_named_simulators_is_written(sheet, tmp_path):
    out = tmp_path / "made" / "sheet.png"
    assert sheet("graders", "--out", out) == (0, f"{out}\n", "")
    with Image.open(out) as picture:
        assert picture.format == "PNG" and picture.width > 900


@pytest.mark.parametrize("arguments", [["moon"], ["graders", "--out", "sheet.jpg"]], ids=["unknown source", "not a PNG"])
def test_what_cannot_be_drawn_gets_a_sentence(arguments, sheet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, errors = sheet(*arguments)
    assert code == 2 and out == "" and errors and "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []
