"""Is Grad-CAM explainable in medical images? The question of a review, put to tests.

The review sets out what explainable deep learning is, its techniques and their limits, and the medical uses of Grad-CAM, which it
calls a baseline that highlights the most critical regions of an image. Its families of techniques beside the catalogue are a page
of `docs/surveys`; here that sentence is tested. One residual network is trained as a classifier, the same for every arm of a
seed, and its maps by Grad-CAM and Grad-CAM++ are compared with other methods (input gradients, occlusion) and with maps that
explain nothing: noise as smooth as theirs, the image's edges, Grad-CAM of the network with every layer drawn anew.

- *Pointing*: is the map of a finding's class where the finding is? On simulated radiographs, whose findings are known to the
  pixel; the network has learned from classes alone. The findings are larger and brighter than the simulator's own, for a network
  that does not find them has nothing to be explained.
- *Faithfulness*: does the predicted class go with the places that the map names first, and come with them?
- *Randomisation*: does the map change when the network's layers are drawn anew, from the last to the first?

Suara, Jha, Sinha, Sekh: Is Grad-CAM Explainable in Medical Images? CVIP 2023, arXiv 2307.10506.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Image, Label, Mask, Record
from vesalius.sources.public import covid_xray, root
from vesalius.sources.simulators.chest_xray import ChestXray
from vesalius.sources.splits import split_by_hash
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Source, Split, Task

if TYPE_CHECKING:
    from vesalius.learners.explainer import Answer
    from vesalius.nets.attribution import Attribution

Test = Literal["pointing", "faithfulness", "randomisation"]

LEARNERS = ("grad-cam", "grad-cam++")
BASELINES: Mapping[Test, tuple[str, ...]] = {
    "pointing": ("input-gradient", "occlusion", "edges", "noise", "grad-cam-untrained"),
    "faithfulness": ("input-gradient", "occlusion", "edges", "noise"),
    "randomisation": ("input-gradient", "edges"),
}
MEASURES: Mapping[Test, tuple[Measure, ...]] = {
    "pointing": (Measure(METRICS["pointing_game"], margin=0.05), Measure(METRICS["energy_inside"], margin=0.02)),
    "faithfulness": (Measure(METRICS["deletion_auc"], margin=0.02), Measure(METRICS["insertion_auc"], margin=0.02)),
    "randomisation": (Measure(METRICS["randomisation_similarity"], margin=0.05),),
}
QUESTIONS: Mapping[Test, str] = {
    "pointing": "Is the map where the finding is?",
    "faithfulness": "Does the class go and come with the places that the map names?",
    "randomisation": "Is the map of what the network has learned?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given, the same for all.

    Attributes:
        side: pixels along each side of an image.
        records: simulated.
        tested: most records that are explained.
        steps: optimiser updates.
        batch: images a step.
        learning_rate: at its highest, after a tenth of the steps.
        widths: channels of the residual network's stages.
    """

    side: int
    records: int
    tested: int
    steps: int
    batch: int
    learning_rate: float
    widths: tuple[int, ...]


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(side=32, records=24, tested=4, steps=2, batch=4, learning_rate=3e-3, widths=(4, 8)),
    "default": Budget(side=64, records=300, tested=60, steps=120, batch=16, learning_rate=3e-3, widths=(8, 16, 32)),
    "paper": Budget(side=224, records=4000, tested=1000, steps=20_000, batch=32, learning_rate=1e-3, widths=(64, 128, 256, 512)),
}


def _task(source: Source, test: Test, size: Size, split: Callable[[Sequence[Record]], Split], note: str) -> Task:
    points, limit = test == "pointing", BUDGETS[size].tested

    def explained(records: Sequence[Record]) -> Split:
        parts = split(records)
        shown = [record for record in parts.test if not points or record.get("mask", Mask).labels.any()]
        count = min(limit, len(shown))
        return Split(parts.train, parts.validation, [shown[place * len(shown) // count] for place in range(count)])

    return Task(
        name=f"{source.name}-{test}",
        family="attribution",
        source=source,
        inputs=("image", "label") if points else ("image",),
        target="mask" if points else "label",
        split=explained,
        measures=MEASURES[test],
        question=QUESTIONS[test],
        note=note,
        tags={"test": test},
    )


def _covid_xray(size: Size) -> list[Task]:
    root.path("covid-xray")
    source = covid_xray.CovidXray(side=BUDGETS[size].side)
    tests: tuple[Test, ...] = ("faithfulness", "randomisation")
    return [_task(source, test, size, covid_xray.split, covid_xray.NOTE) for test in tests]


def _simulated(size: Size) -> list[Task]:
    budget = BUDGETS[size]
    # settings were chosen on the simulator's first seed
    source = ChestXray(count=budget.records, size=budget.side, lesion_size=0.15, lesion_contrast=0.3, seed=1)
    split = partial(split_by_hash, validation=0.15, test=0.3, salt="gradcam")
    return [_task(source, test, size, split, "") for test in BASELINES]


def _attribution(name: str) -> "Attribution":
    from vesalius.nets import attribution

    methods: dict[str, Attribution] = {
        "grad-cam": attribution.grad_cam,
        "grad-cam++": attribution.grad_cam_plus_plus,
        "input-gradient": attribution.input_gradient,
        "occlusion": attribution.occlusion,
        "edges": attribution.edges,
        "noise": attribution.noise,
        "grad-cam-untrained": attribution.of_untrained(attribution.grad_cam),
    }
    return methods[name]


def _answer(test: Test) -> "Answer":
    from vesalius.nets import faithfulness

    answers: dict[Test, Answer] = {
        "pointing": faithfulness.heat_map,
        "faithfulness": faithfulness.perturbation_curves,
        "randomisation": faithfulness.randomisation_curve,
    }
    return answers[test]


def _learner(name: str, task: Task, size: Size, seed: int) -> Learner:
    from vesalius.learners.classifier import Classifier
    from vesalius.learners.explainer import Explainer
    from vesalius.learners.training import Regime
    from vesalius.nets.resnet import ResNet

    record, budget = task.source.records()[0], BUDGETS[size]
    channels, label = record.get("image", Image).channels, record.get("label", Label)
    classifier = Classifier(
        lambda: ResNet(channels, len(label.classes), widths=budget.widths),
        regime=Regime(steps=budget.steps, learning_rate=budget.learning_rate, warmup=budget.steps // 10),
        seed=seed,
        batch=budget.batch,
    )
    return Explainer(classifier, _attribution(name), answer=_answer(_test(task)), seed=seed)


def _test(task: Task) -> Test:
    return next(test for test in BASELINES if test == task.tags["test"])


def _learners(task: Task, size: Size) -> Arms:
    return {name: partial(_learner, name, task, size) for name in LEARNERS}


def _baselines(task: Task, size: Size) -> Arms:
    return {name: partial(_learner, name, task, size) for name in BASELINES[_test(task)]}


SYSTEM = System(
    id="gradcam-review",
    number=201,
    area="vision",
    kind="survey",
    claim=Claim("Grad-CAM is a baseline that highlights the most critical regions of an image in the network's decision."),
    learners=_learners,
    baselines=_baselines,
    tasks={"covid-xray": _covid_xray, "simulated-chest-xray": _simulated},
)
