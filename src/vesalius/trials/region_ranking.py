"""Arms of a run ranked region by region in millimetres, as the Medical Segmentation Decathlon does."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vesalius.errors import UserError
from vesalius.metrics import segmentation_table
from vesalius.records import Mask, Record, Volume
from vesalius.statistics import Ranking, significance_ranking
from vesalius.tasks import Prediction, Task
from vesalius.trials.cell import split_of
from vesalius.trials.config import load_config
from vesalius.trials.store import Store
from vesalius.trials.trial import Cell

TOLERANCE = "tolerance"
"""Tag of a task with the millimetres within which two surfaces agree."""

Scores = dict[str, list[float]]


def region_scores(records: Sequence[Record], predictions: Sequence[Prediction], *, tolerance: float) -> Scores:
    """Dice and normalised surface Dice (mm) of each region and record, by ``"region, metric"``.

    A region that is in neither mask scores 1, one that is in only one of them, or has no answer, 0.

    >>> from vesalius.records import Geometry
    >>> mask = Mask(np.eye(4, dtype=int)[None].repeat(4, axis=0), ("plate",))
    >>> fields = {"image": Volume(np.zeros((4, 4, 4)), Geometry(np.eye(4))), "mask": mask}
    >>> record = Record(id="1", subject_id="1", fields=fields)
    >>> region_scores([record], [Prediction(record_id="1", value=mask.labels)], tolerance=1.0)
    {'plate, dice': [1.0], 'plate, nsd': [1.0]}
    """
    scores: Scores = {}
    for record, prediction in zip(records, predictions, strict=True):
        mask = record.get("mask", Mask)
        spacing = record.get("image", Volume).geometry.spacing
        said = np.zeros_like(mask.labels) if prediction.value is None else prediction.value
        table = segmentation_table(said, mask.labels, spacing=spacing, tolerances=(tolerance,))  # type: ignore[arg-type]
        places = {label: place for place, label in enumerate(table.labels_L.tolist())}
        for label, name in enumerate(mask.names, start=1):
            place = places.get(label)
            silent = prediction.value is None
            dice, nsd = (1.0, 1.0) if place is None else (float(table.dice_L[place]), float(table.nsd_LT[place, 0]))
            scores.setdefault(f"{name}, dice", []).append(0.0 if silent else dice)
            scores.setdefault(f"{name}, nsd", []).append(0.0 if silent else nsd)
    return scores


def rank_regions(run: Path, tasks: Sequence[Task]) -> Ranking:
    """The arms of a finished run over all tasks, regions and both metrics; a case's score is its mean over the seeds.

    Args:
        run: its folder.
        tasks: of the run, for the spacing of their volumes, each with the tag ``tolerance``.

    Raises:
        UserError: if the run is not whole, or its test records are not those of the tasks.
    """
    store = Store(run)
    config = load_config(store)
    known = {task.name: task for task in tasks}
    scores: dict[str, dict[str, Sequence[float]]] = {}
    for task_config in config.tasks:
        task = known[task_config.name]
        records, tolerance = split_of(task).test, float(task.tags[TOLERANCE])
        if [record.id for record in records] != store.truth(task.name)[0]:
            raise UserError(f"{run}: its test records of {task.name} are not those at hand; run it again.")
        for arm in task_config.arms:
            cells = [Cell(task.name, arm, seed) for seed in config.seeds]
            found = [region_scores(records, store.predictions(cell), tolerance=tolerance) for cell in cells]
            for region in found[0]:
                mean_N = np.mean([one[region] for one in found], axis=0)
                scores.setdefault(f"{task.name}, {region}", {})[arm] = mean_N.tolist()
    return significance_ranking(scores)
