"""What a learner says of images, as files need it."""

from collections.abc import Iterator, Sequence

import numpy as np

from vesalius.errors import UserError
from vesalius.learners.learner import Learner
from vesalius.records import Record
from vesalius.tasks import Prediction, Task

_BATCH = 8


def in_batches(learner: Learner, task: Task, records: Sequence[Record]) -> Iterator[tuple[Record, Prediction]]:
    """Records with their predictions, a few at a time, so that only a few masks are in memory."""
    for start in range(0, len(records), _BATCH):
        chosen = records[start : start + _BATCH]
        yield from zip(chosen, learner.predict([task.blind(record) for record in chosen]), strict=True)


def probabilities_of(prediction: Prediction, classes: Sequence[str]) -> dict[str, float]:
    """The probability of each class: from one number, which is that of the second of two, or from one a class.

    Raises:
        UserError: if the answer is neither.

    >>> probabilities_of(Prediction(record_id="1", value=0.75), ("well", "ill"))
    {'well': 0.25, 'ill': 0.75}
    """
    value = prediction.value
    if isinstance(value, int | float) and len(classes) == 2:
        return {classes[0]: 1 - float(value), classes[1]: float(value)}
    if isinstance(value, np.ndarray) and value.shape == (len(classes),):
        return {name: float(share) for name, share in zip(classes, value.tolist(), strict=True)}
    raise UserError(
        f"Record {prediction.record_id}: the learner gave no probability of {len(classes)} classes ({prediction.outcome})."
    )
