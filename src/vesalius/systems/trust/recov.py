"""ReCoV: the worst folds of a repeated cross-validation tell which training labels are noise.

The mechanism, and what of it is the paper's and what a reading, is told in ``vesalius.learners.noise_histogram``. Each of the
three ways to pick noisy records from the histogram is an arm: the picked records are dropped, and a ridge logistic or ridge Cox
regression is fitted on the others. Every arm ends in that same model, and the cross-validations fit it too.

The paper's data were mushrooms, and head and neck cancer in two imaging sets; here they are packaged cohorts, as they are and
with noise planted in the training labels at known rates. Test labels are never touched. For labels the baselines are no cleaning
and cleanlab. cleanlab has no method for survival: there the second baseline drops as many records as ``recov-binomial`` does, but
at random, which tells whether it is the histogram that helps.

How many repetitions there are is part of the method: both binomial thresholds tighten with it, so that few repetitions find
little, and very many suspect every record that is harder than the average, noisy or not.

Chen, Ramanathan, Xu and Martel, "Cross-Validation Is All You Need: A Statistical Approach To Label Noise Estimation",
arXiv 2306.13990, 2023.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.sources.noise import LabelNoise
from vesalius.sources.packaged.cohorts import COHORTS, LABEL_METRICS, MARGIN, SURVIVAL_METRICS, cohort_task
from vesalius.sources.simulators.noisy_labels import NoisyLabels
from vesalius.sources.splits import split_by_hash
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Task
from vesalius.trials.trial import Build

if TYPE_CHECKING:
    from vesalius.learners.cleaning import ReCoV
    from vesalius.learners.estimator import Estimator

REPETITIONS: dict[Size, int] = {"smoke": 20, "default": 500, "paper": 4000}
"""The authors' analysis of their survival data counts 4,000."""

RATES = (0.0, 0.1, 0.2, 0.3)

Way = Literal["above_band", "binomial_tail", "mixture_tail"]
WAYS: dict[str, Way] = {"recov-band": "above_band", "recov-binomial": "binomial_tail", "recov-mixture": "mixture_tail"}


def _model(task: Task) -> "Estimator":
    """The final model of every arm, which is that of the cross-validations too."""
    from vesalius.learners.estimator import Estimator

    if task.family == "classification":
        from sklearn.linear_model import LogisticRegression

        return Estimator(LogisticRegression(max_iter=1000), target=task.target)
    from sksurv.linear_model import CoxPHSurvivalAnalysis

    return Estimator(CoxPHSurvivalAnalysis(alpha=1.0), target=task.target)


def _finder(task: Task, size: Size, way: Way, seed: int) -> "ReCoV":
    from vesalius.learners import noise_histogram
    from vesalius.learners.cleaning import ReCoV

    scoring = noise_histogram.ridge_scoring(task.target)
    return ReCoV(scoring=scoring, pick=getattr(noise_histogram, way), repetitions=REPETITIONS[size], seed=seed)


def _recov(task: Task, size: Size, way: Way, seed: int) -> Learner:
    from vesalius.learners.cleaning import Cleaned

    return Cleaned(_finder(task, size, way, seed), _model(task), target=task.target)


def _cleanlab(task: Task, seed: int) -> Learner:
    from vesalius.learners.cleaning import Cleaned, ConfidentLearning

    return Cleaned(ConfidentLearning(build=partial(_model, task), seed=seed), _model(task), target=task.target)


def _random_removal(task: Task, size: Size, seed: int) -> Learner:
    from vesalius.learners.cleaning import Cleaned, RandomRemoval

    find = RandomRemoval(like=_finder(task, size, "binomial_tail", seed), seed=seed)
    return Cleaned(find, _model(task), target=task.target)


def learners(task: Task, size: Size) -> Arms:
    """ReCoV with each of its three ways to pick noisy records."""
    return {name: partial(_recov, task, size, way) for name, way in WAYS.items()}


def baselines(task: Task, size: Size) -> Arms:
    """The same model without cleaning, and with another kind of it."""

    def no_cleaning(seed: int) -> Learner:
        return _model(task)

    other: Build = partial(_cleanlab, task) if task.family == "classification" else partial(_random_removal, task, size)
    return {"no-cleaning": no_cleaning, "cleanlab" if task.family == "classification" else "random-removal": other}


def _with_noise(task: Task, rate: float) -> Task:
    if not rate:
        return replace(task, question="Cleaning of labels as they are")
    return replace(
        task,
        name=f"{task.name}-noise-{rate:.0%}".removesuffix("%"),
        builder=LabelNoise(rate=rate, target=task.target),
        question="Cleaning of labels with planted noise",
        note=f"The outcomes of {rate:.0%} of the training records are wrong, those of the test records are not.",
    )


def cohort_tasks(size: Size) -> Sequence[Task]:
    """Packaged cohorts, as they are and with 10, 20 and 30 % of noise; at smoke size one of each family with 20 %."""
    if size == "smoke":
        return [_with_noise(cohort_task(name), 0.2) for name in ("breast-cancer", "veterans")]
    return [_with_noise(cohort_task(name), rate) for name in COHORTS for rate in RATES]


def planted_tasks(size: Size) -> Sequence[Task]:
    """Simulated patients without errors of their own, in whom every wrong label is a planted one."""
    rates = (0.2,) if size == "smoke" else RATES
    return [_with_noise(_simulated(outcome), rate) for outcome in ("label", "survival") for rate in rates]


def _simulated(outcome: Literal["label", "survival"]) -> Task:
    source = NoisyLabels(outcome)
    classifies = outcome == "label"
    return Task(
        name=source.name,
        family="classification" if classifies else "survival",
        source=source,
        inputs=("covariates",),
        target=outcome,
        split=partial(split_by_hash, validation=0.0, test=0.4, salt=source.name),
        measures=tuple(Measure(METRICS[name], MARGIN) for name in (LABEL_METRICS if classifies else SURVIVAL_METRICS)),
    )


SYSTEM = System(
    id="recov",
    number=165,
    area="trust",
    kind="method",
    claim=Claim(
        text="ReCoV outperforms state-of-the-art algorithms for label cleaning in a classification task benchmark, and removing "
        "ReCoV-identified noisy samples in two imaging outcome prediction sets significantly improves performance on test sets.",
        metric="c_index",
    ),
    learners=learners,
    baselines=baselines,
    tasks={"cohorts": cohort_tasks, "planted": planted_tasks},
)
