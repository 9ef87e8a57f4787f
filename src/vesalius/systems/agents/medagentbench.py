"""MedAgentBench: agents that work in a record system, judged by the state that they leave behind.

Mechanism: a record system in FHIR with a hundred patients can be read and written through tools; ten families of tasks, thirty of
each, ask for a value, for an entry or for an order that hangs on a value, in at most eight steps; success is the share of tasks
whose answer and change of state are what was asked for, with nothing else touched. Some tasks need no order, and there one is
wrong.

Patients and tasks are made anew here, by seed (``worlds/medagentbench``); the paper's charts are real ones that can't be
given away, and its tasks were written by physicians. The families, codes, dosing rules and number of steps are the paper's. It
judges the calls that were made, here the state counts; a form that the paper leaves to a description of the API stands in the
instruction.

What a prediction is: the judgement of the state and of the answer, with counts of what was done. The learner makes the task anew
from the record's id, so that the environment alone has the goal; an agent is told the instruction and nothing else. All actions
are kept beside the value, and ``judged_again`` comes from them to the same judgement. Metrics know nothing of the clinic, so that
the judging is the environment's and they read what it says. Beside success stand two measures of conduct: how often a task was
solved without anything being read, as from a prefetch, and how often something was written where nothing had to be.

Agents: an oracle, which does what the task's author had in mind; fixed rules, which fail where dates count, and the same rules
spoken as tool calls in place of a model, which shows that the protocol takes nothing away; one that answers from a prefetch, and
one that does nothing. A language model joins as an arm when it is named by ``--model``: the shipped one reads the clinic in
miniature's language alone, calls no tools, and would only show that.

Jiang, Black, Geng, Park, Zou, Ng, Chen: MedAgentBench: A Realistic Virtual EHR Environment to Benchmark Medical LLM Agents. 2025,
arXiv 2501.14654.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from vesalius.language.models import TAG, opened
from vesalius.learners.agents.bench_agent import BenchAgent
from vesalius.learners.agents.episodes import Chooser, WithoutModel
from vesalius.learners.agents.tool_calling import ToolCalling, spoken
from vesalius.learners.learner import Learner
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Record
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Split, Task
from vesalius.tasks.texts import CHOICE_MARGIN
from vesalius.worlds.environment import idle, oracle
from vesalius.worlds.medagentbench import FAMILIES, INSTRUCTION, NEEDS, Bench
from vesalius.worlds.medagentbench.agents import prefetched
from vesalius.worlds.medagentbench.bench import STEPS
from vesalius.worlds.medagentbench.rules import by_rules, rules

BENCHES: Mapping[Size, Bench] = {
    "smoke": Bench(patients=12, visits=1, tasks=3, families=("record number", "blood pressure", "magnesium order")),
    "default": Bench(),
    "paper": Bench(visits=100),
}
"""The paper has thirty tasks a family and almost 8,000 data elements a patient; here it is some 850 resources at paper size."""

NOTE = (
    "Simulated patients. Judged on the state and the answer at the end. solved_without_reading counts tasks that were solved "
    "with nothing read, as from a prefetch or by doing nothing where nothing was to be done; needless_write those where "
    "something was written although nothing was to be. Calls are those of a model; the calls of tools stand in the answers."
)


def _all_test(records: Sequence[Record]) -> Split:
    """Nothing is learned, so everything is tested."""
    return Split(train=(), validation=(), test=records)


def _task(bench: Bench, question: str, *, silent: bool) -> Task:
    """``silent`` says whether some of its tasks need no write."""
    metrics = ("task_success", "solved_without_reading", *(("needless_write",) if silent else ()))
    return Task(
        name=bench.name,
        family="writing",
        source=bench,
        inputs=(INSTRUCTION,),
        target=NEEDS,
        split=_all_test,
        measures=tuple(Measure(METRICS[name], CHOICE_MARGIN) for name in metrics),
        note=NOTE,
        question=question,
    )


def _families(size: Size) -> list[Task]:
    """A task a family, so that a finding has success by family; at smoke size those that the bench of that size has."""
    bench = BENCHES[size]
    return [
        _task(replace(bench, families=(name,)), "Success by family", silent=FAMILIES[name].writes != "always")
        for name in bench.families
    ]


def _whole(size: Size) -> list[Task]:
    """All families as one, for the paper's success rate."""
    return [_task(BENCHES[size], "Success over all families", silent=True)]


def _agent(make: Callable[[], Chooser], task: Task, seed: int) -> Learner:
    assert isinstance(task.source, Bench)
    return BenchAgent(task.source, make)


def _oracle() -> Chooser:
    return WithoutModel(oracle, "oracle")


def _rules() -> Chooser:
    return WithoutModel(rules, "rules")


def _prefetched() -> Chooser:
    return WithoutModel(prefetched, "prefetched")


def _idle() -> Chooser:
    return WithoutModel(idle, "idle")


def _spoken() -> Chooser:
    return ToolCalling(lambda: spoken(by_rules, "rules"), steps=STEPS)


def _model(name: str) -> Chooser:
    return ToolCalling(partial(opened, name), steps=STEPS)


def _learners(task: Task, size: Size) -> Arms:
    """A language model only where the user names one."""
    agents: dict[str, Callable[[], Chooser]] = {"oracle": _oracle, "rules as tool calls": _spoken}
    if TAG in task.tags:
        agents["model, tool calls"] = partial(_model, task.tags[TAG])
    return {name: partial(_agent, make, task) for name, make in agents.items()}


def _baselines(task: Task, size: Size) -> Arms:
    agents = {"rules": _rules, "prefetched answers": _prefetched, "idle": _idle}
    return {name: partial(_agent, make, task) for name, make in agents.items()}


SYSTEM = System(
    id="medagentbench",
    number=214,
    area="agents",
    kind="benchmark",
    claim=Claim(
        "The best model (Claude 3.5 Sonnet v2) succeeds in 69.67 % of the tasks, with significant variation over the task "
        "categories.",
        metric="task_success",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"families": _families, "whole": _whole},
    seeds=1,
    takes_model="asked",
    stand_in="rules as tool calls",
)
