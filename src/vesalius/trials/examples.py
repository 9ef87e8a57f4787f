"""Which test records a report shows, failures first, with their inputs as files that need no source."""

import base64
import io
import json
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from vesalius.records import Choices, Field, Image, Text, Volume
from vesalius.tasks import Task
from vesalius.trials.cell import Files, split_of
from vesalius.trials.config import RunConfig, TaskConfig
from vesalius.trials.scoring import record_scores
from vesalius.trials.store import Store, slug
from vesalius.trials.trial import Cell, Trial

SHOWN = 6


def example_files(trial: Trial, config: RunConfig, store: Store) -> Files:
    """One JSON file a task: the records to show and their inputs; none for tasks judged as sets only."""
    files: Files = {"index.json": json.dumps([task.name for task in config.tasks]).encode()}
    for task in config.tasks:
        chosen = _chosen(store, config, task)
        if chosen:
            files[f"{slug(task.name)}.json"] = json.dumps(_shown(trial.task(task.name), chosen), ensure_ascii=False).encode()
    return files


def _chosen(store: Store, config: RunConfig, task: TaskConfig) -> list[str]:
    """Of the first seed: records that some arm left unanswered, then where arms fare worst and differ most, then the best."""
    metric = task.metrics()[0]
    if metric.unit != "record":
        return []
    ids, _, truths = store.truth(task.name)
    said = [store.predictions(Cell(task.name, arm, config.seeds[0])) for arm in task.arms]
    scores_AN = np.stack([record_scores(metric, predictions, truths) for predictions in said])
    silent_N = np.array([[prediction.value is None for prediction in predictions] for predictions in said]).any(axis=0)
    by_failure = np.lexsort((-np.ptp(scores_AN, axis=0), scores_AN.mean(axis=0), ~silent_N))
    by_difference = np.lexsort((-np.ptp(scores_AN, axis=0),))
    places = dict.fromkeys([*by_failure[: SHOWN // 2], *by_difference[: SHOWN // 3], *by_failure[::-1]])
    return [ids[place] for place in list(places)[:SHOWN]]


def _shown(task: Task, chosen: list[str]) -> list[dict[str, object]]:
    records = {record.id: record for record in split_of(task).test}
    return [{"record_id": id, "fields": _readable(task.blind(records[id]).fields)} for id in chosen]


def _readable(fields: Mapping[str, Field]) -> dict[str, object]:
    shown: dict[str, object] = {}
    for name, field in fields.items():
        match field:
            case Text():
                shown[name] = field.value
            case Choices():
                shown[name] = dict(zip(field.letters, field.options, strict=True))
            case Image():
                shown[name] = {"png": _png(field.pixels), "spacing": field.spacing}
            case Volume():
                shown[name] = {"png": _png(field.voxels[field.voxels.shape[0] // 2]), "spacing": field.geometry.spacing[1:]}
            case _:
                continue
    return shown


def _png(pixels: NDArray[np.generic]) -> str:
    """Eight bits a channel, the darkest and brightest percentile clipped so that the content is seen."""
    from PIL import Image as Pillow

    values = pixels.astype(np.float64)
    if values.ndim == 3 and values.shape[-1] not in (3, 4):
        values = values[..., 0]  # of channels that are no colours, the first is shown
    low, high = np.percentile(values, (0.5, 99.5))
    scaled = np.clip((values - low) / max(high - low, 1e-9), 0, 1) * 255
    buffer = io.BytesIO()
    Pillow.fromarray(scaled.astype(np.uint8)).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()
