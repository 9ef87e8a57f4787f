"""ScribblePrompt: a small network that segments what scribbles, clicks and boxes point out, in any medical image.

Mechanism: the network is trained on simulated interaction. Scribbles are lines between places of the structure, its centreline or
contours within it, bent and broken by smooth random fields; clicks are anywhere, at the centre or near the border; boxes have
jitter. Marks are drawn on the structure and beside it, and, over several rounds, in the error of the last prediction, whose
logits the network is given with the image and the three maps of prompts. The loss, soft Dice plus focal, is over all rounds.
Half of the structures in training are superpixels, synthetic labels that keep the network from learning what structures
usually are.

Tested on sets that are not trained on. Compared with the same network trained in the same way, on clicks and boxes only, as SAM
and those derived from it are, and with the random walker (Grady 2006), which no one trains.

Wong, Rakic, Guttag, Dalca: ScribblePrompt: Fast and Flexible Interactive Segmentation for Any Medical Image. ECCV 2024.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.sources.prompted_structures import NOTE, PromptedStructures
from vesalius.sources.public import root
from vesalius.sources.structures import HELD_OUT, Structures
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Task
from vesalius.tasks.prompts import PROMPTS, Prompting, PromptKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given, the same for all.

    Attributes:
        steps, batch, learning_rate: of training.
        rounds: of interaction with each example.
        size: pixels of a side of the network's input.
        widths: channels of the network's levels.
        simulated: images that each simulator makes.
    """

    steps: int
    batch: int
    learning_rate: float
    rounds: int
    size: int
    widths: tuple[int, ...]
    simulated: int


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(steps=2, batch=2, learning_rate=1e-3, rounds=2, size=32, widths=(4, 8), simulated=5),
    "default": Budget(steps=300, batch=6, learning_rate=4e-3, rounds=2, size=64, widths=(8, 16, 32, 64), simulated=20),
    # The paper's frame, rounds, learning rate and four levels of 192 channels; it trains on 65 sets until nothing improves.
    "paper": Budget(steps=200_000, batch=8, learning_rate=1e-4, rounds=5, size=128, widths=(192,) * 4, simulated=500),
}

MEASURES = (Measure(METRICS["dice"], margin=0.01), Measure(METRICS["hd95"], margin=2.0))
"""The paper's two; distances are in pixels."""

SYNTHETIC = 0.5
"""Share of synthetic labels that the paper finds best."""

PUBLIC = ("medscribble", "nuclei", "ct", "mr")
SIMULATED = ("chest-xray", "fundus", "ultrasound", "brain-mr", "ct-phantom")
HELD_SIMULATED = ("ultrasound", "brain-mr")

CLICKS = Prompting(kinds=("clicks",), positive=3, negative=3)


def _task(source: PromptedStructures, note: str) -> list[Task]:
    prompts = PROMPTS[-1:] if source.prompting is None else source.prompting.kinds
    return [
        Task(
            name=source.name,
            family="segmentation",
            source=source,
            inputs=("image", *prompts),
            target="mask",
            split=source.split,
            measures=MEASURES,
            unit="set",
            note=note,
        )
    ]


def _public(name: str, prompting: Prompting | None, size: Size) -> list[Task]:
    for release in ("medscribble", "dsb2018", "totalsegmentator"):
        root.path(release)
    budget = BUDGETS[size]
    structures = Structures(PUBLIC + SIMULATED, budget.simulated, budget.size, name, "public")
    return _task(PromptedStructures(structures, HELD_OUT, prompting), NOTE)


def _simulated(size: Size) -> list[Task]:
    budget = BUDGETS[size]
    structures = Structures(SIMULATED, budget.simulated, budget.size, "simulated-structures", "simulator")
    prompting = Prompting(kinds=("scribbles",))
    return _task(PromptedStructures(structures, HELD_SIMULATED, prompting), "Straight strokes on simulated images of two kinds.")


def _learner(kinds: tuple[PromptKind, ...], size: Size, seed: int) -> Learner:
    """The same network, examples and rounds; only what the simulated person draws differs."""
    from vesalius.learners.interactive import CHANNELS, Interactive, Practice
    from vesalius.learners.simulated_user import SimulatedUser
    from vesalius.learners.training import Regime
    from vesalius.nets.unet import UNet

    budget = BUDGETS[size]
    return Interactive(
        lambda: UNet(CHANNELS, 2, budget.widths),
        regime=Regime(steps=budget.steps, learning_rate=budget.learning_rate),
        seed=seed,
        practice=Practice(user=SimulatedUser(kinds), rounds=budget.rounds, synthetic=SYNTHETIC),
        size=budget.size,
        batch=budget.batch,
    )


def _random_walker(size: Size, seed: int) -> Learner:
    from vesalius.learners.random_walker import RandomWalker

    return RandomWalker(size=BUDGETS[size].size)


def _learners(task: Task, size: Size) -> Arms:
    return {"scribbleprompt": partial(_learner, PROMPTS, size)}


def _baselines(task: Task, size: Size) -> Arms:
    return {"clicks-and-boxes": partial(_learner, ("box", "clicks"), size), "random-walker": partial(_random_walker, size)}


SYSTEM = System(
    id="scribbleprompt",
    number=137,
    area="segmentation",
    kind="method",
    claim=Claim(
        "ScribblePrompt outperforms existing interactive methods in all evaluations; in a user study it reduced annotation "
        "time by 28 % while it improved Dice by 15 % compared to existing methods.",
        metric="dice",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={
        "medscribble": partial(_public, "medscribble-held-out", None),
        "medscribble-clicks": partial(_public, "medscribble-held-out-clicks", CLICKS),
        "simulated-structures": _simulated,
    },
)
