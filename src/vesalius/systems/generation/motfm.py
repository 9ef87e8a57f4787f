"""MOTFM: optimal-transport flow matching for the synthesis of medical images.

Mechanism: noise moves to an image on the conditional optimal-transport path, a straight line at constant speed; a U-Net learns
the velocity, and an ODE solver with few steps then makes an image. Conditions are none, a class, or a mask that the U-Net sees
beside the noisy image. The paper's code pairs noise and images at random; a second arm assigns the noise of a batch to its images
at least cost, within each class (with masks, of which each occurs once, nothing could be assigned).

Compared with noise prediction of a diffusion, sampled ancestrally (DDPM) and deterministically (DDIM), at equal numbers of
evaluations of equal networks of equal training. Images are compared with held-out real ones in a fixed space of intensity and
wavelet statistics (``vesalius.metrics.radiomic``), for a network of photographs says little of 32 pixels of a radiograph; and a
segmenter or classifier that learned from real images says whether a generated one shows what was asked for.

Yazdani, Medghalchi, Ashrafian, Hacihaliloglu, Shahriari: Flow Matching for Medical Image Synthesis: Bridging the Gap Between
Speed and Quality. MICCAI 2025, arXiv 2503.00266.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Image, Label, Mask, Record
from vesalius.sources.conditioned import ASKED, Conditioned
from vesalius.sources.packaged import mni152
from vesalius.sources.public import covid_xray, root
from vesalius.sources.simulators.chest_xray import ChestXray
from vesalius.sources.splits import split_by_hash, thinned_test
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Source, Split, Task

if TYPE_CHECKING:
    from vesalius.learners.denoiser.generator import Denoiser
    from vesalius.learners.denoiser.objectives import Objective
    from vesalius.learners.denoiser.samplers import Sampler


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What each arm is given, the same for all.

    Attributes:
        side: pixels of an image's longer side.
        evaluations: of the network for an image; one task for each.
        judged: evaluations for the images that a judge is shown.
        widths, fold: of the U-Net.
        steps, batch, learning_rate: of its training.
        judge_steps: of the judge's.
        tested: most test records, for images are made for each.
    """

    side: int
    evaluations: tuple[int, ...]
    judged: int
    widths: tuple[int, ...]
    fold: int
    steps: int
    batch: int
    learning_rate: float
    judge_steps: int
    tested: int


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        side=16, evaluations=(1, 2), judged=2, widths=(8, 8), fold=2, steps=4, batch=4, learning_rate=1e-3,
        judge_steps=2, tested=6,
    ),
    "default": Budget(
        side=32, evaluations=(1, 5, 10, 50), judged=10, widths=(32, 64, 64), fold=2, steps=250, batch=16, learning_rate=1e-3,
        judge_steps=120, tested=96,
    ),
    # Widths and learning rate of the paper's code, whose network also has attention and which trains for 200 epochs, one image a
    # step, on images of 256 pixels.
    "paper": Budget(
        side=224, evaluations=(1, 5, 10, 50), judged=10, widths=(32, 64, 128, 256, 512), fold=1, steps=100_000, batch=8,
        learning_rate=1e-4, judge_steps=5000, tested=10_000,
    ),
}  # fmt: skip

MEASURES = (
    Measure(METRICS["radiomic_mmd"], margin=0.02),
    Measure(METRICS["radiomic_fid"], margin=1.0),
    Measure(METRICS["radiomic_kid"], margin=0.2),
)
PAIRED = (*MEASURES, Measure(METRICS["ssim"], margin=0.02))
"""Where a mask says what the real image looks like."""

SHARED = (
    "Arms that differ in how they sample only, and tasks that differ in the number of evaluations only, share one training of a "
    "seed: the time of fitting stands at the first."
)
DEFAULT_EVALUATIONS = 10


def _generation(source: Source, split: Callable[[Sequence[Record]], Split], size: Size, *, unit: str, note: str) -> list[Task]:
    """One task a number of evaluations."""
    asked = ASKED in source.records()[0].fields
    by_mask = asked and isinstance(source.records()[0].fields[ASKED], Mask)
    return [
        Task(
            name=f"{source.name}-{evaluations}",
            family="generation",
            source=source,
            inputs=(ASKED,) if asked else (),
            target="image",
            split=lambda records: thinned_test(split(records), BUDGETS[size].tested),
            measures=PAIRED if by_mask else MEASURES,
            unit=unit,
            note=f"{note} {SHARED}",
            question=f"Images by {'mask' if by_mask else 'class' if asked else 'nothing'} at equal numbers of evaluations",
            tags={"evaluations": str(evaluations)},
        )
        for evaluations in BUDGETS[size].evaluations
    ]


def _judged(source: Conditioned, split: Callable[[Sequence[Record]], Split], size: Size, *, unit: str, note: str) -> Task:
    """Whether a judge finds in an image what was asked for."""
    by_mask = isinstance(source.records()[0].fields[ASKED], Mask)
    return Task(
        name=f"{source.name}-judged",
        family="segmentation" if by_mask else "classification",
        source=source,
        inputs=(ASKED,),
        target=source.by,
        split=lambda records: thinned_test(split(records), BUDGETS[size].tested),
        measures=(
            (Measure(METRICS["dice"], margin=0.01),)
            if by_mask
            else (Measure(METRICS["macro_auroc"], margin=0.01), Measure(METRICS["multiclass_brier"], margin=0.01))
        ),
        unit=unit,
        note=f"{note} The answer is what a judge finds in the image, which learned from the real images of training. {SHARED}",
        question="Does an image show what was asked for?",
        tags={"evaluations": str(BUDGETS[size].judged)},
    )


def _covid_xray(size: Size) -> list[Task]:
    source = Conditioned(_radiographs(size), BUDGETS[size].side, by="label")
    given = {"unit": "subject_id", "note": covid_xray.NOTE}
    return [*_generation(source, covid_xray.split, size, **given), _judged(source, covid_xray.split, size, **given)]


def _covid_xray_free(size: Size) -> list[Task]:
    source = Conditioned(_radiographs(size), BUDGETS[size].side)
    return _generation(source, covid_xray.split, size, unit="subject_id", note=covid_xray.NOTE)


def _radiographs(size: Size) -> covid_xray.CovidXray:
    root.path("covid-xray")
    return covid_xray.CovidXray(side=BUDGETS[size].side)


def _mni152(size: Size) -> list[Task]:
    source = Conditioned(mni152.Mni152(), BUDGETS[size].side, by="mask")
    given = {"unit": "slab", "note": mni152.NOTE}
    return [*_generation(source, mni152.split, size, **given), _judged(source, mni152.split, size, **given)]


def _simulated(size: Size) -> list[Task]:
    budget = BUDGETS[size]
    source = Conditioned(ChestXray(count=30 if size == "smoke" else 600, size=max(budget.side, 32)), budget.side, by="anatomy")
    split = partial(split_by_hash, validation=0.1, test=0.25, salt="motfm")
    given = {"unit": "subject_id", "note": "Masks are of both lungs and the heart."}
    return [*_generation(source, split, size, **given), _judged(source, split, size, **given)]


def _learner(objective: "Objective", sampler: "Sampler", task: Task, size: Size, seed: int) -> Learner:
    """A denoiser; where the task is of what an image shows, with the judge that says it."""
    from vesalius.learners.denoiser.judged import Judged

    generator = _denoiser(objective, sampler, task, size, seed)
    return generator if task.family == "generation" else Judged(generator, _judge(task, size))


def _denoiser(objective: "Objective", sampler: "Sampler", task: Task, size: Size, seed: int) -> "Denoiser":
    from vesalius.learners.denoiser.generator import Denoiser, Plan
    from vesalius.learners.training import Regime

    budget = BUDGETS[size]
    regime = Regime(
        steps=budget.steps,
        learning_rate=budget.learning_rate,
        warmup=budget.steps // 20,
        weight_decay=0.0,
        clip=1.0,
        average=0.99 if size != "paper" else 0.9999,
    )
    plan = Plan(objective=objective, regime=regime, widths=budget.widths, fold=budget.fold, batch=budget.batch)
    evaluations = int(task.tags.get("evaluations", DEFAULT_EVALUATIONS))
    return Denoiser(plan, sampler, evaluations=evaluations, seed=seed, condition=task.inputs[0] if task.inputs else "")


def _judge(task: Task, size: Size) -> Learner:
    """The same for all arms and seeds."""
    from vesalius.learners.classifier import Classifier
    from vesalius.learners.segmenter import Segmenter
    from vesalius.learners.training import Regime
    from vesalius.nets.resnet import ResNet
    from vesalius.nets.unet import UNet

    budget, record = BUDGETS[size], task.source.records()[0]
    channels, target = record.get("image", Image).channels, record.fields[task.target]
    if isinstance(target, Label):
        regime = Regime(steps=budget.judge_steps, learning_rate=2e-3)
        classes = len(target.classes)
        return Classifier(lambda: ResNet(channels, classes, widths=(16, 32)), regime=regime, seed=0, batch=16)
    names = record.get(task.target, Mask).names
    return Segmenter(
        lambda: UNet(channels, len(names) + 1, (8, 16, 32)),
        steps=budget.judge_steps,
        seed=0,
        target=task.target,
        patch=(budget.side // 2, budget.side // 2),
        batch=8,
        learning_rate=3e-3,
    )


def _learners(task: Task, size: Size) -> Arms:
    from vesalius.learners.denoiser.objectives import Flow
    from vesalius.learners.denoiser.samplers import Transport

    arms = {"flow-matching": partial(_learner, Flow(), Transport(), task, size)}
    if not (task.inputs and isinstance(task.source.records()[0].fields[task.inputs[0]], Mask)):
        arms["flow-matching-coupled"] = partial(_learner, Flow(coupled=True), Transport(), task, size)
    return arms


def _baselines(task: Task, size: Size) -> Arms:
    from vesalius.learners.denoiser.objectives import Diffusion
    from vesalius.learners.denoiser.samplers import Denoising

    return {
        "ddpm": partial(_learner, Diffusion(), Denoising(eta=1.0), task, size),
        "ddim": partial(_learner, Diffusion(), Denoising(eta=0.0), task, size),
    }


SYSTEM = System(
    id="motfm",
    number=236,
    area="generation",
    kind="method",
    claim=Claim(
        "Optimal-transport flow matching significantly reduces inference time while preserving and further enhancing the quality "
        "of the images, by class or mask, compared with diffusion models.",
        metric="radiomic_mmd",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"covid-xray": _covid_xray, "mni152": _mni152, "chest-xray": _simulated, "covid-xray-free": _covid_xray_free},
)
