"""MedCalc-Bench: can a language model calculate what clinicians calculate, from a note?

Mechanism: a note, a question for one of 55 calculators, an answer with limits (5 % for equations, exact for scores, to the day
for dates) and the steps to it. Models answer alone (direct), after written steps, and after the steps of another patient for the
same calculator (one example). Each miss is told apart by its first error: a value that is not the note's, another formula,
arithmetic; the model shows values and formula as JSON for that, so that of direct answers nothing is told.

The release is read where it is at hand; without it, notes are invented with known values, in several units, with older values
beside them, for all calculators of the package. The arm ``annotated values`` runs the calculators on the annotated values: on the
release it shows how far calculators and benchmark agree; on invented notes it is right by construction, and so an oracle. Arms
named ``mock`` ask no language model: the mock knows the truth and goes wrong at planted rates, to prove that the harness finds
each fault. Only with --model is a real model asked. Hosted models of the paper, its fine-tuning and its code interpreter are not
here.

Khandekar et al.: MedCalc-Bench: Evaluating Large Language Models for Medical Calculations. NeurIPS 2024, arXiv 2406.12036.
"""

from functools import partial

from vesalius.learners.calculations.annotated import AnnotatedValues
from vesalius.learners.calculations.prompted import Asking, PromptedCalculation
from vesalius.learners.learner import Learner
from vesalius.names import Size
from vesalius.systems.language.calculation_tasks import backend, named_arm, released, simulated
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task


def _prompted(task: Task, asking: Asking, seed: int) -> Learner:
    return PromptedCalculation(backend(task), asking=asking, seed=seed)


def _annotated(seed: int) -> Learner:
    return AnnotatedValues()


def _learners(task: Task, size: Size) -> Arms:
    """The two ways of the paper that show their work, and the calculators themselves."""
    return {
        named_arm(task, "steps"): partial(_prompted, task, "steps"),
        named_arm(task, "one example"): partial(_prompted, task, "one example"),
        "annotated values": _annotated,
    }


def _baselines(task: Task, size: Size) -> Arms:
    return {named_arm(task, "direct"): partial(_prompted, task, "direct")}


SYSTEM = System(
    id="medcalc-bench",
    number=71,
    area="language",
    kind="benchmark",
    claim=Claim(
        "None of the evaluated models is effective enough for clinical settings; common issues are extracting incorrect "
        "entities, not using the correct equation or rules, and arithmetic.",
        metric="calculation_correct",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"simulated": simulated, "medcalc-bench": released},
    takes_model="asked",
    stand_in="mock",
)
