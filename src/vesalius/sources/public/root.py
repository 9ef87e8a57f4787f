"""Where public releases lie on this disk."""

import os
from pathlib import Path

from vesalius.errors import UserError

VARIABLE = "VESALIUS_DATA"


def data_root() -> Path | None:
    """The folder named by ``VESALIUS_DATA``, else ``../shared/data`` beside a checkout of this project, else None."""
    named = os.environ.get(VARIABLE)
    folder = Path(named) if named else Path(__file__).parents[5] / "shared" / "data"
    return folder if folder.is_dir() else None


def present(*parts: str) -> bool:
    """Whether a file or folder of a release is there."""
    root = data_root()
    return root is not None and root.joinpath(*parts).exists()


def path(*parts: str) -> Path:
    """A file or folder of a release.

    Raises:
        UserError: if it is not there.
    """
    root = data_root()
    if root is None:
        raise UserError(f"No folder of public data: set {VARIABLE} to the folder that holds {parts[0]}/.")
    found = root.joinpath(*parts)
    if not found.exists():
        raise UserError(f"{found}: missing; vesalius data list says where to obtain it; or set {VARIABLE} to its parent folder.")
    return found
