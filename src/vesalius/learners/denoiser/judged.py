"""Whether a generated image is what was asked for, as a judge says that was trained on real images."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vesalius.learners.learner import Learner
from vesalius.records import Image, Record
from vesalius.tasks import Prediction

GENERATOR, JUDGE = "generator", "judge"


class Judged:
    """Answers a record with what the judge finds in the image that the generator makes of it.

    Args:
        generator: gives an image for a record.
        judge: a segmenter or a classifier; it learns from the real images of the training records.
        image: the field that it reads.
    """

    def __init__(self, generator: Learner, judge: Learner, *, image: str = "image") -> None:
        self._generator, self._judge, self._image = generator, judge, image

    @property
    def trained_parameters(self) -> int:
        """Of the generator; the judge is no part of what is judged."""
        return self._generator.trained_parameters

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Train both; the judge never sees a generated image."""
        self._generator.fit(train, validation)
        self._judge.fit(train, validation)

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """What the judge says of a generated image, for each record."""
        return self._judge.predict([self._made(record, said) for record, said in zip(records, self._generator.predict(records))])

    def save(self, folder: Path) -> None:
        """Write both, each into a folder of its own."""
        for name, learner in ((GENERATOR, self._generator), (JUDGE, self._judge)):
            (folder / name).mkdir()
            learner.save(folder / name)

    def load(self, folder: Path) -> None:
        """Take both back."""
        self._generator.load(folder / GENERATOR)
        self._judge.load(folder / JUDGE)

    def _made(self, record: Record, said: Prediction) -> Record:
        return Record(id=record.id, subject_id=record.subject_id, fields={self._image: Image(np.asarray(said.value))})
