"""PNG, JPEG, TIFF and what else Pillow reads."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.records.fields import Image
from vesalius.records.files.usable import existing_file, usable_values

if TYPE_CHECKING:
    from PIL import Image as pillow

GREY = {"L": np.uint8, "I;16": np.uint16, "I;16L": np.uint16, "I;16B": np.uint16, "I": np.int32, "F": np.float32}


def read_picture(path: Path) -> Image:
    """The pixels of one picture.

    - Grey keeps its depth: 8 bits are uint8, 16 bits uint16, others int32 or float32. Black and white is 0 and 255.
    - A palette is looked up: RGB. CMYK and YCbCr are turned into RGB.
    - Opaque alpha is dropped; alpha that shows through is refused, since the background is unknown.
    - Colour of 16 bits a channel is refused, since Pillow would drop the lower half.
    - The picture is turned the way that its EXIF orientation says.
    - Dots per inch are of the print, not of the patient: the spacing is None.

    Raises:
        UserError: if the file is damaged, or holds several pages, transparency, deep colour or values that are not finite.

    >>> import tempfile
    >>> from PIL import Image as pillow
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "xray.png")
    ...     pillow.fromarray(np.full((4, 6), 40_000, np.uint16)).save(file)
    ...     read_picture(file).pixels.dtype
    dtype('uint16')
    """
    from PIL import Image as pillow
    from PIL import ImageOps

    existing_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pillow.open(path) as picture:
                _refuse(path, picture)
                picture.load()
                pixels = _pixels(path, ImageOps.exif_transpose(picture))
    except UserError:
        raise
    except Exception as error:  # a damaged picture makes Pillow's plugins, struct and zlib raise anything
        raise UserError(f"{path}: not a readable picture; copy or export it again.") from error
    return Image(usable_values(path, pixels))


def write_picture(path: Path, labels: NDArray[np.generic]) -> None:
    """Write labels as a grey PNG of 8 bits, or of 16 where they need it.

    Raises:
        UserError: if labels exceed 16 bits or the file cannot be written.

    >>> write_picture(Path("mask.png"), np.array([[70_000]]))
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: mask.png: labels up to 70000 exceed the 16 bits of PNG; write .nii.gz instead.
    """
    from PIL import Image as pillow

    largest = int(np.asarray(labels, np.int64).max(initial=0))
    if largest > 65_535:
        raise UserError(f"{path}: labels up to {largest} exceed the 16 bits of PNG; write .nii.gz instead.")
    try:
        pillow.fromarray(labels.astype(np.uint8 if largest < 256 else np.uint16)).save(path, format="PNG")
    except OSError as error:
        raise UserError(f"{path}: cannot be written; name a folder that exists and is writable.") from error


def _refuse(path: Path, picture: "pillow.Image") -> None:
    frames = int(getattr(picture, "n_frames", 1))
    if frames > 1:
        raise UserError(f"{path}, field 'pages': {frames} pages where one picture is needed; split it into one file a page.")
    raw = "".join(str(tile[3] if isinstance(tile[3], str) else tile[3][:1]) for tile in getattr(picture, "tile", ()) if tile[3])
    if picture.mode not in GREY and "16" in raw:
        raise UserError(f"{path}, field 'bits': 16 a channel of colour, of which 8 would be lost; convert it to 8 bits or grey.")


def _pixels(path: Path, picture: "pillow.Image") -> NDArray[np.generic]:
    if picture.mode in GREY:
        return np.array(picture, dtype=GREY[picture.mode])
    if picture.mode == "1":
        return np.array(picture.convert("L"))
    if picture.mode in ("CMYK", "YCbCr") or (picture.mode == "P" and "transparency" not in picture.info):
        return np.array(picture.convert("RGB"))
    if picture.mode == "RGB" and "transparency" not in picture.info:
        return np.array(picture)
    if picture.mode in ("P", "RGB", "RGBA", "LA", "PA"):
        values = np.array(picture.convert("LA" if picture.mode == "LA" else "RGBA"))
        if values[..., -1].min() < 255:
            raise UserError(f"{path}, field 'alpha': pixels are transparent; flatten the picture over its background.")
        return values[..., 0] if picture.mode == "LA" else values[..., :3]
    raise UserError(f"{path}, field 'mode': {picture.mode} is neither grey nor RGB; convert the picture to RGB.")
