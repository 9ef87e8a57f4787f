"""Pretraining on all images without labels, then fine-tuning on the few that have one."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.learners.intensity import Intensity, Pixels
from vesalius.learners.learner import Learner
from vesalius.learners.networks import repeatable
from vesalius.learners.scans import scan_of
from vesalius.learners.training import History, save_histories
from vesalius.records import Record
from vesalius.tasks import Prediction

MakeNetwork = Callable[[], nn.Module]


class Pretext(Protocol):
    """A task that needs no labels. It trains the encoder of a network in place; what else it trains is thrown away."""

    def __call__(self, network: nn.Module, images_CS: Sequence[Pixels], seed: int) -> History:
        """Train the part of ``network`` that the pretext is about.

        Args:
            network: of the downstream task, untrained.
            images_CS: standardised images or volumes of any sizes.
            seed: of everything random.
        """
        ...


class Downstream(Learner, Protocol):
    """A learner that trains a network by gradients."""

    histories: dict[str, History]


class Pretrained:
    """A learner whose network starts from a pretext task on all training images, with or without label.

    The pretext trains the encoder of a new network, and the downstream learner, such as a ``Segmenter`` or a ``Classifier``, is
    fitted on the records that have a target, starting from that network. Without a pretext it starts from random weights: it is
    the same learner, from scratch.

    Args:
        network: makes the untrained network.
        pretext: what it is pretrained by; None for nothing.
        downstream: from what makes a network, the learner that is fine-tuned.
        seed: of the network and the pretext.
        image, target: names of the fields.

    >>> from vesalius.learners.segmenter import Segmenter
    >>> from vesalius.nets.unet import UNet
    >>> def downstream(network):
    ...     return Segmenter(network, steps=1, seed=0, patch=(8, 8), batch=1, learning_rate=1e-3)
    >>> learner = Pretrained(lambda: UNet(1, 2, (4, 8)), pretext=None, downstream=downstream, seed=0, target="mask")
    >>> learner.trained_parameters
    1682
    """

    def __init__(
        self,
        network: MakeNetwork,
        *,
        pretext: Pretext | None,
        downstream: Callable[[MakeNetwork], Downstream],
        seed: int,
        target: str,
        image: str = "image",
    ) -> None:
        self._make_network, self._pretext, self._seed = network, pretext, seed
        self._image, self._target = image, target
        self._weights: dict[str, Tensor] | None = None
        self.histories: dict[str, History] = {}
        self.learner = downstream(self._initial_network)

    @property
    def trained_parameters(self) -> int:
        """Of the downstream learner; heads of the pretext are not counted."""
        return self.learner.trained_parameters

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Pretrain on the images of ``train``, then fit on those of its records, and of ``validation``, that have a target.

        Raises:
            UserError: if no training record has a target.
        """
        labelled = self._labelled(train)
        if not labelled:
            raise UserError(f"No training record has the field {self._target!r}: give at least one to fine-tune on.")
        if self._pretext is not None:
            # As the downstream learner will standardise: by the records that it is fitted on.
            intensity = Intensity.of(self._read(record) for record in labelled)
            images_CS = [intensity.standardise(self._read(record)) for record in train]
            self._weights = None
            network = self._initial_network()
            self.histories["pretraining"] = self._pretext(network, images_CS, self._seed)
            self._weights = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
        self.learner.fit(labelled, self._labelled(validation))
        self.histories["fine-tuning"] = self.learner.histories["training"]

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """Of the downstream learner."""
        return self.learner.predict(records)

    def save(self, folder: Path) -> None:
        """What the downstream learner saves, with the curves of both phases."""
        self.learner.save(folder)
        save_histories(self.histories, folder)

    def load(self, folder: Path) -> None:
        """Take back what ``save`` wrote.

        Raises:
            UserError: as the downstream learner.
        """
        self.learner.load(folder)

    def _initial_network(self) -> nn.Module:
        with repeatable(self._seed):
            network = self._make_network()
        if self._weights is not None:
            network.load_state_dict(self._weights)
        return network

    def _labelled(self, records: Sequence[Record]) -> list[Record]:
        return [record for record in records if self._target in record.fields]

    def _read(self, record: Record) -> NDArray[np.generic]:
        return scan_of(record, self._image).image_CS
