"""What a learner kept of itself beside its weights, as JSON or as plain arrays."""

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from vesalius.errors import UserError


@contextmanager
def kept(file: Path) -> Iterator[Any]:
    """The content of a file that a learner wrote, to be taken apart within.

    Args:
        file: of JSON, in the folder of a saved learner.

    Raises:
        UserError: if the file is missing, is no JSON, or lacks what is looked for within.

    >>> with kept(Path("nowhere.json")) as content:
    ...     content["seed"]
    Traceback (most recent call last):
    vesalius.errors.UserError: nowhere.json: missing; name the folder of a saved learner.
    """
    with _told(file):
        yield json.loads(file.read_text(encoding="utf-8"))


@contextmanager
def kept_arrays(file: Path) -> Iterator[Mapping[str, Any]]:
    """The same for arrays by their names, in a file of ``numpy.savez``; nothing is unpickled.

    Raises:
        UserError: if the file is missing, damaged, or lacks what is looked for within.

    >>> with kept_arrays(Path("nowhere.npz")) as arrays:
    ...     arrays["means"]
    Traceback (most recent call last):
    vesalius.errors.UserError: nowhere.npz: missing; name the folder of a saved learner.
    """
    with _told(file), np.load(file, allow_pickle=False) as arrays:
        yield arrays


@contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise UserError(f"{file}: missing; name the folder of a saved learner.") from error
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{file}: damaged; save the learner again.") from error
