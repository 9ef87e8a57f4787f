"""A classifier that clients train together without showing their records."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from vesalius.learners.classifier import Classifier, moved
from vesalius.learners.federation.local_losses import LocalLoss, cross_entropy
from vesalius.learners.federation.partition import dirichlet_partition
from vesalius.learners.intensity import Pixels
from vesalius.learners.training import History, Regime, train
from vesalius.metrics import log_loss
from vesalius.progress import track
from vesalius.records import Label, Record

if TYPE_CHECKING:
    from flwr.app import Message
    from flwr.serverapp.strategy import FedAvg

State = dict[str, Tensor]
MakeStrategy = Callable[[int, State], "FedAvg"]
"""From the number of clients and the first network, how the server aggregates."""


@dataclass(frozen=True, slots=True, eq=False)
class Client:
    """What one client holds, and how it learns from it."""

    number: int
    images: Sequence[Pixels]
    truth_NK: Pixels
    local: Regime
    batch: int
    loss: LocalLoss
    seed: int

    def learn(self, network: nn.Module, state: State, server_round: int) -> State:
        """Train from what the server sent; what is sent back."""
        network.load_state_dict(state)
        sent = [parameter.detach().clone() for parameter in network.parameters()]
        train(
            network,
            loss=lambda net, batch: self.loss(net, batch[0], batch[1], sent),
            draw=self._draw,
            regime=self.local,
            seed=self.seed,
            name=f"round {server_round}, client {self.number}",
        )
        return {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}

    def _draw(self, random: np.random.Generator) -> tuple[Pixels, Pixels]:
        drawn = random.integers(len(self.images), size=self.batch)
        return np.stack([moved(self.images[index], random, mirror=False) for index in drawn]), self.truth_NK[drawn]


class Federation(Classifier):
    """Rounds of local training and aggregation, with Flower's strategies and messages.

    The training records are divided unevenly by class among the clients. In each round every client trains from the server's
    network on its own records, and the server aggregates. The state of the round with the lowest log loss on the validation
    records, which the server holds, is kept. Intensities are standardised by the mean and deviation of all, which clients can
    give as sums.

    Clients learn one after the other in this process. With ``workers``, they are apps of Flower's simulation, which runs them in
    workers of Ray at the price of some ten seconds at the start; the result is the same up to rounding.

    Args:
        network: makes the untrained network.
        clients: how many.
        alpha: of the Dirichlet distribution that divides the classes; small is uneven.
        rounds: of all clients.
        local: the training of a client in a round.
        batch: images a step.
        seed: of the weights, the division and everything drawn.
        strategy: how the server aggregates.
        loss: what a client minimises.
        target: name of the label.
        workers: whether clients run in Flower's simulation.
    """

    def __init__(
        self,
        network: Callable[[], nn.Module],
        *,
        clients: int,
        alpha: float,
        rounds: int,
        local: Regime,
        batch: int,
        seed: int,
        strategy: MakeStrategy,
        loss: LocalLoss = cross_entropy,
        target: str = "label",
        workers: bool = False,
    ) -> None:
        super().__init__(network, regime=local, seed=seed, batch=batch, target=target)
        self._clients, self._alpha, self._rounds = clients, alpha, rounds
        self._strategy, self._loss, self._workers = strategy, loss, workers

    def train_for(self, steps: int) -> None:
        """Have each client take so many optimiser updates over all rounds, at least one in each."""
        super().train_for(max(1, round(steps / self._rounds)))

    def _train(self, images: Sequence[Pixels], truth_NK: Pixels, validation: Sequence[Record]) -> History:
        parts = dirichlet_partition(truth_NK.argmax(axis=1), clients=self._clients, alpha=self._alpha, seed=self._seed)
        clients = [self._client(number, part, images, truth_NK) for number, part in enumerate(parts)]
        state = {name: value.detach().cpu().clone() for name, value in self.network.state_dict().items()}
        strategy, judge = self._strategy(len(clients), state), _Judge(self, validation)
        if self._workers:
            from vesalius.learners.federation.simulation import simulate

            simulate(self.network, clients, strategy, state, rounds=self._rounds, judge=judge)
        else:
            for server_round in track(range(1, self._rounds + 1), "rounds", self._rounds):
                state = _round(server_round, clients, self.network, state, strategy)
                judge(server_round, state)
        self.network.load_state_dict(judge.best)
        self.network.eval()
        return judge.history

    def _client(self, number: int, part: NDArray[np.int64], images: Sequence[Pixels], truth_NK: Pixels) -> Client:
        held = [images[index] for index in part]
        return Client(number, held, truth_NK[part], self._regime, self._batch, self._loss, self._seed)


class _Judge:
    """Keeps the state of the round that answers the validation records best; without such, the last."""

    def __init__(self, learner: Federation, validation: Sequence[Record]) -> None:
        self._learner, self._validation = learner, validation
        self.history, self.best = History(), deepcopy(learner.network.state_dict())

    def __call__(self, server_round: int, state: State) -> None:
        if not self._validation:
            self.best = state
            return
        self._learner.network.load_state_dict(state)
        true = np.array([record.get(self._learner.target, Label).index for record in self._validation], dtype=float)
        self.history.scores.append((server_round, -log_loss(self._learner.probabilities(self._validation), true)))
        if self.history.checks_since_best == 0:
            self.best = state


def _round(server_round: int, clients: Sequence[Client], network: nn.Module, state: State, strategy: "FedAvg") -> State:
    """One client after the other, and the server; what it sends next."""
    replies = [reply(client, network, state, server_round) for client in clients]
    arrays, _ = strategy.aggregate_train(server_round, replies)
    if arrays is None:
        raise RuntimeError(f"round {server_round}: the server took no reply.")
    return dict(arrays.to_torch_state_dict())


def reply(client: Client, network: nn.Module, state: State, server_round: int, to: "Message | None" = None) -> "Message":
    """What a client sends to the server after its training of a round: its network, and how many records it holds."""
    from flwr.app import ArrayRecord, Message, MetricRecord, RecordDict

    from vesalius.learners.federation.strategies import EXAMPLES, PARTITION

    learned = client.learn(network, state, server_round)
    metrics = MetricRecord({EXAMPLES: len(client.images), PARTITION: client.number})
    content = RecordDict({"arrays": ArrayRecord(learned), "metrics": metrics})
    if to is not None:
        return Message(content, reply_to=to)
    return Message(content=content, metadata=_metadata(client.number))  # type: ignore[call-overload,no-any-return]


def _metadata(number: int) -> Any:
    from flwr.app.metadata import Metadata

    return Metadata(
        run_id=0,
        message_id="",
        src_node_id=number,
        dst_node_id=0,
        reply_to_message_id="",
        group_id="",
        created_at=0.0,
        ttl=3600.0,
        message_type="train",
    )
