"""Parquet files, checked as they are read."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from vesalius.errors import UserError


def columns_of(file: Path) -> pa.Schema:
    """The names and types of the columns.

    Raises:
        UserError: if the file is missing or damaged.
    """
    return _opened(file).schema_arrow


def read_columns(file: Path, columns: Sequence[str] | None = None, *, dictionaries: Sequence[str] = ()) -> pa.Table:
    """A file, or some of its columns, each in one piece.

    Page checksums, where the file has them, the encoding of texts and the places in dictionaries are checked.

    Args:
        file: to read.
        columns: all where not given.
        dictionaries: columns of texts that are to be given as places in a dictionary.

    Raises:
        UserError: if the file is missing or damaged, or lacks a column.
    """
    opened = _opened(file, dictionaries)
    present = opened.schema_arrow.names
    for column in columns or present:
        if present.count(column) != 1:
            raise UserError(f"{file}, column {column!r}: {'twice' if column in present else 'missing'}; write the file again.")
    try:
        # a dictionary of its own stands in each piece until they are unified
        table = opened.read(columns).unify_dictionaries().combine_chunks()
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(file) from error
    return table


def write_columns(table: pa.Table, file: Path) -> None:
    """Write a file with page checksums; the folder is made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, file, compression="zstd", write_page_checksum=True)


def _opened(file: Path, dictionaries: Sequence[str] = ()) -> pq.ParquetFile:
    try:
        opened = pq.ParquetFile(file, read_dictionary=list(dictionaries), page_checksum_verification=True)
        # what a column is called is decoded only when asked for
        _ = opened.schema_arrow.names
    except FileNotFoundError as error:
        raise UserError(f"{file}: missing; obtain it again.") from error
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _damaged(file) from error
    return opened


def _damaged(file: Path) -> UserError:
    return UserError(f"{file}: no parquet file, or a damaged one; obtain it again.")
