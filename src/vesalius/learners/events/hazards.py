"""Hazards of outcomes from histories: the recipe, the network, and what its two phases of training have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vesalius.learners.events.histories import History, Vocabulary, last_events
from vesalius.learners.training import Regime
from vesalius.nets.event_transformer import EventBatch, EventSize, EventTransformer
from vesalius.nets.piecewise import PiecewiseHead, exposures, piecewise_loss


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecipe:
    """How a model of times to events is made.

    Attributes:
        size: of the transformer.
        length: events of a history that are seen, at most.
        pieces: of the piecewise exponential hazard.
        inner: numbers by which an outcome reads a state.
        batch: histories a step.
        moments: of each history in a step of pretraining.
        pretraining: on the time to every code; None begins from random weights.
        tuning: on the time to the outcome.
        adapt: what tuning changes: all weights, or what the outcome has of its own (a linear probe).
        horizon: survival is told for 1, 2, … so many units of the target.
    """

    size: EventSize
    length: int
    pieces: int
    inner: int
    batch: int
    moments: int
    pretraining: Regime | None
    tuning: Regime
    adapt: Literal["all", "probe"] = "all"
    horizon: int = 20


class HazardNetwork(nn.Module):
    """The transformer, and hazards of outcomes from its states."""

    def __init__(self, vocabulary: int, recipe: EventRecipe, log_rates_KP: Tensor) -> None:
        super().__init__()
        self.body = EventTransformer(vocabulary, recipe.size)
        self.head = PiecewiseHead(recipe.size.width, recipe.inner, log_rates_KP)

    def forward(self, batch: EventBatch, at_N: Tensor) -> Tensor:
        """Log hazards, moments × outcomes × pieces, at places of the flattened B × L."""
        found: Tensor = self.head(self.body(batch).flatten(0, 1)[at_N])
        return found


@dataclass(frozen=True, slots=True)
class Begun:
    """Where tuning begins.

    Attributes:
        vocabulary: of the training histories.
        edges: of the pieces, in days.
        weights: of a pretrained ``HazardNetwork``; None for random ones.
    """

    vocabulary: Vocabulary
    edges: NDArray[np.float64]
    weights: Mapping[str, Tensor] | None


def pieces_of(times: NDArray[np.float64], pieces: int) -> NDArray[np.float64]:
    """Where pieces begin, with as many events each, from 0; fewer where times are equal.

    Args:
        times: and whether the event came, N × 2.
        pieces: at most.

    >>> pieces_of(np.array([[1.0, 1], [2.0, 1], [9.0, 0], [4.0, 1]]), 2)
    array([0., 2.])
    """
    came = times[times[:, 1] > 0, 0]
    if not len(came):
        return np.zeros(1)
    inner = np.quantile(came, np.arange(1, pieces) / pieces)
    return np.unique(np.concatenate([[0.0], inner]))


def ended(histories: Sequence[History], length: int) -> dict[str, NDArray[np.generic]]:
    """A batch of histories that are seen to their end.

    Args:
        histories: B of them.
        length: events of each, at most.
    """
    batch = last_events(histories, [len(one.places) for one in histories], length)
    width = batch["codes_BL"].shape[1]
    return {**batch, "at_N": np.arange(len(histories)) * width + width - 1}


def hazard_loss(network: nn.Module, batch: Mapping[str, Any], edges: Tensor) -> Tensor:
    """The loss of a batch, whose targets are times and whether the event came: of one outcome, or of all from N moments.

    Args:
        network: a ``HazardNetwork``.
        batch: tensors.
        edges: of the pieces.
    """
    target = batch["target_NK2"] if "target_NK2" in batch else batch["target_B2"].unsqueeze(1)
    at_risk, came = exposures(target[..., 0].float(), target[..., 1] > 0, edges)
    return piecewise_loss(network(*inputs_of(batch)), at_risk, came)


def inputs_of(batch: Mapping[str, Any]) -> tuple[EventBatch, Tensor]:
    """What a ``HazardNetwork`` takes of a batch of tensors."""
    return EventBatch(batch["codes_BL"], batch["ages_BL"], batch["numbers_BL"], batch["valued_BL"]), batch["at_N"]


def singles(values: NDArray[np.float64]) -> Tensor:
    """As networks have them."""
    return torch.tensor(values, dtype=torch.float32)
