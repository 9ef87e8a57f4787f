import datetime
import gzip

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
    table = tables(HEADER + GOOD.replace("4.1", "<4")).table
    assert np.isnan(table.numbers[0]) and table.texts.to_pylist() == ["<4"]


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
    ],
)
def test_a_spoilt_mapping_is_told_with_its_field(tables, tmp_path, old, new, said):
    with pytest.raises(UserError, match=r"map\.toml") as told:
        tables(HEADER + GOOD, MAPPING.replace(old, new, 1))
    assert said in str(told.value) and "\n" not in str(told.value)


def test_missing_files_and_columns_are_told(tables, tmp_path):
    with pytest.raises(UserError, match="column 'rating': missing; it has who, test"):
        tables(HEADER.replace("rating", "rate") + GOOD)
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
