"""The one training loop: every learner that trains a network by gradients goes through it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass
from math import cos, pi
from pathlib import Path
from typing import Any, Literal
from zlib import crc32

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from vesalius.errors import UserError
from vesalius.learners.checkpoints import History, State, checkpoint, identity_of
from vesalius.learners.networks import device, load_network, new_network, repeatable, save_network
from vesalius.progress import track

__all__ = [
    "History",
    "Regime",
    "device",
    "load_network",
    "new_network",
    "placed",
    "repeatable",
    "save_histories",
    "save_network",
    "train",
]

Schedule = Literal["cosine", "polynomial", "constant"]
Score = Callable[[nn.Module], float]
HISTORIES = "histories.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """How a network is trained.

    Attributes:
        steps: optimiser updates.
        learning_rate: at its highest.
        schedule: how it falls from there; ``polynomial`` to the power 0.9, as nnU-Net has it.
        warmup: steps over which it first rises.
        weight_decay: of AdamW.
        clip: greatest norm of the gradient; None leaves it.
        average: decay of an exponential average of the weights, which is then what is scored and kept; None for the weights.
        checks: how often, evenly spaced, the validation score is taken.
        patience: checks without a better score after which training stops; None goes on to the end.
    """

    steps: int
    learning_rate: float
    schedule: Schedule = "cosine"
    warmup: int = 0
    weight_decay: float = 0.01
    clip: float | None = None
    average: float | None = None
    checks: int = 4
    patience: int | None = None

    def factor(self, step: int) -> float:
        """What the learning rate is multiplied with in a step, counted from 0.

        >>> [round(Regime(steps=4, learning_rate=1.0, warmup=2).factor(step), 2) for step in range(4)]
        [0.5, 1.0, 1.0, 0.5]
        """
        if step < self.warmup:
            return (step + 1) / self.warmup
        progress = (step - self.warmup) / max(1, self.steps - self.warmup)
        match self.schedule:
            case "cosine":
                return (1 + cos(pi * progress)) / 2
            case "polynomial":
                return float((1 - progress) ** 0.9)
            case "constant":
                return 1.0

    @property
    def check_steps(self) -> frozenset[int]:
        """After which steps the score is taken, counted from 1; the last is one of them."""
        return frozenset(round(self.steps * check / self.checks) for check in range(1, self.checks + 1))


def train(
    network: nn.Module,
    *,
    loss: Callable[[nn.Module, Any], Tensor],
    draw: Callable[[np.random.Generator], Any],
    regime: Regime,
    seed: int,
    score: Score | None = None,
    groups: Sequence[Mapping[str, Any]] | None = None,
    name: str = "training",
) -> History:
    """Train a network in place; afterwards it has its best scored state (without ``score``, the last) and is in evaluation mode.

    Runs where accelerate finds itself: a GPU in bfloat16, several processes, or the CPU. Everything random in a step follows from
    the seed and the step alone, so that a training that was stopped and taken up from its checkpoint (see
    ``vesalius.learners.checkpoint_folder``) ends with the same weights as one that was not.

    Args:
        network: what to train; parameters that do not require gradients stay as they are.
        loss: of the network on a batch, one number.
        draw: a batch of arrays or tensors in tuples, lists or dicts; they reach ``loss`` as tensors on the network's device. It
            follows from the generator alone, not from the draws before.
        regime: how long and how.
        seed: of batches, dropout and noise.
        score: of the network on validation records, higher is better; called in evaluation mode, without gradients.
        groups: parameter groups of AdamW, such as learning rates (``lr``) by layer; by default one of all that is trainable.
        name: what progress calls this training; two of one learner and seed draw other batches if their names differ.

    Raises:
        UserError: if a loss is not finite, or a checkpoint is damaged.

    >>> slope = new_network(lambda: nn.Linear(1, 1, bias=False), seed=0)
    >>> def squared_error(network, batch):
    ...     return ((network(batch["x"]) - 2 * batch["x"]) ** 2).mean()
    >>> regime = Regime(steps=60, learning_rate=0.2)
    >>> history = train(slope, loss=squared_error, draw=lambda random: {"x": random.normal(size=(8, 1))}, regime=regime, seed=0)
    >>> len(history.losses), round(float(slope.weight.detach()), 1)
    (60, 2.0)
    """
    from accelerate import Accelerator

    accelerator = Accelerator(mixed_precision="bf16" if torch.cuda.is_available() else "no")
    optimiser = _optimiser(network, regime, groups)
    rates = [group["lr"] for group in optimiser.param_groups]
    prepared, stepper = accelerator.prepare(network, optimiser)
    state = State(network=network, optimiser=optimiser, averaged=_averaged(network, regime))

    def identity() -> str:
        return identity_of((name, seed, regime), network, draw(_random(seed, name, 0, 0)))

    with torch.random.fork_rng(), torch.backends.cudnn.flags(benchmark=False, deterministic=True):
        kept = checkpoint(state, writes=accelerator.is_main_process, identity=identity)
        done = kept.restore()
        for step in track(range(done, regime.steps), name, regime.steps, done=done):
            if regime.patience is not None and state.history.checks_since_best >= regime.patience:
                break
            generator = _random(seed, name, step, accelerator.process_index)
            for group, rate in zip(optimiser.param_groups, rates):
                group["lr"] = rate * regime.factor(step)
            network.train()
            value = loss(prepared, placed(draw(generator), accelerator.device))
            _require_finite(value, name, step)
            stepper.zero_grad()
            accelerator.backward(value)
            if regime.clip is not None:
                accelerator.clip_grad_norm_(network.parameters(), regime.clip)
            stepper.step()
            state.advance(float(value.detach()), float(optimiser.param_groups[0]["lr"]))
            if score is not None and step + 1 in regime.check_steps:
                state.check(_scored(state.kept, score))
            kept.save_when_due()
    accelerator.unwrap_model(network, keep_fp32_wrapper=False)
    state.conclude()
    kept.finish()
    return state.history


def save_histories(histories: Mapping[str, History], folder: Path) -> None:
    """Write the curves of each training of a learner, for a report to draw."""
    content = {name: asdict(history) for name, history in histories.items()}
    (folder / HISTORIES).write_text(json.dumps(content), encoding="utf-8")


def _optimiser(network: nn.Module, regime: Regime, groups: Sequence[Mapping[str, Any]] | None) -> torch.optim.Optimizer:
    trainable = [parameter for parameter in network.parameters() if parameter.requires_grad]
    network.to(device())
    return torch.optim.AdamW(
        [dict(group) for group in groups] if groups else trainable, lr=regime.learning_rate, weight_decay=regime.weight_decay
    )


def _averaged(network: nn.Module, regime: Regime) -> AveragedModel | None:
    if regime.average is None:
        return None
    average = get_ema_multi_avg_fn(regime.average)  # type: ignore[no-untyped-call]
    return AveragedModel(deepcopy(network), multi_avg_fn=average, use_buffers=True)


def _require_finite(value: Tensor, name: str, step: int) -> None:
    if not torch.isfinite(value):
        raise UserError(
            f"{name}: the loss of step {step + 1} is {float(value)}; lower the learning rate, or look for NaN in the data."
        )


def _random(seed: int, name: str, step: int, process: int) -> np.random.Generator:
    """Sets torch's random state, and gives a generator of the same step; two trainings of one seed differ by their name."""
    sequence = np.random.SeedSequence([seed, crc32(name.encode()), step, process])
    torch.manual_seed(int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1)))
    return np.random.default_rng(sequence)


def placed(batch: Any, place: torch.device | None = None) -> Any:
    """Arrays as tensors; doubles become singles, as networks have them.

    Args:
        batch: arrays or tensors in tuples, lists or mappings; what else stands there stays as it is.
        place: where to; by default ``device``.

    >>> placed({"values": [np.ones(2)]})
    {'values': [tensor([1., 1.])]}
    """
    if place is None:
        place = device()
    if isinstance(batch, np.ndarray):
        batch = torch.from_numpy(np.ascontiguousarray(batch))
    if isinstance(batch, Tensor):
        return batch.to(place, torch.float32 if batch.dtype == torch.float64 else batch.dtype)
    if isinstance(batch, Mapping):
        return {key: placed(value, place) for key, value in batch.items()}
    if isinstance(batch, tuple | list):
        return type(batch)(placed(value, place) for value in batch)
    return batch


def _scored(network: nn.Module, score: Score) -> float:
    with evaluating(network):
        return score(network)


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards the mode is as before."""
    was_training = network.training
    network.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        network.train(was_training)
