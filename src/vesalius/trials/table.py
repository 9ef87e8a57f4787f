"""Predictions, truths and scores as parquet: readable by any tool, without pickled objects."""

import io
import zlib
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vesalius.tasks import Prediction, Value

_VALUE_FIELDS = [("text", pa.string()), ("number", pa.float64()), ("array", pa.binary())]
_PREDICTIONS = pa.schema(
    [
        ("record_id", pa.string()),
        ("outcome", pa.string()),
        *_VALUE_FIELDS,
        ("raw", pa.string()),
        ("tokens", pa.int64()),
        ("calls", pa.int64()),
        ("seconds", pa.float64()),
    ]
)
_TRUTHS = pa.schema([("record_id", pa.string()), ("unit", pa.string()), *_VALUE_FIELDS])


def encode_array(array: np.ndarray) -> bytes:
    """A compressed ``.npy``.

    >>> decode_array(encode_array(np.eye(2, dtype=np.uint8)))
    array([[1, 0], [0, 1]], dtype=uint8)
    """
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return zlib.compress(buffer.getvalue(), 6)


def decode_array(data: bytes) -> np.ndarray:
    """The array that ``encode_array`` wrote."""
    return np.load(io.BytesIO(zlib.decompress(data)), allow_pickle=False)  # type: ignore[no-any-return]


def _columns(value: Value | None) -> dict[str, object]:
    return {
        "text": value if isinstance(value, str) else None,
        "number": float(value) if isinstance(value, float | int) else None,
        "array": encode_array(value) if isinstance(value, np.ndarray) else None,
    }


def _value(row: Mapping[str, object]) -> Value | None:
    array, number, text = row["array"], row["number"], row["text"]
    if isinstance(array, bytes):
        return decode_array(array)
    return number if isinstance(number, float) else text if isinstance(text, str) else None


def to_parquet(rows: Sequence[Mapping[str, object]], schema: pa.Schema) -> bytes:
    """The rows as the bytes of a parquet file."""
    return table_to_parquet(pa.Table.from_pylist(list(rows), schema=schema))


def table_to_parquet(table: pa.Table) -> bytes:
    """The table as the bytes of a parquet file."""
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def from_parquet(data: bytes, columns: Sequence[str] | None = None) -> list[dict[str, object]]:
    """The rows of a parquet file, of all its columns or of some."""
    # without threads: those of a reader that failed may abort the process at its end
    return pq.read_table(io.BytesIO(data), columns=columns and list(columns), use_threads=False, pre_buffer=False).to_pylist()  # type: ignore[no-any-return]


def predictions_to_parquet(predictions: Sequence[Prediction]) -> bytes:
    """Predictions, one row each."""
    return to_parquet(
        [
            {
                "record_id": prediction.record_id,
                "outcome": prediction.outcome,
                **_columns(prediction.value),
                "raw": prediction.raw,
                "tokens": prediction.tokens,
                "calls": prediction.calls,
                "seconds": prediction.seconds,
            }
            for prediction in predictions
        ],
        _PREDICTIONS,
    )


def predictions_from_parquet(data: bytes) -> list[Prediction]:
    """What ``predictions_to_parquet`` wrote."""
    return [
        Prediction(
            record_id=row["record_id"],  # type: ignore[arg-type]
            value=_value(row),
            outcome=row["outcome"],  # type: ignore[arg-type]
            raw=row["raw"],  # type: ignore[arg-type]
            tokens=row["tokens"],  # type: ignore[arg-type]
            calls=row["calls"],  # type: ignore[arg-type]
            seconds=row["seconds"],  # type: ignore[arg-type]
        )
        for row in from_parquet(data)
    ]


def truths_to_parquet(ids: Sequence[str], units: Sequence[str], values: Sequence[Value]) -> bytes:
    """The truth of each test record and the unit of analysis that it belongs to."""
    rows = [{"record_id": id, "unit": unit, **_columns(value)} for id, unit, value in zip(ids, units, values, strict=True)]
    return to_parquet(rows, _TRUTHS)


def truths_from_parquet(data: bytes) -> tuple[list[str], list[str], list[Value]]:
    """What ``truths_to_parquet`` wrote."""
    rows = from_parquet(data)
    values = [_value(row) for row in rows]
    return [str(row["record_id"]) for row in rows], [str(row["unit"]) for row in rows], [v for v in values if v is not None]
