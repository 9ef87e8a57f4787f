"""What a MEDS dataset says besides its events: of the dataset as a whole, and of its codes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from vesalius.errors import UserError
from vesalius.records.events import meds_layout as layout
from vesalius.records.events.meds_read import read_splits
from vesalius.records.events.parquet_file import read_columns


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Metadata:
    """What is carried over where a dataset is written again.

    Attributes:
        dataset: of ``dataset.json``, such as name, version and licence.
        codes: the rows of ``codes.parquet``, such as descriptions and parents; None where there is no such file.
        splits: of each subject; empty where the dataset has none.
    """

    dataset: Mapping[str, Any] = field(default_factory=dict)
    codes: pa.Table | None = None
    splits: Mapping[str, str] = field(default_factory=dict)


def read_metadata(folder: Path) -> Metadata:
    """The metadata of a dataset, as far as it has any.

    Raises:
        UserError: naming the file that is damaged.
    """
    file = folder / layout.CODES_FILE
    return Metadata(
        dataset=_dataset(folder / layout.DATASET_FILE),
        codes=read_columns(file) if file.exists() else None,
        splits=read_splits(folder),
    )


def _dataset(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(told, dict):
            raise ValueError
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{file}: no JSON object that can be read; correct it or take it away.") from error
    return told
