import csv
import io

import pytest

from vesalius.calculators import calculate, named
from vesalius.checks import check_source
from vesalius.errors import UserError
from vesalius.learners.calculations.annotated import AnnotatedValues
from vesalius.metrics import calculation_correct
from vesalius.metrics.calculations import read_true_work
from vesalius.records import Text
from vesalius.sources.public.medcalc_bench import MEDCALC_BENCH, release_values
from vesalius.sources.public.root import VARIABLE
from vesalius.sources.releases import RELEASES

HEADER = (
    "Row Number",
    "Calculator ID",
    "Calculator Name",
    "Category",
    "Output Type",
    "Note ID",
    "Note Type",
    "Patient Note",
    "Question",
    "Relevant Entities",
    "Ground Truth Answer",
    "Lower Limit",
    "Upper Limit",
    "Ground Truth Explanation",
)
CLEARANCE = {"sex": "Male", "age": [87, "years"], "weight": [48.0, "kg"], "height": [163.0, "cm"], "creatinine": [1.4, "mg/dL"]}
AGE = {"Current Date": "02/29/2004", "Last menstrual date": "11/01/2003"}
DOSES = {
    "TraMADol Dose": [30, "mg"], "TraMADol Dose Per Day": [3, "per day"], "FentaNYL buccal Dose": [20, "µg"],
    "FentaNYL buccal Dose Per Day": [1, "per day"], "Codeine Dose": [60, "mg"], "Codeine Dose Per Day": [1, "per day"],
}  # fmt: skip
WEEKS = "('17 weeks', '1 days')"
LIVER = {
    "international normalized ratio": 2.0, "Ascites": "Slight", "Albumin": [3.0, "g/dL"], "Bilirubin": [1.0, "mg/dL"],
    "Encephalopathy": "No Encephalopathy",
}  # fmt: skip
HEART = {"Pre-operative treatment with insulin": True, "Pre-operative creatinine": [2.5, "mg/dL"]}
# calculator, category, output type, entities, answer, lower and upper limit; values and answers as in the released test set
ROWS = [
    (2, "lab test", "decimal", CLEARANCE, "25.238", "23.976", "26.5"),
    (69, "date", "date", AGE, WEEKS, WEEKS, WEEKS),
    (68, "date", "date", {"cycle length": 30, "Last menstrual date": "11/01/2003"}, *["11/15/2003"] * 3),
    (49, "dosage conversion", "decimal", DOSES, "29.6", "29.6", "29.6"),
]


def row(number, calculator, category, output, entities, *answers):
    cells = (
        number,
        calculator,
        "Name",
        category,
        output,
        "note-1",
        "Template",
        f"Note {number}, with\na line.",
        "Which?",
        str(entities),
    )
    return dict(zip(HEADER, (*cells, *answers, "Steps."), strict=True))


MADE = [row(number, *cells) for number, cells in enumerate(ROWS, start=1)]


def written(folder, rows, name="test_data.csv", header=HEADER):
    text = io.StringIO()
    writer = csv.DictWriter(text, header, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text.getvalue(), encoding="utf-8")


@pytest.fixture
def release(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path / "medcalc-bench" / "dataset"


def test_the_released_layout_is_read(release):
    written(release, MADE)
    written(release, MADE[:1], "train_data.csv")
    check_source(MEDCALC_BENCH)
    records = {record.id: record for record in MEDCALC_BENCH.records()}
    first = records["test-1"]
    assert {name: first.get(name, Text).value for name in ("note", "question", "explanation")} == {
        "note": "Note 1, with\na line.",
        "question": "Which?",
        "explanation": "Steps.",
    }
    assert (first.tags["calculator"], first.tags["category"], first.tags["output"]) == (
        "creatinine-clearance",
        "lab test",
        "decimal",
    )
    true = read_true_work(first.get("answer", Text).value)
    assert (true.work.answer, true.low, true.high) == ("25.238", 23.976, 26.5)
    # one note is one subject, wherever it stands
    assert records["train-1"].subject_id == first.subject_id != records["test-2"].subject_id


def test_the_calculators_recompute_every_answer_of_the_made_release(release):
    written(release, MADE)
    records = MEDCALC_BENCH.records()
    said = AnnotatedValues().predict(records)
    assert [
        calculation_correct(one.value, record.get("answer", Text).value) for one, record in zip(said, records, strict=True)
    ] == [1] * 4


def test_several_names_of_a_finding_mean_that_any_is_enough():
    findings = {"Surgery in the previous 4 weeks": True, "Immobilization for at least 3 days": False}
    values = release_values(named("wells-pe"), {"Heart Rate or Pulse": [90, "beats per minute"], **findings})
    assert values["immobile_or_surgery"] is True and calculate("wells-pe", values).value == 1.5


@pytest.mark.parametrize(
    ("id", "entities", "value"),
    [
        ("steroid-conversion", {"input steroid": ["PredniSONE PO", 5, "mg"], "target steroid": "Hydrocortisone IV"}, 20),
        ("child-pugh", LIVER, 8),
        ("mdrd-gfr", {"age": [50, "years"], "sex": "Male", "creatinine": [1.0, "mg/dL"], "Race": "Black"}, 95.9),
        ("revised-cardiac-risk-index", HEART, 2),
        ("due-date", {"cycle length": 28, "Last menstrual date": "11/01/2003"}, None),
    ],
)
def test_names_of_the_release_are_inputs_of_the_calculators(id, entities, value):
    values = release_values(named(id), entities)
    found = calculate(id, values).value
    assert value is None or found == pytest.approx(value, rel=0.01)


@pytest.mark.parametrize(
    ("id", "entities"),
    [
        ("bmi", {"weight": [48.0, "kg"]}),
        ("bmi", {"weight": [48.0, "stones"], "height": [163.0, "cm"]}),
        ("bmi", {"weight": "48", "height": None}),
        ("caprini", {"age": [50, "years"]}),
        ("morphine-equivalents", {"Codeine Dose": "much"}),
        ("steroid-conversion", {}),
    ],
)
def test_values_that_are_not_enough_are_none(id, entities):
    assert release_values(named(id), entities) == {}


def changed(**cells):
    return MADE[0] | {name.replace("_", " "): value for name, value in cells.items()}


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        (changed(Calculator_ID="1"), "line 3, field 'Calculator ID': '1' is none of"),
        (changed(Ground_Truth_Answer="tall"), "field 'Ground Truth Answer': 'tall' is not a number"),
        (changed(Lower_Limit=""), "field 'Lower Limit': blank"),
        (changed(Relevant_Entities="__import__('os')"), "field 'Relevant Entities': not a dictionary"),
        (changed(Relevant_Entities="(" * 9000), "field 'Relevant Entities': not a dictionary"),
        (changed(Relevant_Entities="{" + "1," * 20000 + "}"), "field 'Relevant Entities': not a dictionary"),
        (changed(Patient_Note=" "), "field 'Patient Note': blank"),
        (MADE[1] | {"Ground Truth Answer": "120 days"}, "field 'Ground Truth Answer': not a time"),
        (MADE[2] | {"Ground Truth Answer": "2003-11-15"}, "field 'Ground Truth Answer': not a date"),
    ],
)
def test_a_spoilt_row_is_told_by_file_line_field_and_remedy(release, spoilt, message):
    written(release, [spoilt])
    with pytest.raises(UserError, match=message) as told:
        MEDCALC_BENCH.records()
    assert "obtain the MedCalc-Bench release again" in str(told.value)


def test_a_missing_column_or_file_is_told(release):
    written(release, MADE, header=HEADER[:-1])
    with pytest.raises(UserError, match="field 'Ground Truth Explanation': missing"):
        MEDCALC_BENCH.records()
    (release / "test_data.csv").unlink()
    with pytest.raises(UserError, match=r"none of train_data\.csv, test_data\.csv is there"):
        MEDCALC_BENCH.records()


def test_limits_of_a_negative_answer_are_put_in_order(release):
    written(release, [changed(Ground_Truth_Answer="-2", Lower_Limit="-1.9", Upper_Limit="-2.1")])
    true = read_true_work(MEDCALC_BENCH.records()[0].get("answer", Text).value)
    assert (true.low, true.high) == (-2.1, -1.9)


def test_the_release_is_listed_and_seen_where_it_is_read(release):
    (found,) = (each for each in RELEASES if each.name == "medcalc-bench")
    assert found.tier == "public" and not found.present
    written(release, MADE)
    assert found.present
