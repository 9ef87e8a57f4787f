"""MeNTi: a language model that leaves medical calculations to tools, and calls tools within calls.

Mechanism (`learners/calculations/nested`): by a meta-tool the model names the calculator that it needs, a search over all of them
gives candidates, and it chooses; it fills the calculator's slots from the note as JSON; a slot may be a call itself, to the
converter of units or to another calculator; the calculator's result is the answer. What comes to nothing is counted by stage:
choosing, filling, conversion, calculation. Compared with the model's own arithmetic (the answer alone, and after written steps),
and with the same tools without each mechanism: without nested calls the model converts units itself; without the meta-tool the
first calculator that the question's words find is taken.

CalcQA's hundred cases and its 281 tools are not here: the toolkit is the package's calculators and its converter of 68 units, and
the cases are MedCalc-Bench's where that is at hand, or invented notes. Their questions name the calculator, so that choosing is
easier than in CalcQA. Without --model the arms ask a mock, which is no language model: it knows the truth and goes wrong at
planted rates, of which tools repair formulas, units and arithmetic, and leave misreading and a wrong choice. The effects on it
are known beforehand and say nothing of real models.

Zhu et al.: MeNTi: Bridging Medical Calculator and LLM Agent with Nested Tool Calling. NAACL 2025, arXiv 2410.13610.
"""

from functools import partial

from vesalius.learners.calculations.nested import NestedTools
from vesalius.learners.calculations.prompted import Asking, PromptedCalculation
from vesalius.learners.learner import Learner
from vesalius.names import Size
from vesalius.systems.language.calculation_tasks import backend, named_arm, released, simulated
from vesalius.systems.language.steering_tasks import without_examples
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task


def _tools(task: Task, meta: bool, nested: bool, seed: int) -> Learner:
    return NestedTools(backend(task), meta=meta, nested=nested, seed=seed)


def _prompted(task: Task, asking: Asking, seed: int) -> Learner:
    return PromptedCalculation(backend(task), asking=asking, seed=seed)


def _learners(task: Task, size: Size) -> Arms:
    return {named_arm(task, "menti"): partial(_tools, task, True, True)}


def _baselines(task: Task, size: Size) -> Arms:
    """The model by itself, and the agent without one of its mechanisms."""
    return {
        named_arm(task, "direct"): partial(_prompted, task, "direct"),
        named_arm(task, "steps"): partial(_prompted, task, "steps"),
        named_arm(task, "no nested calls"): partial(_tools, task, True, False),
        named_arm(task, "no meta-tool"): partial(_tools, task, False, True),
    }


SYSTEM = System(
    id="menti",
    number=109,
    area="agents",
    kind="agent-system",
    claim=Claim(
        "Meta-tool and nested calling (calculator selection, slot filling, unit conversion) bring significant performance "
        "improvements on medical calculator scenarios.",
        metric="calculation_correct",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"simulated": without_examples(simulated), "medcalc-bench": without_examples(released)},
    seeds=1,
    takes_model="asked",
    stand_in="mock",
)
