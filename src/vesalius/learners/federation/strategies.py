"""How the server makes one network of the clients', as Flower strategies."""

import logging
from collections.abc import Iterable
from typing import cast

import torch
from flwr.app import ArrayRecord, Message, MetricRecord, RecordDict
from flwr.serverapp.strategy import FedAvg
from torch import Tensor

from vesalius.learners.federation.principal_gradients import principal_update

EXAMPLES, PARTITION = "num-examples", "partition"
"""Metrics of a reply: how many records the client holds, and its number."""

logging.getLogger("flwr").setLevel(logging.ERROR)  # every round would print several lines

Reply = tuple[ArrayRecord | None, MetricRecord | None]


class Averaging(FedAvg):
    """Flower's FedAvg over all clients, in the order of their numbers, so that equal replies give equal sums."""

    def __init__(self, clients: int) -> None:
        super().__init__(fraction_evaluate=0.0, min_train_nodes=clients, min_available_nodes=clients)

    def aggregate_train(self, server_round: int, replies: Iterable[Message]) -> Reply:
        """The mean of the clients' networks, weighted by their records."""
        result: Reply = super().aggregate_train(server_round, in_order(replies))
        return result


class PrincipalGradients(Averaging):
    """FedLD's server: of each layer, the clients' updates along the directions that they share; statistics are averaged.

    Args:
        clients: how many.
        sent: the network that the first round starts from.
        keep: share of directions kept.
    """

    def __init__(self, clients: int, sent: dict[str, Tensor], keep: float) -> None:
        super().__init__(clients)
        self._sent, self._keep = sent, keep

    def aggregate_train(self, server_round: int, replies: Iterable[Message]) -> Reply:
        """What was sent, moved by the principal update of each layer."""
        ordered = in_order(replies)
        averaged, metrics = super().aggregate_train(server_round, ordered)
        if averaged is None:
            return None, metrics
        state = averaged.to_torch_state_dict()
        states = [message.content.array_records["arrays"].to_torch_state_dict() for message in ordered]
        for name, sent in self._sent.items():
            if _is_statistic(name):
                continue
            updates_ND = torch.stack([(own[name] - sent).flatten() for own in states])
            state[name] = sent + principal_update(updates_ND, self._keep).view_as(sent)
        self._sent = state
        return ArrayRecord(state), metrics


def in_order(replies: Iterable[Message]) -> list[Message]:
    """By the clients' numbers, whichever was quicker."""
    return sorted(replies, key=lambda message: number_of(message.content))


def number_of(content: RecordDict) -> int:
    """Of the client whose reply it is."""
    return cast(int, content.metric_records["metrics"][PARTITION])


def _is_statistic(name: str) -> bool:
    """What batch normalisation counts rather than learns."""
    return name.rsplit(".", 1)[-1] in ("running_mean", "running_var", "num_batches_tracked")
