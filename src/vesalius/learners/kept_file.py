"""What a learner kept of itself beside its weights, as JSON."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
    try:
        yield json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{file}: missing; name the folder of a saved learner.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{file}: damaged; save the learner again.") from error
