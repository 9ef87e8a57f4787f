"""FedLD: federated learning by decomposing the global loss.

Mechanism: the loss of the server's network is split into that of the clients on their own records, what their differing
distributions add, and what aggregation adds. The second is reduced by a margin control in local training, which keeps clients
from growing certain of what only they see; the third by aggregating, layer by layer, along the principal directions of the
clients' updates (`learners/federation`).

Compared with FedAvg and FedProx on the same division of records, with the same rounds and steps, and with centralised training,
which sees all records at once and takes as many steps as all clients together: a bound, no federated baseline. Radiographs are
divided among the clients by class, mildly and strongly unevenly. The paper's retinal set is not at hand.

Zeng, Guo, Wang, Wang, Zhou, Qu: Tackling Data Heterogeneity in Federated Learning via Loss Decomposition. MICCAI 2024,
arXiv 2408.12300.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Image, Label, Record
from vesalius.sources.public import covid_xray, root
from vesalius.sources.simulators.chest_xray import ChestXray
from vesalius.sources.splits import split_by_hash
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Source, Split, Task

if TYPE_CHECKING:
    from torch import nn

    from vesalius.learners.federation.federation import State
    from vesalius.learners.federation.local_losses import LocalLoss
    from vesalius.learners.federation.strategies import Averaging

Way = Literal["fedld", "fedld-margin-only", "fedld-aggregation-only", "fedavg", "fedprox", "centralised"]
ALPHAS = {"strong": 0.3, "mild": 1.0}
"""Of the Dirichlet distribution that divides the classes."""

MARGIN_WEIGHT, PROXIMAL_MU, KEPT_DIRECTIONS = 0.1, 0.01, 0.8
MEASURES = (
    Measure(METRICS["macro_auroc"], margin=0.01),
    Measure(METRICS["multiclass_brier"], margin=0.01),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given, the same for all.

    Attributes:
        side: pixels along each side of an image.
        records: simulated.
        widths: channels of the residual network's stages.
        clients: how many.
        rounds: of all clients.
        steps: of a client in a round.
        batch: images a step.
        learning_rate: constant.
        workers: whether clients run in Flower's simulation, rather than in one process.
    """

    side: int
    records: int
    widths: tuple[int, ...]
    clients: int
    rounds: int
    steps: int
    batch: int
    learning_rate: float
    workers: bool


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        side=32, records=48, widths=(4, 8), clients=2, rounds=2, steps=2, batch=4, learning_rate=1e-3, workers=False
    ),
    "default": Budget(
        side=56, records=400, widths=(16, 32), clients=4, rounds=20, steps=4, batch=16, learning_rate=2e-3, workers=False
    ),
    "paper": Budget(
        side=224, records=4000, widths=(64, 128, 256, 512), clients=10, rounds=100, steps=50, batch=32,
        learning_rate=1e-3, workers=True,
    ),
}  # fmt: skip


def _tasks(source: Source, split: Callable[[Sequence[Record]], Split], note: str) -> list[Task]:
    return [
        Task(
            name=f"{source.name}-{unevenness}",
            family="classification",
            source=source,
            inputs=("image",),
            target="label",
            split=split,
            measures=MEASURES,
            question="Clients that differ in their classes",
            note=f"{note} The records are divided among the clients by Dirichlet({alpha:g}) of each class.".strip(),
            tags={"alpha": str(alpha)},
        )
        for unevenness, alpha in ALPHAS.items()
    ]


def _covid_xray(size: Size) -> list[Task]:
    root.path("covid-xray")
    return _tasks(covid_xray.CovidXray(side=BUDGETS[size].side), covid_xray.split, covid_xray.NOTE)


def _simulated(size: Size) -> list[Task]:
    budget = BUDGETS[size]
    split = partial(split_by_hash, validation=0.15, test=0.35, salt="fedld")
    return _tasks(ChestXray(count=budget.records, size=budget.side), split, "")


def _network(task: Task, budget: Budget) -> "nn.Module":
    from vesalius.nets.resnet import ResNet

    record = task.source.records()[0]
    image, label = record.get("image", Image), record.get(task.target, Label)
    return ResNet(image.channels, len(label.classes), widths=budget.widths)


def _loss(way: Way) -> "LocalLoss":
    from vesalius.learners.federation.local_losses import MarginControl, Proximal, cross_entropy

    match way:
        case "fedld" | "fedld-margin-only":
            return MarginControl(MARGIN_WEIGHT)
        case "fedprox":
            return Proximal(PROXIMAL_MU)
        case "fedavg" | "fedld-aggregation-only" | "centralised":
            return cross_entropy


def _strategy(way: Way, clients: int, state: "State") -> "Averaging":
    from vesalius.learners.federation.strategies import Averaging, PrincipalGradients

    principal = way in ("fedld", "fedld-aggregation-only")
    return PrincipalGradients(clients, state, KEPT_DIRECTIONS) if principal else Averaging(clients)


def _federated(way: Way, task: Task, size: Size, seed: int) -> Learner:
    from vesalius.learners.federation.federation import Federation
    from vesalius.learners.training import Regime

    budget = BUDGETS[size]
    # One client that holds all records and takes the steps of all: what cannot be had where records may not be shared.
    clients, steps = (1, budget.clients * budget.steps) if way == "centralised" else (budget.clients, budget.steps)
    return Federation(
        partial(_network, task, budget),
        clients=clients,
        alpha=float(task.tags.get("alpha", ALPHAS["strong"])),
        rounds=budget.rounds,
        local=Regime(steps=steps, learning_rate=budget.learning_rate, schedule="constant"),
        batch=budget.batch,
        seed=seed,
        strategy=partial(_strategy, way),
        loss=_loss(way),
        target=task.target,
        workers=budget.workers,
    )


def _learners(task: Task, size: Size) -> Arms:
    ways: tuple[Way, ...] = ("fedld", "fedld-margin-only", "fedld-aggregation-only")
    return {way: partial(_federated, way, task, size) for way in ways}


def _baselines(task: Task, size: Size) -> Arms:
    ways: tuple[Way, ...] = ("fedavg", "fedprox", "centralised")
    return {way: partial(_federated, way, task, size) for way in ways}


SYSTEM = System(
    id="fedld",
    number=163,
    area="trust",
    kind="method",
    claim=Claim(
        "Under different levels of data heterogeneity FedLD achieves better and more robust performance on retinal and chest "
        "X-ray classification than other federated algorithms."
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"covid-xray": _covid_xray, "simulated-chest-xray": _simulated},
)
