import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.calculators import CALCULATORS
from vesalius.language.calculations import calculation_templates, normal_answer, read_calculation, slots
from vesalius.metrics.calculations import answer_of

NUMBERS = [
    ("25.2", "25.2"),
    (25.2, "25.2"),
    (3, "3"),
    ("-2.5 mmol/L", "-2.5"),
    ("−2.5", "-2.5"),
    ("1,234.5 mL", "1234.5"),
    ("about 22.9 kg/m2", "22.9"),
    ("≈ 0.43", "0.43"),
    ("**7 points**", "7"),
    ("50 mL/min/1.73 m²", "50"),
    ("CrCl = 53 * 48 / 100.8 = 25.238 mL/min", "25.238"),
    ("12%", "12"),
    ("1,234,567.5 mL", "1234567.5"),
    ("1,234mL", "1234"),
    (".5", "0.5"),
    ("-.5 mmol/L", "-0.5"),
    ("–5", "-5"),
    ("1.84m2", "1.84"),
    ("22.9, which is normal", "22.9"),
    (0.43750000000000006, "0.43750000000000006"),
    ("116 weeks 3 days", "116 weeks 3 days"),
]
# read in part they would be numbers
NO_PART = ["22,9", "22·9", "22٫9", "0,123", "1234,567", "12,34,567", "1 234.5", "1e400", "0x10", "0xFF", "1½", "12:30", "3٣", "٣",
           "53 * 48 / 100.8", "3+4", "2^3", "2 x 10^3", "1" * 31, "1116 weeks 3 days", "17 weeks 12 days", "17.5 weeks 3 days",
           "16-17 weeks 3 days", "17w3d", 10**40]  # fmt: skip
NO_NUMBERS = ["3-4", "3 to 4", "3 or 4", "120/80", "12 ± 3", "high", "", "between 3 and 4", True, None, [3], "1.2.3"]


@pytest.mark.parametrize(("said", "answer"), NUMBERS)
def test_one_number_with_or_without_its_unit_is_an_answer(said, answer):
    assert normal_answer(said) == answer


@pytest.mark.parametrize("said", NO_NUMBERS)
def test_a_range_a_fraction_or_a_word_is_none(said):
    assert normal_answer(said) is None


@pytest.mark.parametrize("said", NO_PART)
def test_a_number_is_read_whole_or_not_at_all(said):
    assert normal_answer(said) is None
    assert read_calculation(f"Answer: {said}") == (None, "unparsed")


@given(value=st.decimals(0, 10**9, allow_nan=False, places=2))
def test_the_thousands_of_any_number_may_have_commas(value):
    assert normal_answer(f"{value:,} mL") == f"{value}"


@given(day=st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_a_date_is_read_in_every_form(day):
    forms = (
        f"{day:%m/%d/%Y}",
        f"{day.month}/{day.day}/{day.year}",
        f"{day:%d %B %Y}",
        f"{day:%B %d, %Y}",
        f"On {day.isoformat()}.",
    )
    assert {normal_answer(form) for form in forms} == {day.isoformat()}


def test_two_dates_are_none_and_an_impossible_one_is_no_date():
    assert normal_answer("between 2024-05-01 and 2024-05-03") is None
    assert answer_of(normal_answer("2024-02-30") or "") is None or normal_answer("2024-02-30") is None


@pytest.mark.parametrize(
    "said", ["17 weeks 1 days", "(17 weeks, 1 day)", "('17 weeks', '1 days')", "17 weeks and 1 day", "(17, 1)"]
)
def test_weeks_and_days_are_read_in_every_form(said):
    assert normal_answer(said) == "17 weeks 1 days"


@pytest.mark.parametrize(
    ("said", "answer", "outcome"),
    [
        ("", None, "empty"),
        ("...", None, "empty"),
        ("I cannot help with that.", None, "refused"),
        ("It depends on the weight.", None, "unparsed"),
        ('{"answer": "unclear"}', None, "unparsed"),
        ('{"answer": 3} Wait.\n{"answer": "4"}', "4", "answered"),
        ("The answer is 3.\nThe answer is 4.", "4", "answered"),
        ("The answer is 22.9 kg/m2.\nThis result indicates a normal weight.", "22.9", "answered"),
        ("Answer: 22.9\n\nI hope the answer helps!", "22.9", "answered"),
        ("As a result the answer is 22.9.", "22.9", "answered"),
        ("The answer is 3.\nThe answer is 4.\nThe result is clear.", "4", "answered"),
        ("The answer is between 3 and 4.\nI hope the answer helps!", None, "unparsed"),
        (f"The answer is {'very ' * 37}soon, 2024-05-31.", None, "unparsed"),
        ("MAP = (120 + 160) / 3 = 93.3", "93.3", "answered"),
        ("{" * 5000 + '"answer": 3', None, "unparsed"),
    ],
)
def test_every_reply_has_its_outcome(said, answer, outcome):
    work, came = read_calculation(said)
    assert (work.answer if work else None, came) == (answer, outcome)


def test_the_work_is_read_beside_the_answer():
    row = {"calculator": "Body mass index", "values": {"weight": "70 kg"}, "answer": 22.9}
    work, _ = read_calculation(f"First, 70 kg.\n```json\n{json.dumps(row)}\n```")
    assert (work.calculator, work.values, work.answer) == ("Body mass index", {"weight": "70 kg"}, "22.9")


@given(said=st.text(alphabet=st.sampled_from('{}"answer: 3.-/,weksdy()[]=\n0'), max_size=300))
def test_whatever_is_said_gives_an_answer_or_an_outcome(said):
    work, outcome = read_calculation(said)
    assert (work is not None) == (outcome == "answered")
    assert work is None or answer_of(work.answer) is not None


def test_every_calculator_can_be_shown_to_a_model():
    assert all(len(slots(each).splitlines()) == len(each.inputs) for each in CALCULATORS.values())
    known = {"note", "question", "candidates", "calculator", "slots", "units"}
    assert all(template.fields <= known for template in calculation_templates().values())
