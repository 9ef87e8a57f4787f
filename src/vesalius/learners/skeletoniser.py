"""Skeletons of masks as a learner that needs no training."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vesalius.learners.training import repeatable
from vesalius.progress import track
from vesalius.records import Mask, Record
from vesalius.tasks import Prediction


class Skeletoniser:
    """Answers a mask by its skeleton, where that is above one half.

    Args:
        skeleton: from probabilities B×S to a skeleton B×S.
        seed: of what it draws.
        field: name of the mask, whose labels are one object.
    """

    trained_parameters = 0

    def __init__(self, skeleton: Callable[[Tensor], Tensor], *, seed: int, field: str) -> None:
        self._skeleton, self._seed, self._field = skeleton, seed, field

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Nothing is learned."""

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """A mask of 0 and 1 for each record."""
        predictions = []
        with repeatable(self._seed):
            for record in track(records, "skeletonising", len(records)):
                object_S = (record.get(self._field, Mask).labels != 0).astype(np.float32)
                skeleton_S = self._skeleton(torch.from_numpy(object_S)[None])[0].numpy() > 0.5
                predictions.append(Prediction(record_id=record.id, value=skeleton_S.astype(np.uint8)))
        return predictions

    def save(self, folder: Path) -> None:
        """There is nothing to keep."""

    def load(self, folder: Path) -> None:
        """There is nothing to take back."""
