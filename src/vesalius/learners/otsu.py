"""The oldest baseline of segmentation: a threshold between dark and bright, chosen in each image by itself."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError
from vesalius.learners.scans import labels_of, scan_of
from vesalius.metrics import dice
from vesalius.records import Mask, Record
from vesalius.tasks import Prediction

FILE = "otsu.json"
_BINS = 256

Side = Literal["bright", "dark"]


def otsu_threshold(values: NDArray[np.generic]) -> float:
    """The threshold between two classes of greatest variance between them (Otsu 1979), over 256 bins.

    >>> otsu_threshold(np.array([0.0, 1.0, 2.0, 100.0, 101.0])) > 2
    True
    """
    counts, edges = np.histogram(values, _BINS)
    middles = (edges[:-1] + edges[1:]) / 2
    below, sums = np.cumsum(counts), np.cumsum(counts * middles)
    above = below[-1] - below
    with np.errstate(invalid="ignore", divide="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return float(edges[1 + int(np.nan_to_num(between[:-1]).argmax())])


class Otsu:
    """Labels one side of each image's own threshold with the one label that fits it best in training.

    Args:
        image, target: names of the fields; the first channel is looked at.
    """

    def __init__(self, *, image: str = "image", target: str = "mask") -> None:
        self._image, self._target = image, target
        self._side: Side = "bright"
        self._label = 1

    @property
    def trained_parameters(self) -> int:
        """Which side, and which label."""
        return 2

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Choose side and label by the mean Dice over the training records.

        Raises:
            UserError: if there is no training record.
        """
        if not train:
            raise UserError("No training records: give at least one record with an image and its mask.")
        labels = range(1, len(train[0].get(self._target, Mask).names) + 1)
        found: dict[tuple[Side, int], list[float]] = {(side, label): [] for side in ("bright", "dark") for label in labels}
        for record in train:
            scan = scan_of(record, self._image)
            truth = labels_of(record, self._target, scan.size)
            for (side, label), scores in found.items():
                scores.append(dice(self._inside(scan.image_CS[0], side).astype(np.uint8), (truth == label).astype(np.uint8)))
        self._side, self._label = max(found, key=lambda choice: float(np.mean(found[choice])))

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """A label mask of the image's own size for each record."""
        kind = np.min_scalar_type(self._label)
        images = [scan_of(record, self._image).image_CS[0] for record in records]
        return [
            Prediction(record_id=record.id, value=self._inside(image, self._side).astype(kind) * kind.type(self._label))
            for record, image in zip(records, images)
        ]

    def save(self, folder: Path) -> None:
        """Write side and label as JSON."""
        (folder / FILE).write_text(json.dumps({"side": self._side, "label": self._label}), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: if the file is missing or damaged.
        """
        try:
            content: Any = json.loads((folder / FILE).read_text(encoding="utf-8"))
            side, label = content["side"], int(content["label"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{folder / FILE}: missing or damaged; fit again.") from error
        if side not in ("bright", "dark") or label < 1:
            raise UserError(f"{folder / FILE}: no side and label; fit again.")
        self._side, self._label = side, label

    @staticmethod
    def _inside(image: NDArray[np.generic], side: Side) -> NDArray[np.bool_]:
        bright: NDArray[np.bool_] = image.astype(np.float64) > otsu_threshold(image)
        return bright if side == "bright" else ~bright
