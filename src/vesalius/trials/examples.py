"""Which test records a report shows, failures first, with their inputs as files that need no source."""

import base64
import io
import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vesalius.records import Choices, Field, Image, Record, Text, Volume
from vesalius.records.orientation import Turn
from vesalius.tasks import Prediction, Task, Value
from vesalius.trials.cell import Files, split_of
from vesalius.trials.config import RunConfig
from vesalius.trials.store import Store, slug
from vesalius.trials.trial import Cell, Trial
from vesalius.trials.views import Window, chosen_views, window

SHOWN = 6


def example_files(trial: Trial, config: RunConfig, store: Store) -> Files:
    """One JSON file a task: the records to show and their inputs; none for tasks judged as sets only."""
    files: Files = {"index.json": json.dumps([task.name for task in config.tasks]).encode()}
    for task in config.tasks:
        if task.metrics()[0].unit != "record":
            continue
        ids, _, truths = store.truth(task.name)
        cells = [Cell(task.name, arm, config.seeds[0]) for arm in task.arms]
        said = [store.predictions(cell) for cell in cells]
        chosen = _chosen(np.stack([store.scores(cell).by(task.metrics()[0]) for cell in cells]), said)
        records = {record.id: record for record in split_of(trial.task(task.name)).test}
        shown = [
            _shown(trial.task(task.name), records[ids[place]], truths[place], [answers[place] for answers in said])
            for place in chosen
        ]
        files[f"{slug(task.name)}.json"] = json.dumps(shown, ensure_ascii=False).encode()
    return files


def _chosen(scores_AN: NDArray[np.float64], said: Sequence[Sequence[Prediction]]) -> list[int]:
    """Of the first seed: records that some arm left unanswered, then where arms fare worst and differ most, then the best."""
    silent_N = np.array([[prediction.value is None for prediction in predictions] for predictions in said]).any(axis=0)
    by_failure = np.lexsort((-np.ptp(scores_AN, axis=0), scores_AN.mean(axis=0), ~silent_N))
    by_difference = np.lexsort((-np.ptp(scores_AN, axis=0),))
    places = dict.fromkeys([*by_failure[: SHOWN // 2], *by_difference[: SHOWN // 3], *by_failure[::-1]])
    return [int(place) for place in list(places)[:SHOWN]]


def _shown(task: Task, record: Record, truth: Value, said: Sequence[Prediction]) -> dict[str, object]:
    fields = {name: _readable(field, truth, said) for name, field in task.blind(record).fields.items()}
    return {"record_id": record.id, "fields": {name: shown for name, shown in fields.items() if shown is not None}}


def _readable(field: Field, truth: Value, said: Sequence[Prediction]) -> object:
    match field:
        case Text():
            return field.value
        case Choices():
            return dict(zip(field.letters, field.options, strict=True))
        case Image():
            pixels = _without_channels(field.pixels)
            return {"png": _png(pixels, window(pixels)), "spacing": field.spacing}
        case Volume():
            return _slices(field, truth, said)
        case _:
            return None


def _slices(volume: Volume, truth: Value, said: Sequence[Prediction]) -> dict[str, object]:
    """Slices of a volume, and the turn by which a report finds the same slices in masks that are stored alike."""
    voxels = volume.voxels if volume.voxels.ndim == 3 else volume.voxels[..., 0]
    labels = truth if isinstance(truth, np.ndarray) and truth.shape == voxels.shape else None
    answers = [
        prediction.value
        for prediction in said
        if isinstance(prediction.value, np.ndarray) and prediction.value.shape == voxels.shape
    ]
    turn, shown = Turn.of(volume.geometry), window(voxels)
    planes = [
        {
            "plane": view.plane,
            "index": view.index,
            "png": _png(view.picture(voxels, turn), shown),
            "spacing": view.spacing(volume.geometry, turn),
        }
        for view in chosen_views(volume, labels, answers)
    ]
    return {"planes": planes, "shape": voxels.shape, "axes": turn.axes, "mirrored": turn.mirrored, "window": shown}


def _without_channels(pixels: NDArray[np.generic]) -> NDArray[np.generic]:
    """Of channels that are no colours, the first is shown."""
    return pixels[..., 0] if pixels.ndim == 3 and pixels.shape[-1] not in (3, 4) else pixels


def _png(pixels: NDArray[np.generic], shown: Window) -> str:
    """Eight bits a channel, from black to white over the window."""
    from PIL import Image as Pillow

    low, high = shown
    scaled = np.clip((pixels.astype(np.float64) - low) / max(high - low, 1e-9), 0, 1) * 255
    buffer = io.BytesIO()
    Pillow.fromarray(np.ascontiguousarray(scaled.astype(np.uint8))).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()
