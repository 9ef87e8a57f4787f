"""QM-ToT: a tree of thoughts with evaluator layers over a four-bit model, and a student that learns from it.

Mechanism: the model's linear layers are rounded to INT4. Its reasoning is decomposed into steps; behind every path of the tree
several next steps are sampled, an evaluator layer judges the reasoning of each and another its medical correctness, the paths
of the highest score stay, and those that end vote for their option with their score. Baselines are the same INT4 model asked
for its answer alone, and with one chain of thought; beside the tree stand self-consistency with as many chains as a layer of
the tree samples steps, which spends far less than the tree (the finding has the tokens of both), and the tree with scores by
chance, which say whether the evaluators matter, and the model before rounding.

Distillation: for each training question the best path that ends at the right option becomes an example, and a student is tuned
on these; the baselines are the student as it was and the same number of steps on single chains of the same teacher. What the
teacher spent is shared out among the records that the student then answers.

The evaluators are the model's own likelihoods (of the step, and of the surest option behind it), or it is asked for both
verdicts; models of the clinic in miniature can only be judged by the first. The paper's reflections on wrong paths, which
lengthen its distilled texts, are not made.

Yang et al.: QM-ToT: A Medical Tree of Thoughts Reasoning Framework for Quantized Model. 2025, arXiv 2504.12334.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from vesalius.language.backend import Backend
from vesalius.language.models import folder_of, model_of, opened
from vesalius.language.steering import Ask, Strategy
from vesalius.language.tree_of_thoughts import AskedEvaluator, ChanceEvaluator, Evaluator, LikelihoodEvaluator, TreeOfThoughts
from vesalius.learners.from_tree import Distilled, FromChains, FromTree, Lessons
from vesalius.learners.language_model.adapted import Tune
from vesalius.learners.learner import Learner
from vesalius.learners.prompted import Prompted
from vesalius.learners.quantised import opened_int4
from vesalius.learners.steered import Steered
from vesalius.names import Size
from vesalius.sources.simulators.mini_clinic import Exam
from vesalius.systems.language.steering_tasks import TEMPERATURE, chains, medqa
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task
from vesalius.tasks.texts import choices_task

GROUP: Mapping[Size, int] = {"smoke": 32, "default": 128, "paper": 128}
"""Weights that share a scale."""

TREES: Mapping[Size, TreeOfThoughts] = {
    "smoke": TreeOfThoughts(width=2, beam=1, depth=3),
    "default": TreeOfThoughts(width=3, beam=2, depth=6),
    "paper": TreeOfThoughts(width=5, beam=5, depth=8),
}
LINE_TOKENS: Mapping[Size, int] = {"smoke": 96, "default": 96, "paper": 256}
"""Of a step of a model that writes its steps on lines; those of the clinic write sentences on one."""

LESSONS: Mapping[Size, Lessons] = {
    "smoke": Lessons(steps=2, learning_rate=1e-4, batch=2),
    "default": Lessons(steps=40, learning_rate=3e-4),
    "paper": Lessons(steps=500, learning_rate=1e-5),
}
TEST: Mapping[Size, int] = {"smoke": 3, "default": 50, "paper": 1000}
TRAIN: Mapping[Size, int] = {"smoke": 4, "default": 40, "paper": 1000}

PLAIN, CHAIN = "INT4, answer alone", "INT4, chain of thought"


def clinic(size: Size) -> list[Task]:
    """Comparison of four diseases, asked as models were taught and in another form; and teaching a student the other form."""
    known = Exam(level="several steps", test=TEST[size])
    other = Exam(level="several steps", part="new form", train=TRAIN[size], test=TEST[size])
    searched = [_task(exam, "search") for exam in ((known,) if size == "smoke" else (known, other))]
    return [*searched, _task(other, "distillation")]


def _task(exam: Exam, form: str) -> Task:
    task = choices_task(exam)
    return replace(task, name=f"{task.name}, {form}", question=form, tags={"data": "clinic", "form": form})


def questions(size: Size) -> list[Task]:
    """MedQA, for a model that reads English."""
    return [replace(task, tags={**task.tags, "form": "search"}) for task in medqa(size)]


def _tree(task: Task, size: Size, evaluator: Evaluator) -> TreeOfThoughts:
    tree = replace(TREES[size], evaluator=evaluator)
    return tree if task.tags["data"] == "clinic" else replace(tree, end="\n", step_tokens=LINE_TOKENS[size])


def _steered(backend: Callable[[], Backend], strategy: Strategy, seed: int) -> Learner:
    return Steered(backend, strategy, seed=seed)


def _student(task: Task, tune: Tune, size: Size, seed: int) -> Learner:
    ask = partial(Prompted, protocol="chain of thought", sampling=chains(task, size=size))
    return Distilled(partial(folder_of, model_of(task)), tune, ask=ask, seed=seed)


def _learners(task: Task, size: Size) -> Arms:
    rounded = partial(opened_int4, model_of(task), GROUP[size])
    likelihood = _tree(task, size, LikelihoodEvaluator())
    if task.tags["form"] == "distillation":
        return {
            "tuned on paths of the tree": partial(
                _student, task, FromTree(teacher=rounded, tree=likelihood, lessons=LESSONS[size]), size
            )
        }
    strategies: Mapping[str, Strategy] = {
        "INT4, tree of thoughts": likelihood,
        "INT4, tree, asked for verdicts": _tree(task, size, AskedEvaluator()),
        "INT4, tree, scores by chance": _tree(task, size, ChanceEvaluator()),
        "INT4, self-consistency": Ask(
            protocol="chain of thought", votes=likelihood.width * likelihood.beam, sampling=chains(task, TEMPERATURE, size=size)
        ),
    }
    chosen = dict(list(strategies.items())[:1]) if size == "smoke" else strategies
    return {name: partial(_steered, rounded, strategy) for name, strategy in chosen.items()}


def _baselines(task: Task, size: Size) -> Arms:
    steps = Ask(protocol="chain of thought", sampling=chains(task, size=size))
    rounded = partial(opened_int4, model_of(task), GROUP[size])
    plain = partial(opened, model_of(task))
    if task.tags["form"] == "distillation":
        tune = FromChains(teacher=rounded, sampling=chains(task, size=size), lessons=LESSONS[size])
        return {"tuned on chains": partial(_student, task, tune, size), "not tuned": partial(_steered, plain, steps)}
    return {
        CHAIN: partial(_steered, rounded, steps),
        PLAIN: partial(_steered, rounded, Ask()),
        "before rounding, chain of thought": partial(_steered, plain, steps),
    }


SYSTEM = System(
    id="qm-tot",
    number=184,
    area="language",
    kind="method",
    claim=Claim(
        "In INT4 models, accuracy on MedQA-USMLE rises from 34% to 50% for LLaMA2-70b and from 58.77% to 69.49% for "
        "LLaMA-3.1-8b; distillation from the tree improves by 86.27% over traditional distillation with 3.9% of the data.",
        metric="accuracy",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": clinic, "medqa": questions},
    takes_model="trained",
)
