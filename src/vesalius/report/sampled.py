"""What a page shows of tasks whose answers are samples: images that are made, or several masks of one image."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from vesalius.report.figures.samples import sheet
from vesalius.report.reading import FinishedRun
from vesalius.tasks import Prediction, Value
from vesalius.trials.config import TaskConfig
from vesalius.trials.trial import Cell

SHOWN = 8

GENERATED = (
    "The first test records of the first seed. Real: the images that they have; below, what each arm made of the same "
    "conditions, in the same window of intensities."
)
SHARES = (
    "The first test records of the first seed. White: labelled by all annotators, or in all samples of an arm; grey: by some."
)


def generated(run: FinishedRun, task: TaskConfig) -> list[Markup]:
    """Real images, and below them those of each arm; none where images differ in size."""

    def window(real: Sequence[NDArray[np.generic]]) -> tuple[float, float]:
        low, high = np.percentile(np.stack(real).astype(np.float64), (0.5, 99.5))
        return float(low), float(high)

    return _sheet(run, task, "real", lambda value: value, window, f"Real and generated images of {task.name}")


def shares(run: FinishedRun, task: TaskConfig) -> list[Markup]:
    """Share of annotators and of each arm's samples that label a pixel; none where images differ in size."""

    def share(value: NDArray[np.generic]) -> NDArray[np.generic]:
        return np.asarray(value.astype(bool).mean(axis=0))

    label = f"Share of annotators and of samples that label each pixel of {task.name}"
    return _sheet(run, task, "annotators", share, lambda _: (0.0, 1.0), label)


def _sheet(
    run: FinishedRun,
    task: TaskConfig,
    truth: str,
    shown: Callable[[NDArray[np.generic]], NDArray[np.generic]],
    window: Callable[[Sequence[NDArray[np.generic]]], tuple[float, float]],
    label: str,
) -> list[Markup]:
    _, _, truths = run.store.truth(task.name)
    said: Mapping[str, Sequence[Prediction]] = {
        arm: run.store.predictions(Cell(task.name, arm, run.config.seeds[0])) for arm in task.arms
    }
    values: dict[str, list[Value | None]] = {truth: list(truths[:SHOWN])}
    values |= {arm: [prediction.value for prediction in answers[:SHOWN]] for arm, answers in said.items()}
    rows: dict[str, list[NDArray[np.generic]]] = {}
    for name, row in values.items():
        pictures = [shown(value) for value in row if isinstance(value, np.ndarray)]
        if len(pictures) == len(row):
            rows[name] = pictures
    if truth not in rows or len({picture.shape for row in rows.values() for picture in row}) != 1:
        return []
    return [sheet(rows, window=window(rows[truth]), label=label)]
