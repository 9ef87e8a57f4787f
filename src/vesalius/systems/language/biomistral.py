"""BioMistral: a base model pretrained further on biomedical text, its merges with the base, and its models of few bits.

Mechanism: every weight of an instruction-tuned base is trained further on domain texts packed into blocks, without anything
replayed. What that takes from the base is sought in merges of the two, weight by weight (`nets/merging`): SLERP, half-way along
the arc between them; TIES, which keeps the largest numbers of what training changed and joins those of one sign; and DARE, which
drops numbers of it at random and rescales the others, then joins as TIES does. With a single domain model beside the base, as in
the paper, signs have nothing to settle. The domain model is also packed into fewer bits (`nets/packed`): eight, four, and four
with scales of its inputs by activations on domain texts (AWQ, `nets/activation_aware`).

The domain model and its merges are compared with the base, merges and packed models with the domain model, on exams of the clinic
in miniature: what the domain's texts tell, what the base knew, and the second dialect, which stands for the paper's seven other
languages and which neither base nor texts know. SLERP stops half-way along the arc. TIES and DARE do not stop half-way: each
keeps half of the numbers that training changed and adds them to the base at scale one, those of DARE twice over. All of this was
chosen beforehand; the released settings were not at hand. The domain model is trained once a seed for all arms and exams; its
seconds stand at the first. The merge and packing keep names of weights, so that a merged model is a plain folder; a packed one is
kept as its packed numbers.

Labrak, Bazoge, Morin, Gourraud, Rouvier, Dufour: BioMistral: A Collection of Open-Source Pretrained Large Language Models for
Medical Domains. Findings of ACL 2024, arXiv 2402.10373.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from vesalius.errors import UserError
from vesalius.language.models import folder_of, model_of, opened
from vesalius.learners.language_model.adapted import Adapted, Tuned
from vesalius.learners.language_model.once import Once
from vesalius.learners.learner import Learner
from vesalius.names import Size
from vesalius.records import Record
from vesalius.systems.language.adapting import Adaptation, Asked, answering, domain_texts, exams
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Task
from vesalius.trials.trial import Build

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

ASKED: tuple[Asked, ...] = ("knowledge", "forgetting", "second dialect")
AGAINST = "against"
"""Tag: which model others are compared with."""

HALF = 0.5
"""Share of the arc, and density of what TIES and DARE keep."""

HEAD = "lm_head"
GROUP = 32

Merge = Literal["slerp", "ties", "dare"]
Packing = Literal["8 bits", "4 bits", "4 bits, awq"]
MERGES: tuple[Merge, ...] = ("slerp", "ties", "dare")
PACKINGS: tuple[Packing, ...] = ("8 bits", "4 bits", "4 bits, awq")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What the domain model is given.

    Attributes:
        test: questions of each exam.
        max_tokens: of an answer.
        renderings: times that each chapter is written.
        steps: of pretraining.
        batch: blocks a step.
        length: tokens of a block.
        learning_rate: at its highest.
    """

    test: int
    max_tokens: int
    renderings: int
    steps: int
    batch: int
    length: int
    learning_rate: float


BUDGETS: Mapping[Size, Budget] = {
    "smoke": Budget(test=8, max_tokens=16, renderings=1, steps=2, batch=2, length=64, learning_rate=1e-3),
    "default": Budget(test=200, max_tokens=96, renderings=8, steps=120, batch=8, length=128, learning_rate=1e-3),
    "paper": Budget(test=2000, max_tokens=512, renderings=64, steps=15_000, batch=96, length=2048, learning_rate=2e-5),
}


@dataclass(frozen=True, slots=True)
class Domain:
    """Pretrains a base further on the domain's texts."""

    budget: Budget

    def __call__(
        self,
        network: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        train: Sequence[Record],
        validation: Sequence[Record],
        seed: int,
    ) -> Tuned:
        """Train all weights, in place."""
        from vesalius.learners.language_model.supervised import continue_pretraining
        from vesalius.nets.unet import count_parameters

        budget = self.budget
        history = continue_pretraining(
            network,
            tokenizer,
            domain_texts(budget.renderings, seed),
            steps=budget.steps,
            batch=budget.batch,
            length=budget.length,
            learning_rate=budget.learning_rate,
            seed=seed,
        )
        return Tuned(network, count_parameters(network), {"pretraining": history})


@dataclass(frozen=True, slots=True)
class Merged:
    """The domain model merged with its base."""

    domain: Once
    merge: Merge

    def __call__(
        self,
        network: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        train: Sequence[Record],
        validation: Sequence[Record],
        seed: int,
    ) -> Tuned:
        """Train a copy of the base, then merge it into the base."""
        tuned = self.domain(copy.deepcopy(network), tokenizer, train, validation, seed)
        found = merged(weights_of(network), weights_of(tuned.network), self.merge, seed)
        for name, weight in network.named_parameters():
            weight.data.copy_(found[name])
        return replace(tuned, network=network)


@dataclass(frozen=True, slots=True)
class Packed:
    """The domain model in fewer bits."""

    domain: Once
    packing: Packing
    budget: Budget

    def __call__(
        self,
        network: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        train: Sequence[Record],
        validation: Sequence[Record],
        seed: int,
    ) -> Tuned:
        """Train the base, then pack a copy of it; calibration takes the domain's texts.

        Raises:
            UserError: if the base has no layer that can be packed.
        """
        from vesalius.nets.activation_aware import input_scales
        from vesalius.nets.int4 import linear_layers

        if not any(linear_layers(network, (HEAD,))):
            raise UserError(
                f"{network.name_or_path}: none of its layers is a plain linear one, and no other can be packed; name a model of "
                "another form than GPT-2's."
            )
        tuned = self.domain(network, tokenizer, train, validation, seed)
        own, scales = copy.deepcopy(tuned.network), None
        if self.packing == "4 bits, awq":
            calibration = _calibration(own, tokenizer, domain_texts(1, seed), self.budget.length)
            scales = input_scales(own, calibration, group=GROUP)
        return replace(tuned, network=packed(own, self.packing, scales))

    def rebuild(self, network: "PreTrainedModel") -> "nn.Module":
        """A packed network, whatever its numbers."""
        return packed(network, self.packing)


def merged(base: "Mapping[str, Tensor]", domain: "Mapping[str, Tensor]", merge: Merge, seed: int) -> "dict[str, Tensor]":
    """Weights of a merge of the two: half-way, or of half the density at full scale."""
    from vesalius.nets.merging import dare, slerp, ties

    match merge:
        case "slerp":
            return slerp(base, domain, HALF)
        case "ties":
            return ties(base, [domain], density=HALF)
        case "dare":
            return dare(base, [domain], density=HALF, seed=seed)


def weights_of(network: "nn.Module") -> "dict[str, Tensor]":
    """Every weight once, under its first name: DARE would drop other numbers of an output layer than of its embedding."""
    return {name: weight.detach() for name, weight in network.named_parameters()}


def packed(network: "nn.Module", packing: Packing, scales: "Mapping[str, Tensor] | None" = None) -> "nn.Module":
    """The network, changed in place, with all linear layers but its output packed."""
    from vesalius.nets.packed import pack

    return pack(network, 8 if packing == "8 bits" else 4, group=GROUP, scales=scales, keep=(HEAD,))


def _calibration(
    network: "nn.Module", tokenizer: "PreTrainedTokenizerBase", texts: Sequence[str], length: int
) -> Callable[[], object]:
    def run() -> None:
        for text in texts:
            network(**tokenizer(text, return_tensors="pt", truncation=True, max_length=length).to(network.device))

    return run


def _clinic(size: Size) -> list[Task]:
    """Each exam twice: against the base, and against the domain model."""
    note = "The domain model is trained once for all arms and exams: the seconds of fitting stand at the first of them."
    tasks = exams(Adaptation(asked="knowledge", test=BUDGETS[size].test), ASKED[:1] if size == "smoke" else ASKED, note)
    return [
        replace(
            task,
            name=f"{task.name}, against the {against}",
            question=f"Against the {against}",
            tags={**task.tags, AGAINST: against},
        )
        for against in ("base", "domain model")
        for task in tasks
    ]


def _adapted(model: str, tune: Domain | Merged | Packed, max_tokens: int, seed: int) -> Learner:
    return Adapted(
        partial(folder_of, model),
        Once(tune),
        seed=seed,
        ask=partial(answering, max_tokens=max_tokens),
        rebuild=tune.rebuild if isinstance(tune, Packed) else None,
    )


def _as_it_is(model: str, max_tokens: int, seed: int) -> Learner:
    return answering(partial(opened, model), max_tokens=max_tokens, seed=seed)


def _arm(task: Task, size: Size, tune: Domain | Merged | Packed) -> Build:
    return partial(_adapted, model_of(task), tune, BUDGETS[size].max_tokens)


def _domain(task: Task, size: Size) -> Arms:
    return {"domain model": _arm(task, size, Domain(BUDGETS[size]))}


def _merges(task: Task, size: Size) -> Arms:
    domain = Once(Domain(BUDGETS[size]))
    return {merge: _arm(task, size, Merged(domain, merge)) for merge in MERGES}


def _learners(task: Task, size: Size) -> Arms:
    if task.tags[AGAINST] == "base":
        return {**_domain(task, size), **_merges(task, size)}
    budget = BUDGETS[size]
    domain = Once(Domain(budget))
    few_bits: Arms = {packing: _arm(task, size, Packed(domain, packing, budget)) for packing in PACKINGS}
    return {**_merges(task, size), **few_bits}


def _baselines(task: Task, size: Size) -> Arms:
    if task.tags[AGAINST] == "base":
        return {"base": partial(_as_it_is, model_of(task), BUDGETS[size].max_tokens)}
    return _domain(task, size)


SYSTEM = System(
    id="biomistral",
    number=297,
    area="language",
    kind="model",
    claim=Claim(
        "BioMistral demonstrates superior performance compared to existing open-source medical models; lightweight models are "
        "obtained through quantization and model merging.",
        metric="accuracy",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": _clinic},
    takes_model="trained",
)
