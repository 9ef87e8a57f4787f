"""MedRGB: what a model does with documents that are of no use, that lack the answer, that belong together, or that are wrong.

Mechanism: every question comes with signal documents, which answer it, and is put to four tests. *Standard*: it stands behind
its documents and a share of noise, documents of other questions. *Sufficiency*: the same with one more option, that the
information is insufficient, which is right where all documents are noise. *Integration*: each document answers a smaller
question; these are asked behind all documents, and the question itself, alone or after its smaller ones. *Robustness*: a share
of the documents is counterfactual and says a wrong option; the metrics are the share that stays right and the share that
follows. *Detection* asks of single documents whether they are right. The share of noise or falsehood is known in each task's
name, and exactly so: signal documents leave their places to others where there are several, and where there is one, so many
others stand beside it that the share comes out. Where more right documents are wanted beside false ones than answer the question,
noise fills their places, and noise with a claim is false.

Readers are the model with all documents, by letter and with written steps, and with those that it judges relevant and useful
itself; baselines are the same model without documents, by letter and with written steps, so that a gain of documents is read
between arms that answer alike. A copier that believes documents and a sceptic that ignores them, which are no models, say what
each test can show.

Records are built here. Over the clinic in miniature the signal documents are known; a smaller question is one of the disease
that a document is about. Over MedQA, documents are those of MedQuAD that question and right option find together, a smaller
question is the document's own, and a counterfactual is made by replacing the right option or, where the document does not name
it, by a sentence that claims another: the paper has a language model write all of these, and its release was not at hand.

Ngo et al.: Comprehensive and Practical Evaluation of Retrieval-Augmented Generation Systems for Medical Question Answering.
2024, arXiv 2411.09213.
"""

from collections.abc import Callable, Mapping
from functools import partial

from vesalius.language.backend import Backend
from vesalius.language.evidence import First, Refined
from vesalius.language.medrgb import Sifted, copier, sceptic
from vesalius.language.models import model_of, opened
from vesalius.language.steering import Ask, Strategy
from vesalius.learners.integrated import Integrated
from vesalius.learners.learner import Learner
from vesalius.learners.steered import Steered
from vesalius.names import Size
from vesalius.systems.language.medrgb_tasks import clinic, medqa
from vesalius.systems.language.steering_tasks import chains
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task

MEMORY_BY_LETTER, MEMORY_BY_STEPS = "no documents, letter", "no documents, steps"


def _steered(backend: Callable[[], Backend], strategy: Strategy, seed: int) -> Learner:
    return Steered(backend, strategy, seed=seed)


def _steps(task: Task, size: Size) -> Ask:
    return Ask(protocol="chain of thought", sampling=chains(task, size=size))


def _readers(task: Task, size: Size) -> Mapping[str, Strategy]:
    steps = _steps(task, size)
    judged = Refined(keep=8, words=200, rerank=False)
    readers: Mapping[str, Strategy] = {
        "all documents": Ask(protocol="letter"),
        "all documents, steps": steps,
        "documents judged useful, steps": Sifted(select=judged, then=steps),
    }
    return dict(list(readers.items())[-1:]) if size == "smoke" else readers


def _learners(task: Task, size: Size) -> Arms:
    model = partial(opened, model_of(task))
    arms: Arms = {name: partial(_steered, model, strategy) for name, strategy in _readers(task, size).items()}
    if task.tags["test"] == "integration":
        arms = {**arms, "smaller questions first, steps": partial(_integrated, model, _steps(task, size))}
    return {**arms, "copier": partial(_steered, copier, Ask()), "sceptic": partial(_steered, sceptic, Ask())}


def _integrated(backend: Callable[[], Backend], strategy: Strategy, seed: int) -> Learner:
    return Integrated(backend, strategy, seed=seed)


def _baselines(task: Task, size: Size) -> Arms:
    model = partial(opened, model_of(task))
    asked: Mapping[str, Strategy] = {MEMORY_BY_LETTER: Ask(protocol="letter"), MEMORY_BY_STEPS: _steps(task, size)}
    return {name: partial(_steered, model, Sifted(select=First(0), then=then, abstain=False)) for name, then in asked.items()}


SYSTEM = System(
    id="medrgb",
    number=298,
    area="language",
    kind="benchmark",
    claim=Claim(
        "Current models handle noise and misinformation in the retrieved documents with limited ability.",
        metric="accuracy",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": clinic, "medqa": medqa},
    seeds=1,
    takes_model="asked",
)
