"""Systems that are fitted in a second."""

import json
from functools import partial
from pathlib import Path

import numpy as np

from vesalius.learners.scans import scan_of
from vesalius.learners.segmenter import Segmenter
from vesalius.nets.unet import UNet
from vesalius.records import Label, Mask
from vesalius.systems.system import Claim, System
from vesalius.tasks import Prediction


def segmenter(steps, task, seed):
    record = task.source.records()[0]
    scan, names = scan_of(record, "image"), record.get("mask", Mask).names
    dimensions = len(scan.size)
    return Segmenter(
        lambda: UNet(len(scan.image_CS), len(names) + 1, (4, 8), dimensions),
        steps=steps,
        seed=seed,
        patch=(8,) * dimensions,
        batch=4,
        learning_rate=1e-2,
        standardise="training",
        foreground=0.5,
    )


class Threshold:
    """Labels 1 what is brighter than the middle between the labelled and the other pixels that it was fitted on."""

    trained_parameters = 1
    middle = 0.0

    def fit(self, train, validation):
        pairs = [(scan_of(record, "image").image_CS[0], record.get("mask", Mask).labels > 0) for record in train]
        inside, outside = ([np.median(image[mask == side]) for image, mask in pairs] for side in (True, False))
        self.middle = float(np.mean(inside) + np.mean(outside)) / 2

    def predict(self, records):
        images = [scan_of(record, "image").image_CS[0] for record in records]
        return [Prediction(record_id=r.id, value=(image > self.middle).astype(np.uint8)) for r, image in zip(records, images)]

    def save(self, folder: Path):
        (folder / "threshold.json").write_text(json.dumps(self.middle))

    def load(self, folder: Path):
        self.middle = json.loads((folder / "threshold.json").read_text())


class Brightness:
    """The probability of the second class by the mean of the image, over which it learns a midpoint."""

    trained_parameters = 1

    def __init__(self, task, classes):
        self.task, self.classes, self.middle, self.sign = task, classes, 0.0, 1.0

    def fit(self, train, validation):
        means = [[], []]
        for record in train:
            means[record.get("label", Label).index].append(scan_of(record, "image").image_CS.mean())
        first, second = np.mean(means[0]), np.mean(means[1])
        self.middle, self.sign = float(first + second) / 2, float(np.sign(second - first))

    def predict(self, records):
        means = [scan_of(record, "image").image_CS.mean() for record in records]
        shares = [float(1 / (1 + np.exp(-self.sign * (mean - self.middle) / 10))) for mean in means]
        return [Prediction(record_id=record.id, value=share) for record, share in zip(records, shares)]

    def save(self, folder: Path):
        (folder / "brightness.json").write_text(json.dumps([self.middle, self.sign]))

    def load(self, folder: Path):
        self.middle, self.sign = json.loads((folder / "brightness.json").read_text())


def toy(learners, baselines=None):
    return System(
        id="toy",
        number=1,
        area="segmentation",
        kind="method",
        claim=Claim("A toy."),
        learners=learners,
        baselines=baselines or (lambda task, size: {}),
        tasks={},
    )


SEGMENTATION = toy(
    lambda task, size: {"long": partial(segmenter, 60, task)}, lambda task, size: {"short": partial(segmenter, 2, task)}
)
THRESHOLD = toy(lambda task, size: {"threshold": lambda seed: Threshold()})
CLASSIFICATION = toy(
    lambda task, size: {"brightness": lambda seed: Brightness(task, task.source.records()[0].get("label", Label).classes)}
)
