"""Pictures of a public release, as arrays."""

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from vesalius.errors import UserError

Mode = Literal["RGB", "L", "as stored"]


def read_picture(file: Path, mode: Mode = "as stored") -> NDArray[np.integer]:
    """The pixels, H×W or H×W×C.

    Args:
        file: in any format that Pillow reads.
        mode: colour, grey, or as the file has it (16-bit label maps).

    Raises:
        UserError: if the file is missing or damaged.
    """
    try:
        with Image.open(file) as picture:
            return np.array(picture if mode == "as stored" else picture.convert(mode))
    except FileNotFoundError as error:
        raise UserError(f"{file}: missing; unpack the release again.") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise UserError(f"{file}: not a readable picture; unpack the release again.") from error
