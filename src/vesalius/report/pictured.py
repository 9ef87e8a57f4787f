"""Images and volumes of example records, as the run kept them, and the slices of masks that belong to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vesalius.records.orientation import Turn
from vesalius.report.figures.overlays import Plane, plane
from vesalius.trials.views import MARKS, SOFT_TISSUE, View


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """One picture: an image, or a slice of a volume with its title and the sides of the patient at its borders."""

    plane: Plane
    view: View | None = None
    title: str = ""
    marks: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Pictured:
    """An image or volume that was kept; of a volume, the shape that its masks have and the turn by which they are cut."""

    cuts: Sequence[Cut]
    shape: tuple[int, ...]
    turn: Turn | None = None
    window: str = ""

    def holds(self, value: object) -> bool:
        """Whether a value is a mask of the image or volume, or several masks of the image."""
        if not isinstance(value, np.ndarray):
            return False
        return value.shape == self.shape or (self.turn is None and value.ndim == 3 and value.shape[1:] == self.shape)

    def labels(self, cut: Cut, value: Any) -> NDArray[Any]:
        """Labels H×W of a picture; of several masks of an image, those of the middle one."""
        labels = np.asarray(value)
        if cut.view is not None and self.turn is not None:
            return cut.view.picture(labels, self.turn)
        return labels if labels.ndim == 2 else labels[len(labels) // 2]


def is_pictured(shown: Mapping[str, Any]) -> bool:
    """Whether a field of an example is an image or a volume."""
    return "png" in shown or "planes" in shown


def pictured_of(shown: Mapping[str, Any]) -> Pictured:
    """An image or volume from what the run kept of it; raises KeyError, TypeError or ValueError where that is damaged."""
    if "png" in shown:
        made = plane(shown)
        return Pictured([Cut(made)], made.shape)
    (first, second, third), (right, front, head) = shown["axes"], shown["mirrored"]
    turn = Turn((int(first), int(second), int(third)), (bool(right), bool(front), bool(head)))
    shape = tuple(int(length) for length in shown["shape"])
    cuts = []
    for kept in shown["planes"]:
        view = View(kept["plane"], int(kept["index"]))
        length = shape[turn.axes[view.across]]
        cuts.append(Cut(plane(kept), view, f"{view.plane}, slice {view.index + 1} of {length}", MARKS[view.plane]))
    low, high = shown["window"]
    return Pictured(cuts, shape, turn, f"{low:g} to {high:g} HU".replace("-", "−") if (low, high) == SOFT_TISSUE else "")
