"""A classifier that is asked where it looks."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from zlib import crc32

import torch
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.learners.classifier import Classifier
from vesalius.learners.training import History, device, repeatable
from vesalius.nets.attribution import Attribution
from vesalius.progress import track
from vesalius.records import Label, Record
from vesalius.tasks import Prediction

Answer = Callable[[nn.Module, Tensor, Tensor, Attribution], Tensor]
"""Takes the network, an image 1×C×S, the class that is explained and the method, and gives what is predicted of the record."""

SETTINGS = "explainer.json"


class Explainer:
    """Trains a classifier, and answers each image by an attribution map, or by a test of that map.

    The class that is explained is that of the record where it has one, else the one that the network finds most probable. What is
    drawn at random for a record follows from the seed and the record's id.

    Args:
        classifier: what is trained and explained.
        attribution: how maps are made.
        answer: what is said of an image; see ``vesalius.nets.faithfulness``.
        seed: of what is drawn.

    >>> import numpy as np
    >>> from vesalius.learners.training import Regime
    >>> from vesalius.nets.attribution import grad_cam
    >>> from vesalius.nets.faithfulness import heat_map
    >>> from vesalius.nets.resnet import ResNet
    >>> from vesalius.records import Image
    >>> fields = {"image": Image(np.eye(16)), "label": Label("a", ("a", "b"))}
    >>> record = Record(id="1", subject_id="1", fields=fields)
    >>> regime = Regime(steps=1, learning_rate=1e-3)
    >>> classifier = Classifier(lambda: ResNet(1, 2, widths=(4,)), regime=regime, seed=0, batch=2)
    >>> explainer = Explainer(classifier, grad_cam, answer=heat_map, seed=0)
    >>> explainer.fit([record], [])
    >>> explainer.predict([record])[0].value.shape
    (16, 16)
    """

    def __init__(self, classifier: Classifier, attribution: Attribution, *, answer: Answer, seed: int) -> None:
        self._classifier, self._attribution, self._answer, self._seed = classifier, attribution, answer, seed

    @property
    def trained_parameters(self) -> int:
        """Of the classifier."""
        return self._classifier.trained_parameters

    @property
    def histories(self) -> dict[str, History]:
        """The curves of the classifier's training."""
        return self._classifier.histories

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Train the classifier, which sees no masks.

        Raises:
            UserError: as the classifier does.
        """
        self._classifier.fit(train, validation)

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """One array a record: a map, or curves."""
        self._classifier.network.eval()
        return [
            Prediction(record_id=record.id, value=self._explained(record).detach().cpu().numpy())
            for record in track(records, "explaining", len(records))
        ]

    def save(self, folder: Path) -> None:
        """Write the classifier, and the seed."""
        self._classifier.save(folder)
        (folder / SETTINGS).write_text(json.dumps({"seed": self._seed}), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: if a file is missing, damaged, or of another network.
        """
        try:
            seed = int(json.loads((folder / SETTINGS).read_text(encoding="utf-8"))["seed"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{folder / SETTINGS}: missing or damaged; give the folder of a saved explainer.") from error
        self._classifier.load(folder)
        self._seed = seed

    def _explained(self, record: Record) -> Tensor:
        network, image_1CS = self._classifier.network, self._classifier.standardised(record)[None].to(device())
        with repeatable(crc32(f"{self._seed} {record.id}".encode())):
            return self._answer(network, image_1CS, self._chosen(record, image_1CS), self._attribution)

    def _chosen(self, record: Record, image_1CS: Tensor) -> Tensor:
        if self._classifier.target in record.fields:
            return torch.tensor([record.get(self._classifier.target, Label).index], device=image_1CS.device)
        with torch.no_grad():
            most_probable_1: Tensor = self._classifier.network(image_1CS).argmax(dim=1)
        return most_probable_1
