"""Where things stand in a MEDS dataset (Medical Event Data Standard 0.4), and what its columns are called."""

from pathlib import Path
from typing import Literal

MEDS_VERSION = "0.4.1"
DATA = "data"
DATASET_FILE = Path("metadata/dataset.json")
CODES_FILE = Path("metadata/codes.parquet")
SPLITS_FILE = Path("metadata/subject_splits.parquet")
SUBJECTS_FILE = Path("metadata/subjects.parquet")
"""Not of the standard: names of subjects with their numbers, in their order; those without an event are here alone."""

SUBJECT, TIME, CODE, NUMBER, TEXT = "subject_id", "time", "code", "numeric_value", "text_value"
EXACT = "numeric_value_exact"
"""Not of the standard: 64 bits of the numbers that don't come back from 32; there only where a dataset has some."""

COLUMNS = (SUBJECT, TIME, CODE, NUMBER, TEXT, EXACT)

SplitName = Literal["train", "tuning", "held_out"]
"""The standard's names for training, validation and test."""
