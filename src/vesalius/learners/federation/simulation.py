"""Clients in the workers of Flower's simulation."""

from collections.abc import Callable, Sequence
from typing import cast

from flwr.app import ArrayRecord, Context, Message
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg
from flwr.simulation import run_simulation
from torch import nn

from vesalius.learners.federation.federation import Client, State, reply


def simulate(
    network: nn.Module,
    clients: Sequence[Client],
    strategy: FedAvg,
    state: State,
    *,
    rounds: int,
    judge: Callable[[int, State], None],
) -> None:
    """Run the rounds; ``judge`` is told the server's network after each."""
    client_app, server_app = ClientApp(), ServerApp()

    @client_app.train()
    def learn(message: Message, context: Context) -> Message:
        client = clients[int(context.node_config["partition-id"])]
        sent = dict(message.content.array_records["arrays"].to_torch_state_dict())
        server_round = cast(int, message.content.config_records["config"]["server-round"])
        return reply(client, network, sent, server_round, to=message)

    @server_app.main()
    def serve(grid: Grid, context: Context) -> None:
        def evaluate(server_round: int, arrays: ArrayRecord) -> None:
            if server_round:
                judge(server_round, dict(arrays.to_torch_state_dict()))

        strategy.start(grid, ArrayRecord(state), num_rounds=rounds, evaluate_fn=evaluate)

    run_simulation(server_app, client_app, num_supernodes=len(clients), backend_config={"client_resources": {"num_cpus": 1}})
