import json
import sys

import pytest

from vesalius.calculators import CALCULATORS
from vesalius.cli import main


@pytest.fixture
def calculate(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["vesalius", "calculate", *arguments])
        with pytest.raises(SystemExit) as exit:
            main()
        captured = capsys.readouterr()
        return exit.value.code or 0, captured.out, captured.err

    return call


def test_all_calculators_are_listed(calculate):
    code, out, _ = calculate()
    assert code == 0 and [line.split()[0] for line in out.splitlines()] == list(CALCULATORS)
    assert [each["name"] for each in json.loads(calculate("--json")[1])] == list(CALCULATORS)


def test_value_steps_and_source_are_printed(calculate):
    code, out, _ = calculate("bmi", "weight=70kg", "height=1.75m")
    assert code == 0
    assert "22.9 kg/m2" in out and "height, m: 1.75" in out and CALCULATORS["bmi"].source in out


def test_what_was_not_given_is_said(calculate):
    assert "tonsillar_exudate" in calculate("centor", "age=20a", "temperature=100.4F")[1]


def test_json_has_dates_as_text(calculate):
    shown = json.loads(calculate("due-date", "last_menstrual_period=2000-02-24", "cycle_length=30", "--json")[1])
    assert shown["value"] == "2000-12-02" and shown["inputs"]["cycle_length"] == 30


def test_without_inputs_it_says_what_it_takes(calculate):
    out = calculate("sodium-correction")[1]
    assert "* sodium: " in out and "  rule: " in out and "meq/L" in out
    assert json.loads(calculate("sodium-correction", "--json")[1])["name"] == "sodium-correction"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("bmj",), "calculator 'bmj': there is none"),
        (("bmi", "weight=70", "height=1.75m"), "bmi, input 'weight': no unit"),
        (("bmi", "weight"), "input 'weight': no value"),
        (("bmi", "weight=70kg", "weight=71kg"), "input 'weight': given twice"),
    ],
)
def test_bad_input_is_told_in_a_sentence(calculate, arguments, sentence):
    code, out, err = calculate(*arguments)
    assert code == 2 and out == "" and sentence in err and "Traceback" not in err
