"""What fitting asked of a model, told with the predictions that it was for."""

from collections.abc import Sequence
from dataclasses import replace

from vesalius.tasks import Prediction


def shared_out(predictions: Sequence[Prediction], tokens: int, calls: int) -> list[Prediction]:
    """Predictions that bear what fitting cost, in parts that differ by at most one.

    >>> said = [Prediction(record_id=name, value="A", tokens=10, calls=1) for name in "xy"]
    >>> [(one.tokens, one.calls) for one in shared_out(said, 5, 2)]
    [(13, 2), (12, 2)]
    """
    count = len(predictions)
    return [
        replace(
            one,
            tokens=(one.tokens or 0) + tokens // count + (place < tokens % count),
            calls=(one.calls or 0) + calls // count + (place < calls % count),
        )
        for place, one in enumerate(predictions)
    ]
