import pytest

from vesalius.calculators import calculate
from vesalius.language.calculator_tools import ConversionRefused, Refused, Toolkit

POUNDS = {"tool": "convert", "arguments": {"value": 154, "from": "lb", "to": "kg"}}
COMA = {"tool": "glasgow-coma-scale", "arguments": {"eyes": "to voice", "verbal": "confused", "motor": "obeys commands"}}


def test_a_number_is_taken_in_the_unit_of_the_formula_alone():
    toolkit = Toolkit()
    assert toolkit.run("bmi", {"weight": 70, "height": {"value": 175, "unit": "cm"}})[0].value == pytest.approx(22.857, abs=1e-3)
    with pytest.raises(Refused, match="not in cm; convert it"):
        toolkit.run("bmi", {"weight": 70, "height": {"value": 1.75, "unit": "m"}})


def test_a_call_within_brings_a_value_to_the_unit_and_its_values_are_told():
    toolkit = Toolkit()
    result, values = toolkit.run("bmi", {"weight": POUNDS, "height": 177.8})
    assert result.value == pytest.approx(calculate("bmi", {"weight": "154 lb", "height": "70 in"}).value)
    assert values["weight"]["unit"] == "kg" and toolkit.calls == {"convert": 1, "nested calculator": 0, "calculator": 1}


def test_a_spelled_unit_is_the_same_unit():
    pressure = {"tool": "convert", "arguments": {"value": 16, "from": "kPa", "to": "mmHg"}}
    assert Toolkit().run("mean-arterial-pressure", {"systolic_pressure": pressure, "diastolic_pressure": 80})[0].value > 80


def test_a_calculator_may_be_called_within_another_one():
    toolkit = Toolkit()
    result, values = toolkit.run("qsofa", {"respiratory_rate": 24, "systolic_pressure": 95, "glasgow_coma_scale": COMA})
    assert (result.value, values["glasgow_coma_scale"]) == (3, 13) and toolkit.calls["nested calculator"] == 1


def test_calls_within_are_refused_where_they_are_not_offered_or_go_too_deep():
    with pytest.raises(ConversionRefused, match="no call is taken"):
        Toolkit(nested=False).run("bmi", {"weight": POUNDS, "height": 177.8})
    call = POUNDS
    for _ in range(6):
        call = {"tool": "maintenance-fluids", "arguments": {"weight": call}}
    with pytest.raises(ConversionRefused):
        Toolkit().run("maintenance-fluids", {"weight": call})


@pytest.mark.parametrize(
    "arguments",
    [
        {"value": 1, "from": "lb", "to": "mmHg"},
        {"value": 1, "from": "stone", "to": "kg"},
        {"value": "1", "from": "lb", "to": "kg"},
        {"value": True, "from": "lb", "to": "kg"},
        {"from": "lb", "to": "kg"},
        {"value": 1, "from": "lb"},
        {"value": 1, "from": "mg/dL", "to": "umol/L", "substance": "water"},
        {"value": 1, "from": "mg/dL", "to": "umol/L", "substance": 3},
        {},
    ],
)
def test_what_the_converter_refuses_is_a_refused_conversion(arguments):
    with pytest.raises(ConversionRefused):
        Toolkit().run("bmi", {"weight": {"tool": "convert", "arguments": arguments}, "height": 177.8})


@pytest.mark.parametrize(
    ("id", "arguments"),
    [
        ("nothing", {}),
        ("bmi", {"weight": 70}),
        ("bmi", {"weight": 70, "height": 177.8, "mood": "good"}),
        ("bmi", {"weight": 7000, "height": 177.8}),
        ("bmi", {"weight": [70], "height": 177.8}),
        ("bmi", {"weight": {"unit": "kg"}, "height": 177.8}),
        ("wells-pe", {"heart_rate": 80, "hemoptysis": {"present": True}}),
        ("wells-pe", {"heart_rate": 80, "hemoptysis": {"value": None}}),
        ("wells-pe", {"heart_rate": 80, "hemoptysis": {}}),
        ("wells-pe", {"heart_rate": 80, "hemoptysis": {"tool": "convert"}}),
    ],
)
def test_what_a_calculator_refuses_is_refused(id, arguments):
    with pytest.raises(Refused):
        Toolkit().run(id, arguments)
