"""The loop of policy optimisation: draw samples, have a rule judge them, take some updates on them, draw again.

trl has group-relative policy optimisation too. On one core, with a Llama of 1.2 million parameters, four prompts of 150 tokens
and eight samples of 80 each, its step took 5.5 s, where the parts of this one add up to 3.5 s: here a prompt is run once for all
its samples, with its gradients, and samples that have ended are no longer run. A training here can also be taken up where it was
stopped.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.language.backend import Prompt
from vesalius.learners.checkpoints import History, State, checkpoint, identity_of
from vesalius.learners.language_model.policy.objectives import divergence
from vesalius.learners.language_model.policy.rollouts import Rollouts, judged, roll_out
from vesalius.learners.language_model.supervised import epochs
from vesalius.learners.networks import device
from vesalius.progress import track

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Score = Callable[[int, str], float]
"""From the place of a prompt and what was written, a number."""

_CLIP_NORM = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """How a policy is optimised.

    Attributes:
        steps: times that samples are drawn.
        prompts: in a step.
        samples: of each prompt.
        max_tokens: of a sample.
        learning_rate: of AdamW, after a rise over the first tenth of the updates.
        penalty: weight β of the divergence from the model that it began as.
        clip: ε, within which a token's probability may change before its samples are drawn anew.
        updates_a_step: on the same samples.
    """

    steps: int
    prompts: int
    samples: int
    max_tokens: int
    learning_rate: float
    penalty: float
    clip: float = 0.2
    updates_a_step: int = 1

    @property
    def updates(self) -> int:
        """Of the optimiser, in all."""
        return self.steps * self.updates_a_step


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples of a step, with what was found of them.

    Attributes:
        rollouts: the samples.
        scores_B: of each, by the rule.
        reference_BT: log-probabilities of their tokens under the model that the policy began as.
    """

    rollouts: Rollouts
    scores_B: Tensor
    reference_BT: Tensor


class Method(Protocol):
    """How a policy learns from judged samples."""

    def begin(self, network: nn.Module) -> nn.Module | None:
        """Make what is trained beside the policy, if anything."""
        ...

    def losses(self, network: nn.Module, batch: Batch, practice: Practice) -> Callable[[], Tensor]:
        """From samples, what gives the loss under the policy as it is when that is called."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """What is practised.

    Attributes:
        prompts: all that there are.
        reward: of a text that was written to one.
        watched: by name, what else is noted of it; the mean of each step stands in the history.
        stop: a text at which a sample ends; an empty one is none.
    """

    prompts: Sequence[Prompt]
    reward: Score
    watched: Mapping[str, Score] = field(default_factory=dict)
    stop: str = ""


def optimise(
    method: Method,
    network: nn.Module,
    tokenizer: "PreTrainedTokenizerBase",
    exercise: Exercise,
    practice: Practice,
    *,
    seed: int,
    name: str = "reinforcement",
) -> History:
    """Train a policy in place; afterwards, as before, it is in evaluation mode, in which it also draws and learns: no dropout.

    Args:
        method: how it learns.
        network: a causal language model of transformers; what of it requires gradients is trained.
        tokenizer: of it.
        exercise: what it practises on; prompts are drawn without repetition until all have been seen, then anew.
        practice: how long and how.
        seed: of prompts and samples.
        name: what progress calls this training.

    Returns:
        The loss of each update; its curves ``reward``, ``tokens``, ``divergence`` and what is watched have a mean for each step.

    Raises:
        UserError: if there are no prompts, they are too long, a loss is not finite, or a checkpoint is damaged.
    """
    if not exercise.prompts:
        raise UserError(f"{name}: no prompts; give at least one.")
    network.to(device()).eval()
    reference = copy.deepcopy(network).requires_grad_(False)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        beside = method.begin(network)
    trained = [
        one for one in nn.ModuleList([network, *([beside] if beside is not None else [])]).parameters() if one.requires_grad
    ]
    optimiser = torch.optim.AdamW(trained, lr=practice.learning_rate, weight_decay=0.0)
    state = State(network=nn.ParameterList(trained), optimiser=optimiser)
    kept = checkpoint(state, writes=True, identity=lambda: identity_of((name, seed, practice, exercise.prompts), network, []))
    done = kept.restore() // practice.updates_a_step
    order = epochs(len(exercise.prompts), practice.steps * practice.prompts, seed)
    for step in track(range(done, practice.steps), name, practice.steps, done=done):
        places = order[step * practice.prompts : (step + 1) * practice.prompts]
        batch = _sampled(network, reference, tokenizer, exercise, places, practice, _seed_of(seed, step))
        _note(state.history, batch, exercise, places)
        loss = method.losses(network, batch, practice)
        for _ in range(practice.updates_a_step):
            _update(state, loss, trained, practice, name)
        kept.save_when_due()
    state.conclude()
    network.eval()
    kept.finish()
    return state.history


def _sampled(
    network: nn.Module,
    reference: nn.Module,
    tokenizer: "PreTrainedTokenizerBase",
    exercise: Exercise,
    places: Sequence[int],
    practice: Practice,
    seed: int,
) -> Batch:
    prompts = [exercise.prompts[place] for place in places]
    rollouts = roll_out(
        network,
        tokenizer,
        prompts,
        samples=practice.samples,
        max_tokens=practice.max_tokens,
        seed=seed,
        stop=exercise.stop,
    )
    scores = _scores(exercise.reward, rollouts, places)
    with torch.no_grad():
        reference_BT = judged(reference, rollouts).log_probabilities_BT
    return Batch(rollouts, torch.tensor(scores, device=reference_BT.device), reference_BT)


def _scores(score: Score, rollouts: Rollouts, places: Sequence[int]) -> list[float]:
    return [float(score(places[row // rollouts.samples], text)) for row, text in enumerate(rollouts.texts)]


def _note(history: History, batch: Batch, exercise: Exercise, places: Sequence[int]) -> None:
    rollouts = batch.rollouts
    apart = divergence(rollouts.log_probabilities_BT, batch.reference_BT)[rollouts.made_BT].mean()
    found = {"reward": batch.scores_B.mean(), "tokens": rollouts.lengths_B.float().mean(), "divergence": apart}
    for curve, value in found.items():
        history.curves.setdefault(curve, []).append(float(value))
    for curve, score in exercise.watched.items():
        history.curves.setdefault(curve, []).append(float(np.mean(_scores(score, rollouts, places))))


def _update(state: State, loss: Callable[[], Tensor], trained: Sequence[nn.Parameter], practice: Practice, name: str) -> None:
    done = len(state.history.losses)
    rate = practice.learning_rate * min(1.0, (done + 1) / max(1, round(practice.updates / 10)))
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    value = loss()
    if not torch.isfinite(value):
        raise UserError(f"{name}: the loss of update {done + 1} is {float(value)}; lower the learning rate.")
    state.optimiser.zero_grad()
    value.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(trained, _CLIP_NORM)
    state.optimiser.step()
    state.advance(float(value.detach()), rate)


def _seed_of(seed: int, step: int) -> int:
    return int(np.random.SeedSequence([seed, step]).generate_state(1)[0])
