"""What every metric declares of itself, and the list of all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Unit = Literal["record", "set"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A function of plain arrays with a declaration.

    Attributes:
        name: in the field's standard term.
        version: raised whenever the value of any input changes; a stored score names it.
        unit: ``record`` for one value a record, ``set`` for one value of many records (resampled, never averaged).
        range: smallest and largest possible value.
        higher_is_better: direction.
        unanswered: score of a record without an answer; None where the metric is then undefined.
        undefined: in words, when the value is NaN.
        function: ``(prediction, truth)`` of one record, or ``(predictions, truths)`` of all of them.

    >>> from vesalius.metrics import METRICS
    >>> METRICS["dice"].identity
    'dice@1'
    """

    name: str
    version: int
    unit: Unit
    range: tuple[float, float]
    higher_is_better: bool = True
    unanswered: float | None = None
    undefined: str
    function: Callable[[Any, Any], float]

    @property
    def identity(self) -> str:
        """``name@version``, stored with every score."""
        return f"{self.name}@{self.version}"
