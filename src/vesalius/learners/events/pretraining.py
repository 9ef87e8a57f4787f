"""Pretraining on what histories say of their own future: the time until every code comes next (Steinberg et al. 2024)."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from vesalius.errors import UserError
from vesalius.learners.events.hazards import Begun, EventRecipe, HazardNetwork, hazard_loss, pieces_of, singles
from vesalius.learners.events.histories import History, Vocabulary, history_of, last_events, numbered, vocabulary_of
from vesalius.learners.events.next_times import NextTimes, next_times
from vesalius.learners.training import History as Curves
from vesalius.learners.training import Regime, device, new_network, placed, train
from vesalius.nets.piecewise import exposures, log_rates
from vesalius.records import Record


def pretrain(
    recipe: EventRecipe, regime: Regime, records: Sequence[Record], validation: Sequence[Record], seed: int
) -> tuple[Begun, Curves]:
    """Train a network on the time to every code, from moments of every history.

    Args:
        recipe: of the network.
        regime: of training.
        records: with histories; no target is looked at.
        validation: the same; the state with the highest likelihood on them is kept.
        seed: of weights and batches.

    Raises:
        UserError: if a record has no history, or none has events at two times after birth.
    """
    vocabulary = vocabulary_of([history_of(record) for record in records])
    seen, told = _with_futures(records, vocabulary)
    checked, asked = _with_futures(validation, vocabulary)
    if not seen:
        raise UserError("training histories: none has events at two times after birth; pretraining needs a future.")
    # codes that never come, such as birth's, are nothing to wait for
    coming = np.any([one.events_MK.any(0) for one in told], axis=0)
    told, asked = ([one.of(coming) for one in part] for part in (told, asked))
    times, events = np.concatenate([one.times_MK for one in told]), np.concatenate([one.events_MK for one in told])
    edges = pieces_of(np.column_stack([times.ravel(), events.ravel()]), recipe.pieces)
    at_risk, came = exposures(singles(times), torch.tensor(events), singles(edges))
    network = new_network(lambda: HazardNetwork(len(vocabulary), recipe, log_rates(at_risk, came)), seed)
    on_device = singles(edges).to(device())

    def draw(rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
        chosen = rng.choice(len(seen), min(recipe.batch, len(seen)), replace=False)
        return _futures([seen[place] for place in chosen], [told[place] for place in chosen], recipe, rng)

    def score(inner: nn.Module) -> float:
        return -float(hazard_loss(inner, placed(_futures(checked, asked, recipe, np.random.default_rng(seed))), on_device))

    curves = train(
        network,
        loss=lambda inner, batch: hazard_loss(inner, batch, on_device),
        draw=draw,
        regime=regime,
        seed=seed,
        score=score if checked else None,
        name="pretraining",
    )
    weights = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
    return Begun(vocabulary, edges, weights), curves


def _with_futures(records: Sequence[Record], vocabulary: Vocabulary) -> tuple[list[History], list[NextTimes]]:
    """Histories from which something can be waited for, and the times to every code."""
    every = np.arange(2, len(vocabulary))
    histories = [numbered(history_of(record), vocabulary) for record in records]
    pairs = [(one, next_times(one, every)) for one in histories]
    kept = [(one, known) for one, known in pairs if len(known.seen)]
    return [one for one, _ in kept], [known for _, known in kept]


def _futures(
    histories: Sequence[History], told: Sequence[NextTimes], recipe: EventRecipe, rng: np.random.Generator
) -> dict[str, NDArray[np.generic]]:
    """Histories, moments in their windows, and the times from there to every code."""
    batch = last_events(histories, [len(one.places) for one in histories], recipe.length)
    length = batch["codes_BL"].shape[1]
    at, times, events = [], [], []
    for row, (history, known) in enumerate(zip(histories, told, strict=True)):
        place = length - len(history.places) + known.seen - 1
        inside = np.flatnonzero(place >= 0)
        for moment in rng.permutation(inside)[: recipe.moments]:
            at.append(row * length + place[moment])
            times.append(known.times_MK[moment])
            events.append(known.events_MK[moment])
    target = np.stack([np.array(times), np.array(events, dtype=np.float64)], axis=-1)
    return {**batch, "at_N": np.array(at), "target_NK2": target.astype(np.float32)}
