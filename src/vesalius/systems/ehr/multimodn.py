"""MultiModN: kinds of data taken up one after the other, so that what is missing is passed over rather than made up.

Mechanism (`nets/modular`): a state that begins as trained numbers is changed by one module a modality, which sees the state and
its data; a record that lacks a modality skips its module. Every task reads the state after every step and is trained there, so
that a run tells how its belief changed with each modality; large changes of the state are penalised. Several outcomes are learned
at once.

Compared with parallel fusion of equal width: each modality encoded by itself, zeros where it is missing, all side by side. Data
are complete, missing at random, missing by outcome (not at random), and the last with the pattern turned round at test, which is
what a change of practice between hospitals does. Simulated patients, with four modalities and two outcomes; the sets of the paper
(MIMIC, weather, education) are not at hand. Steps are weighted as in the authors' code, their order is fixed, scores are of the
first outcome.

*What is missing by outcome goes further than in the paper*, whose pipeline takes away one modality in one class: here three of
four may be missing, far oftener in one class, so that absence alone nearly tells the outcome. Turned round, both arms fall below
chance, and "better" means that one falls less far. With one modality missing, the order of the steps decides how much is lost.

Swamy, Satayeva, Frej, Bossy, Vogels, Jaggi, Käser, Hartley: MultiModN: Multimodal, Multi-Task, Interpretable Modular Networks.
NeurIPS 2023, arXiv 2309.14118.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.sources.simulators.modalities import MODALITIES, OUTCOMES, Missing, Modalities
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Task
from vesalius.tasks.texts import by_release

if TYPE_CHECKING:
    from vesalius.learners.modular import Fusion

MISSING: tuple[tuple[Missing, bool], ...] = (("never", False), ("at random", False), ("by outcome", False), ("by outcome", True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Of both arms.

    Attributes:
        train, validation, test: patients.
        width: of the state, or of an encoded modality.
        steps, batch: of training.
        learning_rate: at its highest.
    """

    train: int
    validation: int
    test: int
    width: int
    steps: int
    batch: int
    learning_rate: float


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(train=60, validation=20, test=30, width=8, steps=5, batch=16, learning_rate=3e-3),
    "default": Budget(train=1500, validation=400, test=1000, width=32, steps=600, batch=64, learning_rate=3e-3),
    "paper": Budget(train=20_000, validation=4000, test=8000, width=20, steps=20_000, batch=16, learning_rate=1e-3),
}


def _clinic(size: Size) -> list[Task]:
    """A task a way of missing."""
    budget = BUDGETS[size]
    tasks = []
    for missing, flipped in MISSING:
        source = Modalities(train=budget.train, validation=budget.validation, test=budget.test, missing=missing, flipped=flipped)
        tasks.append(
            Task(
                name=source.name,
                family="classification",
                source=source,
                inputs=tuple(MODALITIES),
                target=OUTCOMES[0],
                split=by_release,
                measures=(Measure(METRICS["auroc"], margin=0.02),),
                note="Simulated; that a modality is missing may itself tell the outcome, which a test elsewhere turns round.",
                question="No compromise" if missing in ("never", "at random") else "Missing not at random",
            )
        )
    return tasks


def _fusion(fusion: "Fusion", size: Size, seed: int) -> Learner:
    from vesalius.learners.modular import FusionRecipe, ModalityFusion
    from vesalius.learners.training import Regime

    budget = BUDGETS[size]
    recipe = FusionRecipe(
        fusion=fusion,
        sizes=MODALITIES,
        width=budget.width,
        batch=budget.batch,
        regime=Regime(steps=budget.steps, learning_rate=budget.learning_rate, warmup=budget.steps // 20, checks=8),
    )
    return ModalityFusion(recipe, outcomes=OUTCOMES, seed=seed)


def _learners(task: Task, size: Size) -> Arms:
    return {"multimodn": partial(_fusion, "sequential", size)}


def _baselines(task: Task, size: Size) -> Arms:
    return {"parallel fusion": partial(_fusion, "parallel", size)}


SYSTEM = System(
    id="multimodn",
    number=147,
    area="ehr",
    kind="method",
    claim=Claim(
        "Sequential fusion does not compromise performance compared with parallel fusion; parallel fusion learns patterns of "
        "missing data and fails when they are others at inference, which MultiModN does not.",
        metric="auroc",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": _clinic},
)
