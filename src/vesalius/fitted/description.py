"""``fit.json``: what was fitted, and what an image must be like to be predicted."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from vesalius.errors import UserError
from vesalius.names import Size
from vesalius.sources.folders.intensities import Intensities

FILE = "fit.json"
FORM = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Choice:
    """What decides which weights come out.

    Attributes:
        system: its id.
        arm: the learner or baseline of it.
        code: SHA-256 of this package's source.
        data: SHA-256 of the cases.
        steps: optimiser updates, where they were asked for instead of the size's.
        plan: SHA-256 of the plan that was given, where one was.
    """

    system: str
    arm: str
    size: Size
    seed: int
    binary: bool
    code: str
    data: str
    steps: int | None = None
    plan: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Images:
    """What images and answers are like.

    Attributes:
        axes: in space; 2 of images, 3 of volumes.
        channels, channel_names: of every image; names only where the data said so.
        separate: whether each channel has a file of its own, as nnU-Net has them.
        names: of the labels of a mask in their order, or of the classes.
        values: what label 1, 2, ... are in files; none for classes.
        dtype, first_size, spacing: of the first image, which a learner may have configured itself by.
        intensities: see ``vesalius.sources.folders.intensities``.
    """

    axes: Literal[2, 3]
    channels: int = Field(ge=1, le=10_000)
    channel_names: tuple[str, ...]
    separate: bool
    names: tuple[str, ...] = Field(min_length=1)
    values: tuple[int, ...]
    dtype: str = Field(pattern=r"^[biuf][1248]$")
    first_size: tuple[int, ...]
    spacing: tuple[float, ...] | None
    intensities: Mapping[str, Any]

    def __post_init__(self) -> None:
        if len(self.first_size) != self.axes or not all(0 < side <= 100_000 for side in self.first_size):
            raise ValueError("first_size: one length an axis")
        if self.spacing is not None and (len(self.spacing) != self.axes or not all(0 < side < 1e6 for side in self.spacing)):
            raise ValueError("spacing: one length an axis")
        if self.values and (len(self.values) != len(self.names) or not all(0 < value <= 65_535 for value in self.values)):
            raise ValueError("values: one a name")
        self.levels()

    @property
    def target(self) -> Literal["mask", "label"]:
        """What is predicted."""
        return "mask" if self.values else "label"

    def levels(self) -> Intensities:
        """The intensities."""
        try:
            return Intensities.from_json(dict(self.intensities))
        except (KeyError, TypeError) as error:
            raise ValueError("intensities: not percentiles") from error


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Description:
    """Everything about a fit but its weights.

    Attributes:
        folder, layout: of the data.
        train, validation, test: ids of the cases by their use.
        left_out: one sentence for each file that was left out.
        notes: what else a user should know of the data.
        scores: mean over validation cases of each metric, with its interval where there are two subjects or more.
        libraries: versions.
    """

    choice: Choice
    images: Images
    folder: str
    layout: str
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]
    scores: Mapping[str, Mapping[str, float | None]]
    libraries: Mapping[str, str]


def write_description(description: Description, folder: Path) -> None:
    """Write ``fit.json``, last of all files: a folder that has it is whole."""
    text = TypeAdapter(Description).dump_json(description, indent=1).decode()
    half = folder / f".{FILE}"
    half.write_text(text + "\n", encoding="utf-8")
    half.replace(folder / FILE)


def read_description(folder: Path) -> Description:
    """The description of a finished fit.

    Raises:
        UserError: if the folder is none of a finished fit, or the file is damaged.

    >>> read_description(Path("/nowhere"))
    Traceback (most recent call last):
    ...
    vesalius.errors.UserError: /nowhere: no fit.json in it; give the folder that vesalius fit has finished (--out).
    """
    path = folder / FILE
    if not path.is_file():
        raise UserError(f"{folder}: no {FILE} in it; give the folder that vesalius fit has finished (--out).")
    try:
        return TypeAdapter(Description).validate_python(json.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the whole"
        raise UserError(f"{path}, field {field}: {first['msg']}; restore the file or fit again.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: not readable ({type(error).__name__}); restore the file or fit again.") from error
