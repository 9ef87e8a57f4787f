"""Tasks: what is predicted from what, on which records, and how it is judged."""

from vesalius.names import Tier
from vesalius.tasks.prediction import OUTCOMES, Outcome, Prediction, Value
from vesalius.tasks.task import Builder, Family, Measure, Source, Split, Task, plain

__all__ = [
    "OUTCOMES",
    "Builder",
    "Family",
    "Measure",
    "Outcome",
    "Prediction",
    "Source",
    "Split",
    "Task",
    "Tier",
    "Value",
    "plain",
]
