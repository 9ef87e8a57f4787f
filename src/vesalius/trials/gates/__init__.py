"""Gates: checks of a task's records that are made before any score is shown."""

from vesalius.tasks import Split, Task
from vesalius.trials.finding import Gate
from vesalius.trials.gates.duplicates import exact_duplicates, near_duplicate_images, near_duplicate_texts
from vesalius.trials.gates.provenance import licence_known, subjects_apart, time_order

GATES = (subjects_apart, exact_duplicates, near_duplicate_texts, near_duplicate_images, time_order, licence_known)


def check(task: Task, split: Split) -> list[Gate]:
    """Every gate on one task."""
    return [gate(task, split) for gate in GATES]
