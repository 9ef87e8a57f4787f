import json
import tempfile
from contextlib import suppress
from pathlib import Path

import meds
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.records.events.event_tables import assert_same, tables
from vesalius.errors import UserError
from vesalius.records.events import EventTable
from vesalius.records.events.convert import convert_events
from vesalius.records.events.decimals import shortest_decimals
from vesalius.records.events.meds_read import read_meds, read_meds_shards, read_splits
from vesalius.records.events.meds_write import write_meds
from vesalius.records.events.splits import split_by_hash
from vesalius.records.events.subject_ids import hashed, subject_ids

shards_of_events = st.sampled_from([1, 4, 1000])


def small():
    times = np.array(["2024-01-01", "2024-01-02", "NaT", "2024-01-01"], "M8[us]")
    numbers = np.array([7.4, np.nan, np.nan, 140.0])
    return EventTable.build(["12", "12", "pat", "7"], times, ["a", "b", "sex", "a"], numbers, extra={"unit": pa.array([*"xyzw"])})


@settings(max_examples=60)
@given(tables(), shards_of_events, st.booleans())
def test_what_was_written_is_read(table, size, split):
    splits = split_by_hash(table.subjects, tuning=0.3, held_out=0.3) if split else None
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "made"
        write_meds(table, folder, splits=splits, events_per_shard=size)
        assert_same(read_meds(folder), table)
        assert read_splits(folder) == (splits or {})
        shards = list(read_meds_shards(folder))
    counts = dict(zip(table.subjects, np.diff(table.starts)))
    told = [name for shard in shards for name in shard.subjects]
    assert sorted(told) == sorted(name for name in table.subjects if counts[name])
    for shard in shards:
        assert len(shard) <= size or len(shard.subjects) == 1
        place = [table.subjects.index(name) for name in shard.subjects]
        assert_same(shard, table.take(place))


@settings(max_examples=40)
@given(tables(), shards_of_events, st.booleans())
def test_the_standard_s_own_schemas_accept_what_is_written(table, size, split):
    splits = split_by_hash(table.subjects, tuning=0.3, held_out=0.3) if split else None
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "made"
        write_meds(table, folder, name="cohort", splits=splits, events_per_shard=size)
        seen = set()
        for file in (folder / meds.data_subdirectory).rglob("*.parquet"):
            rows = pq.read_table(file)
            meds.DataSchema.validate(rows)
            ids = rows["subject_id"].to_pylist()
            assert ids == sorted(ids) and not seen & set(ids)
            seen |= set(ids)
            if splits is not None and ids:
                rows = pq.read_table(folder / meds.subject_splits_filepath)
                assert {s for i, s in zip(*rows.to_pydict().values()) if i in ids} == {file.parent.name}
        codes = pq.read_table(folder / meds.code_metadata_filepath)
        meds.CodeMetadataSchema.validate(codes)
        assert codes["code"].to_pylist() == list(table.vocabulary)
        told = json.loads((folder / meds.dataset_metadata_filepath).read_text())
        meds.DatasetMetadataSchema.validate(told)
        assert told["meds_version"] == meds.__version__ and told["dataset_name"] == "cohort"
        if splits is not None:
            meds.SubjectSplitSchema.validate(pq.read_table(folder / meds.subject_splits_filepath))


def test_a_dataset_of_others_is_read_without_the_files_that_may_be_missing(tmp_path):
    rows = {
        "subject_id": pa.array([5, 5, 3], pa.int64()),
        "time": pa.array([None, 10**15, 10**15], pa.timestamp("us")),
        "code": pa.array(["SEX", "LAB", "LAB"]).dictionary_encode(),
        "numeric_value": pa.array([None, 7.4, 1e9], pa.float32()),
    }
    put(pa.table(rows), tmp_path / "data/train/0.parquet")
    put(
        pa.table(rows | {"subject_id": pa.array([9, 9, 8], pa.int64()), "code": ["NEW", "LAB", "NEW"]}),
        tmp_path / "data/b.parquet",
    )
    table = read_meds(tmp_path)
    assert table.subjects == ("9", "8", "5", "3") and table.vocabulary == ("NEW", "LAB", "SEX")
    assert table.codes.tolist() == [0, 1, 0, 2, 1, 1]
    np.testing.assert_array_equal(table.numbers, [np.nan, 7.4, 1e9] * 2)
    assert table.texts.null_count == 6 and not table.extra and not read_splits(tmp_path)


def put(rows, file):
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, file)


@given(st.integers(-999_999, 999_999), st.integers(-30, 30))
def test_decimals_of_six_digits_come_back_from_32_bits(digits, exponent):
    value = float(f"{digits}e{exponent}")
    assert shortest_decimals(np.array([value], np.float32)).tolist() == [value]


def test_numbers_that_32_bits_hold_take_no_column_of_their_own(tmp_path):
    write_meds(small(), tmp_path / "made")
    file = tmp_path / "made/data/0.parquet"
    assert pq.read_schema(file).names == ["subject_id", "time", "code", "numeric_value", "text_value", "unit"]
    assert pq.read_table(file)["numeric_value"].null_count == 2


def test_ids_are_the_numbers_that_subjects_are_called_by_or_hashes_of_63_bits():
    names = [str(2**63 - 1), str(-(2**63)), str(2**63), "+1", "1 ", "-0", "٣", "pat"]
    ids = subject_ids(names).tolist()
    assert ids[:2] == [2**63 - 1, -(2**63)] and ids[2:] == [hashed(name) for name in names[2:]]
    with pytest.raises(UserError, match=f"subjects 'pat' and '{hashed('pat')}': both get the id"):
        subject_ids(["1", "pat", str(hashed("pat"))])


def test_the_same_table_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_meds(small(), tmp_path / name)
    files = [file.relative_to(tmp_path / "one") for file in (tmp_path / "one").rglob("*.*")]
    assert len(files) == 4
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    table = small()
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_text("")
    twice = table.take([0, 0])
    named = EventTable.build(["1"], table.times[:1], ["a"], extra={"numeric_value": pa.array(["x"])})
    before = sorted(tmp_path.rglob("*"))
    for folder, given_, splits, sentence in [
        ("there", table, None, "exists already"),
        ("file/made", table, None, r"cannot be written \(File exists\)"),
        ("made", twice, None, "both get the id 12"),
        ("made", named, None, "column 'numeric_value': the name has a meaning"),
        ("made", table, {"12": "train", "7": "train"}, "subject 'pat': has no split"),
        ("made", table, {"12": "train", "7": "../..", "pat": "x"}, "no name for a folder"),
    ]:
        with pytest.raises(UserError, match=sentence):
            write_meds(given_, tmp_path / folder, splits=splits)
        assert sorted(tmp_path.rglob("*")) == before


@pytest.fixture
def described(tmp_path):
    """A dataset of others, with splits, a name and rows of codes, one of them twice; a code has none."""
    write_meds(small(), tmp_path / "made", splits={"12": "train", "pat": "tuning", "7": "held_out"})
    codes = {
        "code": pa.array(["b", "a", "a", "never"]).dictionary_encode(),
        "description": pa.array(["Bee", "Ay", "Ay, later", None]),
        "parent_codes": pa.array([["c"], None, [], ["b", "c"]]),
        "modifier": pa.array([None, "x", "y", None]),
    }
    put(pa.table(codes), tmp_path / "made" / meds.code_metadata_filepath)
    told = {"dataset_name": "cohort", "license": "MIT", "etl_name": "other", "code_modifier_columns": ["unit", "gone"]}
    (tmp_path / "made" / meds.dataset_metadata_filepath).write_text(json.dumps(told))
    return tmp_path / "made"


def test_what_a_dataset_says_of_itself_is_carried_over(described, tmp_path):
    convert_events(described, tmp_path / "again")
    again = tmp_path / "again"
    assert read_splits(again) == read_splits(described) and len(list((again / "data").iterdir())) == 3
    before = pq.read_table(described / meds.code_metadata_filepath).to_pylist()
    unknown = {"code": "sex", "description": None, "parent_codes": None, "modifier": None}
    assert pq.read_table(again / meds.code_metadata_filepath).to_pylist() == [*before, unknown]
    told = json.loads((again / meds.dataset_metadata_filepath).read_text())
    assert (told["dataset_name"], told["license"], told["etl_name"]) == ("cohort", "MIT", "vesalius")
    assert told["code_modifier_columns"] == ["unit"] and told["other_extension_columns"] == []
    meds.CodeMetadataSchema.validate(pq.read_table(again / meds.code_metadata_filepath))
    meds.DatasetMetadataSchema.validate(told)
    assert_same(read_meds(again), read_meds(described))


def test_metadata_that_is_spoilt_is_told(described, tmp_path):
    file = described / meds.dataset_metadata_filepath
    for spoilt in ("{", "[]", "\ud800"):
        file.write_text(spoilt, errors="surrogatepass")
        with pytest.raises(UserError, match=r"dataset\.json: no JSON object"):
            convert_events(described, tmp_path / "again")
    file.unlink()
    (described / meds.code_metadata_filepath).unlink()
    convert_events(described, tmp_path / "again")
    assert read_splits(tmp_path / "again") == read_splits(described)


def rows_of(**changed):
    columns = {
        "subject_id": pa.array([1, 1, 2], pa.int64()),
        "time": pa.array([None, 5, 3], pa.timestamp("us")),
        "code": pa.array(["a", "b", "c"]),
        "numeric_value": pa.array([1, None, 3], pa.float32()),
    }
    return pa.table({name: column for name, column in (columns | changed).items() if column is not None})


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"time": None}, "column 'time': missing"),
        ({"subject_id": ["1", "1", "2"]}, "column 'subject_id': has the type string, where MEDS has int64"),
        ({"time": pa.array([1, 2, 3], pa.timestamp("us", "UTC"))}, r"column 'time': has the type timestamp\[us, tz=UTC\]"),
        ({"code": [1, 2, 3]}, "column 'code': has the type int64, where MEDS has string"),
        ({"numeric_value": ["1", "2", "3"]}, "column 'numeric_value': has the type string, where MEDS has float"),
        ({"text_value": [1, 2, 3]}, "column 'text_value': has the type int64"),
        ({"code": ["a", None, "c"]}, "column 'code': row 2 is null"),
        ({"subject_id": pa.array([1, 1, None], pa.int64())}, "column 'subject_id': row 3 is null"),
        ({"subject_id": pa.array([1, 2, 1], pa.int64())}, "column 'subject_id': row 3: subject 1 comes a second time"),
        ({"time": pa.array([5, 4, 3], pa.timestamp("us"))}, "column 'time': row 2, of subject 1, is earlier"),
        ({"time": pa.array([5, None, 3], pa.timestamp("us"))}, "column 'time': row 2, of subject 1, is earlier"),
    ],
)
def test_a_wrong_shard_is_told_in_a_sentence(tmp_path, changed, sentence):
    file = tmp_path / "data/0.parquet"
    put(rows_of(), file)
    assert len(read_meds(tmp_path)) == 3
    put(rows_of(**changed), file)
    with pytest.raises(UserError, match=f"0.parquet, {sentence}") as told:
        read_meds(tmp_path)
    assert "\n" not in str(told.value) and str(told.value).endswith(".")


def test_shards_that_do_not_fit_each_other_are_told(tmp_path):
    put(rows_of(), tmp_path / "data/0.parquet")
    put(rows_of(subject_id=pa.array([2, 3, 3], pa.int64()), time=pa.nulls(3, pa.timestamp("us"))), tmp_path / "data/1.parquet")
    with pytest.raises(UserError, match=r"1.parquet, column 'subject_id': subject 2 has events in .*0.parquet too"):
        list(read_meds_shards(tmp_path))
    put(rows_of(subject_id=pa.array([4, 4, 3], pa.int64()), ward=[1, 2, 3]), tmp_path / "data/1.parquet")
    with pytest.raises(UserError, match=r"1.parquet, column 'ward': missing or of another type"):
        read_meds(tmp_path)
    with pytest.raises(UserError, match="has no parquet file"):
        read_meds(tmp_path / "data/none")


def test_wrong_lists_of_subjects_are_told(tmp_path):
    put(rows_of(), tmp_path / "data/0.parquet")
    for columns, sentence in [
        ({"subject_id": [1, 1], "name": ["a", "b"]}, "column 'subject_id': row 2 has the value of row 1"),
        ({"subject_id": [1, 2], "name": ["a", None]}, "column 'name': row 2 is null"),
        ({"subject_id": [1, 3], "name": ["2", "b"]}, "column 'name': a name is the number of another subject"),
        ({"subject_id": [1.5], "name": ["a"]}, "column 'subject_id': has the type double"),
        ({"subject_id": [1]}, "column 'name': missing"),
    ]:
        put(pa.table(columns), tmp_path / "metadata/subjects.parquet")
        with pytest.raises(UserError, match=f"subjects.parquet, {sentence}"):
            read_meds(tmp_path)


def test_a_shard_with_bits_turned_is_read_as_it_was_or_told(tmp_path):
    write_meds(small(), tmp_path / "made")
    file = tmp_path / "made/data/0.parquet"
    whole = file.read_bytes()
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    for place in range(4, footer, 3):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 64]) + whole[place + 1 :])
        try:
            assert_same(read_meds(tmp_path / "made"), small())
        except UserError as error:
            assert "damaged" in str(error)
    # the footer has no checksum, so that it may also be read as something else
    for place in range(footer, len(whole), 5):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        with suppress(UserError):
            read_meds(tmp_path / "made")
    for length in (0, 3, footer, len(whole) - 1):
        file.write_bytes(whole[:length])
        with pytest.raises(UserError, match="damaged"):
            read_meds(tmp_path / "made")
