"""The typed fields of a record. Arrays are plain numpy; what they mean is in the type."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from vesalius.records.geometry import Geometry

Array = NDArray[np.generic]


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise ValueError(sentence)


@dataclass(frozen=True, slots=True)
class Text:
    """Free text in one language."""

    value: str


@dataclass(frozen=True, slots=True)
class Choices:
    """The options of a question, in the order shown; their letters are A, B, C, ...

    >>> Choices(("aspirin", "heparin")).letters
    ('A', 'B')
    """

    options: tuple[str, ...]

    def __post_init__(self) -> None:
        _require(2 <= len(self.options) <= 26, f"a question has 2 to 26 options; got {len(self.options)}.")

    @property
    def letters(self) -> tuple[str, ...]:
        """One letter an option."""
        return tuple(chr(ord("A") + index) for index in range(len(self.options)))


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """Pixels, H×W (grey) or H×W×C (colour); spacing in millimetres per axis where known."""

    pixels: Array
    spacing: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        _require(self.pixels.ndim in (2, 3), f"an image is HxW or HxWxC; got {self.pixels.ndim} axes.")

    @property
    def channels(self) -> int:
        """How many values a pixel has.

        >>> Image(np.zeros((4, 5))).channels, Image(np.zeros((4, 5, 3))).channels
        (1, 3)
        """
        return 1 if self.pixels.ndim == 2 else int(self.pixels.shape[2])


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """Voxels, X×Y×Z or X×Y×Z×C (channels, such as MR sequences on one grid), with their place in the patient."""

    voxels: Array
    geometry: Geometry

    def __post_init__(self) -> None:
        _require(self.voxels.ndim in (3, 4), f"a volume is XxYxZ or XxYxZxC; got {self.voxels.ndim} axes.")


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """One integer label a pixel or voxel; 0 is background, label k is ``names[k - 1]``."""

    labels: Array
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        _require(np.issubdtype(self.labels.dtype, np.integer), f"a mask holds integers; got {self.labels.dtype}.")
        _require(
            self.labels.size == 0 or (self.labels.min() >= 0 and self.labels.max() <= len(self.names)),
            f"a mask of {len(self.names)} named labels holds 0 to {len(self.names)}; name the others or remove them.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """N×4 boxes (row, column, row, column; the ends excluded) or N×6 in volumes, one class name each."""

    corners: NDArray[np.float64]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        _require(
            self.corners.ndim == 2 and self.corners.shape[1] in (4, 6) and len(self.corners) == len(self.names),
            "boxes are an Nx4 or Nx6 array with one name each.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """N×2 or N×3 positions in array order, one class name each."""

    positions: NDArray[np.float64]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        _require(
            self.positions.ndim == 2 and self.positions.shape[1] in (2, 3) and len(self.positions) == len(self.names),
            "points are an Nx2 or Nx3 array with one name each.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """A history: one time, code and value (NaN where there is none) an event, in order of time."""

    times: tuple[datetime, ...]
    codes: tuple[str, ...]
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        _require(len(self.times) == len(self.codes) == len(self.values), "every event has a time, a code and a value.")
        _require(list(self.times) == sorted(self.times), "events stand in order of time; sort them first.")


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """Samples, channels × time, at a rate in hertz."""

    samples: NDArray[np.float64]
    rate: float
    channels: tuple[str, ...]

    def __post_init__(self) -> None:
        _require(
            self.samples.ndim == 2 and len(self.samples) == len(self.channels) and self.rate > 0,
            "a signal is channels x time, one name a channel, with a positive rate.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class Vector:
    """Named covariates of a patient; NaN where one was not measured."""

    values: NDArray[np.float64]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        _require(self.values.shape == (len(self.names),), "a vector has one name a value.")


@dataclass(frozen=True, slots=True)
class Label:
    """One class of a closed set.

    Raises:
        ValueError: if the class is not in the set.
    """

    value: str
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        _require(self.value in self.classes, f"{self.value!r} is not one of {', '.join(self.classes)}.")

    @property
    def index(self) -> int:
        """Place of the class in the set."""
        return self.classes.index(self.value)


@dataclass(frozen=True, slots=True)
class Survival:
    """Time to an event, or to the end of observation where ``event`` is false."""

    time: float
    event: bool
    unit: str = "days"

    def __post_init__(self) -> None:
        _require(np.isfinite(self.time) and self.time >= 0, f"a survival time is finite and not negative; got {self.time}.")


Field = Text | Choices | Image | Volume | Mask | Boxes | Points | Events | Signal | Vector | Label | Survival
