"""Me LLaMA: continual pretraining on medical text with general text replayed, then instruction tuning.

Mechanism: every weight of a base model is trained further, to predict each token of domain texts packed into blocks, of which one
in five is general text, so that what the base knew isn't forgotten (biomedical, clinical and general text stand 15:1:4); the
model that comes of it is tuned on instructions by a low-rank adapter of all linear layers, with the loss on the answers alone,
which is then folded into its weights.

Compared with instruction tuning alone on the same instructions, with as many training steps in all, and with the base as it is;
beside it the same without replay. In the clinic in miniature the domain is a textbook of diseases that the base has never seen,
and three exams tell knowledge, transfer and forgetting apart (``vesalius.systems.language.adapting``). A step of pretraining
trains all weights and a step of tuning the adapter's, so that equal steps aren't equal numbers of trained parameters: the cost
says so. Each arm is trained once a seed for the three exams; its seconds stand at the first. The ratio and the sizes at ``paper``
are from the abstract and from memory of the paper.

Xie, Chen, Chen et al.: Me LLaMA: Foundation Large Language Models for Medical Applications. 2024, arXiv 2402.12749.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from vesalius.language.models import folder_of, model_of, opened
from vesalius.learners.language_model.adapted import Adapted, Tuned
from vesalius.learners.language_model.once import Once
from vesalius.learners.learner import Learner
from vesalius.names import Size
from vesalius.records import Record
from vesalius.systems.language.adapting import Adaptation, Asked, answering, domain_texts, exams, general_texts, lessons_of
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

REPLAY = 4 / 20
"""General text among biomedical, clinical and general text, which stand 15:1:4."""

ASKED: tuple[Asked, ...] = ("knowledge", "transfer", "forgetting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What all arms are given.

    Attributes:
        questions, instructions: to train on.
        test: questions of each exam.
        max_tokens: of an answer.
        renderings: times that each chapter is written.
        pretraining: steps on texts.
        tuning: steps on instructions; the arm without pretraining has both.
        batch, tuning_batch: blocks and examples a step.
        length: tokens of a block.
        learning_rate, tuning_rate: at their highest.
        rank: of the adapter.
    """

    questions: int
    instructions: int
    test: int
    max_tokens: int
    renderings: int
    pretraining: int
    tuning: int
    batch: int
    tuning_batch: int
    length: int
    learning_rate: float
    tuning_rate: float
    rank: int


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(
        questions=16, instructions=13, test=8, max_tokens=16, renderings=1, pretraining=2, tuning=2, batch=2, tuning_batch=4,
        length=64, learning_rate=1e-3, tuning_rate=1e-3, rank=2,
    ),
    "default": Budget(
        questions=800, instructions=260, test=200, max_tokens=96, renderings=8, pretraining=120, tuning=40, batch=8,
        tuning_batch=16, length=128, learning_rate=1e-3, tuning_rate=2e-3, rank=8,
    ),
    "paper": Budget(
        questions=150_000, instructions=64_000, test=2000, max_tokens=512, renderings=64, pretraining=30_000, tuning=5000,
        batch=16, tuning_batch=64, length=2048, learning_rate=8e-6, tuning_rate=1e-5, rank=8,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pretrained:
    """Tunes a base as the system does: pretraining, then instructions.

    Attributes:
        budget: of the arm.
        pretraining: steps of it on texts; the others are on instructions.
        share: of replayed text.
    """

    budget: Budget
    pretraining: int
    share: float

    def __call__(
        self,
        network: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        train: Sequence[Record],
        validation: Sequence[Record],
        seed: int,
    ) -> Tuned:
        """Train the base, then an adapter, and fold that in."""
        from vesalius.learners.language_model.supervised import continue_pretraining, fine_tune, with_lora
        from vesalius.nets.unet import count_parameters

        budget, histories, trained = self.budget, {}, 0
        if self.pretraining:
            trained += count_parameters(network)
            histories["pretraining"] = continue_pretraining(
                network,
                tokenizer,
                domain_texts(budget.renderings, seed),
                replay=general_texts(budget.renderings, seed),
                share=self.share,
                steps=self.pretraining,
                batch=budget.batch,
                length=budget.length,
                learning_rate=budget.learning_rate,
                seed=seed,
            )
        adapted = with_lora(network, budget.rank, seed=seed)
        histories["instructions"] = fine_tune(
            adapted,
            tokenizer,
            lessons_of(train),
            steps=budget.pretraining + budget.tuning - self.pretraining,
            batch=budget.tuning_batch,
            learning_rate=budget.tuning_rate,
            seed=seed,
            name="instructions",
        )
        trained += count_parameters(adapted)
        return Tuned(adapted.merge_and_unload(), trained, histories)


def _clinic(size: Size) -> list[Task]:
    budget = BUDGETS[size]
    source = Adaptation(asked="knowledge", questions=budget.questions, instructions=budget.instructions, test=budget.test)
    note = (
        f"All arms but the base take {budget.pretraining + budget.tuning} training steps, and are trained once for the three "
        "exams: the seconds of fitting stand at the first of them."
    )
    return exams(source, ASKED[:1] if size == "smoke" else ASKED, note)


def _tuned(model: str, tune: Pretrained, seed: int) -> Learner:
    ask = partial(answering, max_tokens=tune.budget.max_tokens)
    return Adapted(partial(folder_of, model), Once(tune), seed=seed, ask=ask)


def _as_it_is(model: str, max_tokens: int, seed: int) -> Learner:
    return answering(partial(opened, model), max_tokens=max_tokens, seed=seed)


def _learners(task: Task, size: Size) -> Arms:
    model, budget = model_of(task), BUDGETS[size]
    return {
        "me-llama": partial(_tuned, model, Pretrained(budget, budget.pretraining, REPLAY)),
        "without replay": partial(_tuned, model, Pretrained(budget, budget.pretraining, 0.0)),
    }


def _baselines(task: Task, size: Size) -> Arms:
    model = model_of(task)
    return {
        "instructions alone": partial(_tuned, model, Pretrained(BUDGETS[size], 0, 0.0)),
        "base": partial(_as_it_is, model, BUDGETS[size].max_tokens),
    }


SYSTEM = System(
    id="me-llama",
    number=10,
    area="language",
    kind="model",
    claim=Claim(
        "Me LLaMA models achieve overall better performance than existing open-source medical LLMs in zero-shot, few-shot and "
        "supervised learning abilities, and outperform other open-source medical LLMs in mitigating catastrophic forgetting.",
        metric="accuracy",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": _clinic},
    takes_model="trained",
)
