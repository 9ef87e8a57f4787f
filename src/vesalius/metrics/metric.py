"""What every metric declares of itself, and the list of all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

Unit = Literal["record", "set"]
Family = Literal["segmentation", "detection", "classification", "survival", "retrieval", "text", "image", "fairness"]

Property = Literal["symmetric", "identity", "label order", "record order", "scales with spacing", "translation"]
"""What holds of a metric besides its range:

- symmetric: prediction and truth may change places;
- identity: the truth itself scores best;
- label order: renaming the labels or classes in both changes nothing;
- record order: the order of the records of a set changes nothing;
- scales with spacing: twice the millimetres give twice the value;
- translation: moving both in their frame changes nothing.
"""

UNIT_RANGE = (0.0, 1.0)
NOT_NEGATIVE = (0.0, float("inf"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A function of plain arrays with a declaration.

    Attributes:
        name: in the field's standard term; the function's own name.
        version: raised whenever the value of any input changes; a stored score names it.
        family: where it belongs.
        unit: ``record`` for one value a record, ``set`` for one of many records, which is resampled by unit of analysis, never
            averaged.
        range: smallest and largest possible value.
        higher_is_better: direction.
        unanswered: score of a record without an answer; None where the metric is then undefined.
        undefined: in words, when the value is NaN.
        properties: what else holds of it, tested for every metric that claims it.
        function: ``(prediction, truth)`` of one record, or ``(predictions, truths)`` of all; keyword options have defaults.

    >>> from vesalius.metrics import METRICS
    >>> METRICS["dice"].identity
    'dice@1'
    """

    name: str
    version: int
    family: Family
    unit: Unit
    range: tuple[float, float]
    higher_is_better: bool
    unanswered: float | None
    undefined: str
    properties: frozenset[Property]
    function: Callable[..., float]

    @property
    def identity(self) -> str:
        """``name@version``, stored with every score."""
        return f"{self.name}@{self.version}"


METRICS: dict[str, Metric] = {}
"""Every metric by its name; filled as the modules of this package are imported."""

F = TypeVar("F", bound=Callable[..., Any])


def metric(
    *,
    version: int = 1,
    family: Family,
    unit: Unit = "record",
    range: tuple[float, float] = UNIT_RANGE,
    higher_is_better: bool = True,
    unanswered: float | None = None,
    undefined: str = "never",
    properties: frozenset[Property] | set[Property] = frozenset(),
) -> Callable[[F], F]:
    """Declare a function as a metric; the function itself stays as it is."""

    def declare(function: F) -> F:
        METRICS[function.__name__] = Metric(
            name=function.__name__,
            version=version,
            family=family,
            unit=unit,
            range=range,
            higher_is_better=higher_is_better,
            unanswered=unanswered,
            undefined=undefined,
            properties=frozenset(properties),
            function=function,
        )
        return function

    return declare
