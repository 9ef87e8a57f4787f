import datetime
import gzip
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vesalius.errors import UserError
from vesalius.records.events.mapping import read_mapping
from vesalius.records.events.tables_read import read_tables

MAPPING = """
[[table]]
file = "labs.csv"
subject = "who"
separator = ";"

[[table.event]]
code = { column = "test", pattern = "^code:(.*)$" }
system = "LOINC"
time = { column = "drawn", formats = ["%d.%m.%Y %H:%M", "%Y"] }
end = { column = "told" }
number = { column = "value" }
text = { column = "value" }
unit = { column = "unit" }
display = { column = "test", pattern = "code:(.*)", values = { "2823-3" = "Potassium", "2823-4" = "Mistyped" } }
where = { state = ["final", ""] }
resource = "Observation"

[[table.event]]
code = { constant = "RATED" }
number = { column = "rating" }
needs = ["rating"]
"""
HEADER = "who;test;drawn;told;value;unit;state;rating\n"
GOOD = "p1;code:2823-3;03.02.2010 10:30;2010-02-04;4.1;mmol/L;final;\n"


@pytest.fixture
def tables(tmp_path):
    """Writes a mapping and its table, and reads them, collecting the faults."""

    def read(rows, mapping=MAPPING, *, strict=False, name="labs.csv"):
        (tmp_path / "map.toml").write_text(mapping, encoding="utf-8")
        (tmp_path / name).write_bytes(rows if isinstance(rows, bytes) else rows.encode())
        return read_tables(tmp_path / "map.toml", strict=strict)

    return read


def test_a_row_gives_code_times_number_and_unit(tables):
    table = tables(HEADER + GOOD).table
    assert table.subjects == ("p1",) and table.vocabulary == ("LOINC//2823-3",) and table.numbers.tolist() == [4.1]
    assert table.times[0] == np.datetime64("2010-02-03T10:30") and table.texts.to_pylist() == [None]
    told = {name: column.to_pylist() for name, column in table.extra.items()}
    day = [datetime.datetime(2010, 2, 4)]
    assert told == {"end": day, "unit": ["mmol/L"], "display": ["Potassium"], "resource": ["Observation"]}


def test_what_is_no_number_becomes_the_text_where_both_are_of_one_column(tables):
    table = tables(HEADER + GOOD.replace("4.1", "clotted")).table
    assert np.isnan(table.numbers[0]) and table.texts.to_pylist() == ["clotted"]
    assert table.extra["unit"].to_pylist() == ["mmol/L"]


@pytest.mark.parametrize(("said", "number", "text"), [("<0.5", 0.5, "<"), (">= 1e3", 1000, ">="), ("4.1", 4.1, None)])
def test_a_compared_number_is_read_as_that_of_fhir(tables, said, number, text):
    for mapping in (MAPPING, MAPPING.replace('text = { column = "value" }', "")):
        table = tables(HEADER + GOOD.replace("4.1", said), mapping).table
        assert table.numbers.tolist() == [number] and table.texts.to_pylist() == [text]


def test_a_comparator_has_no_place_beside_a_text(tables):
    beside = MAPPING.replace('text = { column = "value" }', 'text = { column = "state" }')
    reading = tables(HEADER + GOOD.replace("4.1", "<4") + GOOD, beside)
    assert reading.faults.count == 1 and "column 'value': is compared" in reading.faults.sentences[0]
    assert reading.table.texts.to_pylist() == ["final"]


STATED = MAPPING.replace('where = { state = ["final", ""] }', 'status = { column = "state" }')


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_an_event_that_was_withdrawn_is_left_out_and_counted(tables, status):
    reading = tables(HEADER + GOOD.replace("final;", f"{status};3") + GOOD, STATED)
    assert reading.faults.count == 0 and reading.left_out == {f"Observation {status}": 1}
    assert [reading.table.vocabulary[code] for code in reading.table.codes] == ["RATED", "LOINC//2823-3"]
    assert "final" in reading.table.extra["status"].to_pylist()


def test_a_status_is_that_of_the_usual_resource_where_none_is_named(tables):
    drug = STATED.replace('resource = "Observation"', "").replace('system = "LOINC"', 'system = "RxNorm"')
    drug = drug.replace(', values = { "2823-3" = "Potassium", "2823-4" = "Mistyped" }', "")
    row = GOOD.replace("2823-3", "308135")
    reading = tables(HEADER + row.replace("final", "not-taken") + row + row.replace("final", "stopped"), drug)
    assert reading.left_out == {"MedicationStatement not-taken": 1} and reading.faults.count == 1 and len(reading.table) == 1
    assert "line 3, column 'state': is none that R4 has for MedicationStatement" in reading.faults.sentences[0]


def test_an_event_has_the_id_and_the_visit_of_its_row(tables):
    mapping = MAPPING.replace('unit = { column = "unit" }', 'id = { column = "unit" }\nencounter = { column = "state" }')
    table = tables(HEADER + GOOD, mapping).table
    assert table.extra["resource_id"].to_pylist() == ["mmol/L"] and table.extra["encounter"].to_pylist() == ["final"]


def test_rows_that_are_not_wanted_give_nothing(tables):
    assert len(tables(HEADER + GOOD.replace("final", "draft")).table) == 0
    assert tables(HEADER + GOOD.replace("code:2823-3", " ")).table.vocabulary == ()
    assert tables(HEADER + GOOD.replace("final;", ";3")).table.vocabulary == ("LOINC//2823-3", "RATED")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("03.02.2010 10:30", "31.02.2010 10:30", "column 'drawn': is no time that there is, or not written as"),
        ("2010-02-04", "soon", "column 'told': is no time that there is, or not written in ISO 8601"),
        ("2010-02-04", "2009-02-04", "column 'told': is before the event begins"),
        ("2823-3", "2823-4", "'LOINC//2823-4' has the check digit 4 where 3 is right"),
        ("code:2823-3", "2823-3", "column 'test': does not fit the pattern"),
        ("code:2823-3", "code:718-7", "column 'test': is not among the values"),
        ("p1", " ", "column 'who': is blank"),
        ("final;", "final;high", "column 'rating': is no number"),
        ("final;", "final;inf", "column 'rating': is no number"),
        ("final;", "final;;;", "10 cells where the first line has 8"),
    ],
)
def test_a_faulty_row_is_told_with_its_line_and_the_rest_is_kept(tables, old, new, said):
    reading = tables(HEADER + GOOD + GOOD.replace(old, new) + GOOD)
    assert reading.faults.count == 1 and len(reading.table) == 2
    assert "labs.csv, line 3" in reading.faults.sentences[0] and said in reading.faults.sentences[0]
    with pytest.raises(UserError, match="line 3"):
        tables(HEADER + GOOD + GOOD.replace(old, new) + GOOD, strict=True)


SPOILT = GOOD.replace("code:2823-3", '"code:2823-3')


LAST = GOOD.replace("final;", 'final;"')


@pytest.mark.parametrize(
    "rows", [GOOD + LAST + GOOD, GOOD + SPOILT + GOOD, GOOD + SPOILT + GOOD * 3 + GOOD.replace("final", '"final"')]
)
def test_a_quotation_mark_too_many_is_told_with_its_line_rather_than_rows_swallowed(tables, rows):
    with pytest.raises(UserError, match=r"labs\.csv, line 3: the record that begins there is not in order"):
        tables(HEADER + rows)


def test_quotation_marks_that_enclose_nothing_are_kept_where_the_mapping_says_so(tables):
    mapping = MAPPING.replace('separator = ";"', 'separator = ";"\nquote = ""')
    reading = tables(HEADER + GOOD.replace("4.1", '"clotted" it says') + GOOD, mapping)
    assert reading.table.texts.to_pylist() == ['"clotted" it says', None] and reading.faults.count == 0


def test_a_faulty_record_of_several_lines_is_told_with_its_first(tables):
    reading = tables(HEADER + GOOD.replace("4.1", '"clotted\n\nagain"').replace("2010-02-04", "soon") + GOOD.replace("p1", ""))
    assert [said.partition(", column")[0].rpartition(" ")[2] for said in reading.faults.sentences] == ["2", "5"]


@pytest.mark.parametrize(
    ("said", "number", "text"), [("4,1", 4.1, None), ("<0,5", 0.5, "<"), ("4.1", None, "4.1"), ("1.000,5", None, "1.000,5")]
)
def test_a_decimal_comma_is_read_and_a_point_beside_it_is_no_number(tables, said, number, text):
    table = tables(HEADER + GOOD.replace("4.1", said), MAPPING.replace('separator = ";"', 'separator = ";"\ndecimal = ","')).table
    assert [None if value != value else value for value in table.numbers] == [number] and table.texts.to_pylist() == [text]


ZONED = MAPPING.replace('separator = ";"', 'separator = ";"\nzone = "Europe/Berlin"')


def test_local_times_are_taken_as_those_of_the_zone_and_days_stay(tables):
    winter, summer = GOOD, GOOD.replace("03.02", "03.07").replace("2010-02-04", "2010-07-04T01:00")
    table = tables(
        HEADER + winter + summer + GOOD.replace("03.02.2010 10:30", "2010").replace("2010-02-04", "2010-07-04T01:00Z"), ZONED
    ).table
    hours = [str(time)[:16] for time in table.times]
    assert hours == ["2010-01-01T00:00", "2010-02-03T09:30", "2010-07-03T08:30"]
    ends = [str(end)[:16] for end in table.extra["end"].to_pylist()]
    assert ends == ["2010-07-04 01:00", "2010-02-04 00:00", "2010-07-03 23:00"]


def test_an_hour_that_clocks_went_past_is_a_fault_and_one_that_came_twice_the_first(tables):
    past, twice = (GOOD.replace("03.02.2010 10:30", time) for time in ("28.03.2010 02:30", "31.10.2010 02:30"))
    reading = tables(HEADER + past + twice.replace("2010-02-04", ""), ZONED)
    assert reading.faults.count == 1 and "line 2, column 'drawn'" in reading.faults.sentences[0]
    assert str(reading.table.times[0])[:16] == "2010-10-31T00:30"


def test_encodings_tabs_and_gzip_are_read(tables, tmp_path):
    mapping = MAPPING.replace('"labs.csv"', '"labs.tsv.gz"\nencoding = "latin-1"').replace('separator = ";"', "")
    text = (HEADER + GOOD.replace("mmol/L", "\u00b5mol/L")).replace(";", "\t")
    reading = tables(gzip.compress(text.encode("latin-1")), mapping, name="labs.tsv.gz")
    assert reading.table.extra["unit"].to_pylist() == ["\u00b5mol/L"]
    with pytest.raises(UserError, match="not in the encoding 'utf-8'"):
        tables(gzip.compress(text.encode("latin-1")), mapping.replace("latin-1", "utf-8"), name="labs.tsv.gz")


def test_parquet_columns_of_numbers_and_times_are_read(tmp_path):
    columns = {
        "who": pa.array([7, 7]),
        "test": pa.array([308135.0, None]),
        "drawn": pa.array([datetime.datetime(2010, 2, 3, 4), None], pa.timestamp("us")),
        "value": pa.array([float("nan"), 2]),
    }
    pq.write_table(pa.table(columns), tmp_path / "drugs.parquet")
    mapping = (
        '[[table]]\nfile = "drugs.parquet"\nsubject = "who"\n[[table.event]]\ncode = { column = "test" }\nsystem = "RxNorm"\n'
    )
    (tmp_path / "map.toml").write_text(mapping + 'time = { column = "drawn" }\nnumber = { column = "value" }\n')
    table = read_tables(tmp_path / "map.toml").table
    assert table.subjects == ("7",) and table.vocabulary == ("RxNorm//308135",) and np.isnan(table.numbers[0])
    assert table.times.tolist() == [datetime.datetime(2010, 2, 3, 4)]


TIMED = '[[table]]\nfile="x.parquet"\nsubject="who"\n[[table.event]]\ncode={constant="X"}\ntime={column="at"}\n'


def timed(folder, times):
    pq.write_table(pa.table({"who": pa.array(["1"] * len(times)), "at": times}), folder / "x.parquet")
    (folder / "map.toml").write_text(TIMED)
    return read_tables(folder / "map.toml", strict=False)


def test_what_is_finer_than_microseconds_is_cut_off(tmp_path, monkeypatch):
    # pyarrow would make times of pandas of them, where that is there
    monkeypatch.setitem(sys.modules, "pandas", None)
    reading = timed(tmp_path, pa.array([1_700_000_000_123_456_789], pa.timestamp("ns")))
    assert reading.table.times.tolist() == [datetime.datetime(2023, 11, 14, 22, 13, 20, 123456)]


@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
@pytest.mark.parametrize("kind", ["us", "s", "date"])
def test_years_that_there_are_not_in_parquet_are_told(tmp_path, kind, zone):
    far = pa.array([10**7], pa.date32()) if kind == "date" else pa.array([253_402_300_800 * 10 ** (6 * (kind == "us"))])
    with pytest.raises(UserError, match=r"x\.parquet: has a day or time before the year 1 or after 9999"):
        timed(tmp_path, far if kind == "date" else far.cast(pa.timestamp(kind, zone)))


def test_a_moment_that_its_zone_takes_beyond_the_last_year_is_a_fault(tmp_path, tables):
    row = GOOD.replace("2010-02-04", "9999-12-31T23:59:59-05:00")
    reading = tables(HEADER + row + GOOD)
    assert reading.faults.count == 1 and len(reading.table) == 1 and "column 'told'" in reading.faults.sentences[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('file = "labs.csv"', "", "field 'table.1.file': Field required"),
        ('subject = "who"', 'subjects = "who"', "field 'table.1.subject"),
        ('number = { column = "value" }', 'number = { column = "value", constant = "1" }', "needs either a column or a constant"),
        ("^code:(.*)$", "(", "is no regular expression"),
        ("^code:(.*)$", "(a)(b)", "has 2 groups"),
        ('"Observation"', '"Observatory"', "is not one of Encounter, Condition"),
        ("[[table]]", "[[table", "not TOML"),
        ('separator = ";"', 'separator = ""', "field 'table.1.separator'"),
        ('separator = ";"', 'zone = "Europe/Bern"', "field 'table.1.zone': is no time zone that is known here"),
        ('separator = ";"', 'zone = "../../x"', "field 'table.1.zone': is no time zone that is known here"),
        ('separator = ";"', 'decimal = ";"', "field 'table.1.decimal'"),
    ],
)
def test_a_spoilt_mapping_is_told_with_its_field(tables, tmp_path, old, new, said):
    with pytest.raises(UserError, match=r"map\.toml") as told:
        tables(HEADER + GOOD, MAPPING.replace(old, new, 1))
    assert said in str(told.value) and "\n" not in str(told.value)


def test_missing_files_and_columns_are_told(tables, tmp_path):
    with pytest.raises(UserError, match="column 'rating': missing among its 8 columns") as told:
        tables(HEADER.replace("rating", "rate") + GOOD)
    assert "drawn" not in str(told.value)
    with pytest.raises(UserError, match="column 'who': twice"):
        tables(HEADER.replace("state", "who") + GOOD, MAPPING.replace('where = { state = ["final", ""] }', ""))
    (tmp_path / "labs.csv").unlink()
    with pytest.raises(UserError, match=r"labs\.csv: missing"):
        read_tables(tmp_path / "map.toml")
    with pytest.raises(UserError, match=r"none\.toml: missing"):
        read_mapping(tmp_path / "none.toml")
    (tmp_path / "labs.csv").mkdir()
    with pytest.raises(UserError, match=r"labs\.csv: cannot be read"):
        read_tables(tmp_path / "map.toml")


def test_a_parquet_file_that_is_none_is_told(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    (tmp_path / "map.toml").write_text('[[table]]\nfile="x.parquet"\nsubject="a"\n[[table.event]]\ncode={constant="X"}\n')
    with pytest.raises(UserError, match="not a parquet file"):
        read_tables(tmp_path / "map.toml")
