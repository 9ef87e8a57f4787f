"""The supervised trainer of trl, as a learner needs it: repeatable, silent, and taken up where it was stopped.

trl has the step (the loss on labelled tokens, without the logits of all the others in memory) and the loop. Which rows a step
sees, its learning rate and its dropout follow here from the seed and the step alone, and states are those of
``vesalius.learners.checkpoints``: safetensors, where the trainer's own would be pickled.
"""

import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from datasets import Dataset
from torch import Tensor, nn
from transformers import PrinterCallback, TrainerCallback
from trl import SFTConfig, SFTTrainer
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from vesalius import progress
from vesalius.errors import UserError
from vesalius.learners.checkpoints import Checkpoint, History, State, checkpoint, identity_of
from vesalius.learners.language_model.examples import Row
from vesalius.learners.language_model.networks import plain_network
from vesalius.learners.networks import device, repeatable
from vesalius.learners.training import Regime

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What one training sees, and how.

    Attributes:
        rows: texts with their labels.
        order: places in ``rows``, a batch a step.
        regime: how long and how; ``clip`` is 1 where it is None, and averages and checks are not taken.
        batch: rows a step.
        seed: of dropout.
        name: what progress calls it.
    """

    rows: Sequence[Row]
    order: Sequence[int]
    regime: Regime
    batch: int
    seed: int
    name: str


def train_rows(network: nn.Module, tokenizer: "PreTrainedTokenizerBase", training: Training) -> History:
    """Train what requires gradients of a causal language model, in place; afterwards it is in evaluation mode.

    Args:
        network: of transformers, changed in place or wrapped by peft or not.
        tokenizer: of it.
        training: what it sees.

    Raises:
        UserError: if a loss is not finite, or a checkpoint is damaged.
    """
    network.to(device())
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    regime = training.regime
    optimiser = torch.optim.AdamW(parameters, lr=regime.learning_rate, weight_decay=regime.weight_decay, fused=True)
    # of the parameters that are trained, so that a state of an adapter does not hold the model
    state = State(network=nn.ParameterList(parameters), optimiser=optimiser)

    def identity() -> str:
        first = [np.array(training.rows[place]["input_ids"]) for place in training.order[: training.batch]]
        return identity_of((training.name, training.seed, regime), network, first)

    with repeatable(training.seed):
        kept = checkpoint(state, writes=True, identity=identity)
        if kept.restore() < regime.steps:
            _run(network, tokenizer, training, state, kept)
    state.conclude()
    network.eval()
    kept.finish()
    return state.history


def _run(network: nn.Module, tokenizer: "PreTrainedTokenizerBase", training: Training, state: State, kept: Checkpoint) -> None:
    regime, done = training.regime, len(state.history.losses)
    schedule = torch.optim.lr_scheduler.LambdaLR(state.optimiser, lambda step: regime.factor(min(done + step, regime.steps - 1)))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # what trl asks of transformers in words of before
        trainer = _Trainer(
            model=network,
            args=_settings(folder, training, regime.steps - done),
            train_dataset=_dataset(training, done),
            processing_class=tokenizer,
            data_collator=DataCollatorForLanguageModeling(pad_token_id=_padding(tokenizer)),
            optimizers=(state.optimiser, schedule),
            callbacks=[_Watch(state, kept, training)],
        )
        trainer.remove_callback(PrinterCallback)
        try:
            trainer.train()
        finally:
            trainer.accelerator.unwrap_model(network, keep_fp32_wrapper=False)
            plain_network(network).__dict__.pop("forward", None)  # the one of trl, which gives no logits


def _dataset(training: Training, done: int) -> Dataset:
    """The rows of the steps that are left, in their order."""
    columns = {
        "input_ids": [row["input_ids"] for row in training.rows],
        "labels": [row["labels"] for row in training.rows],
    }
    return Dataset.from_dict(columns).select(training.order[done * training.batch :], keep_in_memory=True)


def _settings(folder: str, training: Training, steps: int) -> SFTConfig:
    """Nothing is written, shown or sent."""
    gpu, clip = torch.cuda.is_available(), training.regime.clip
    return SFTConfig(
        output_dir=folder,
        max_steps=steps,
        per_device_train_batch_size=training.batch,
        max_grad_norm=1.0 if clip is None else clip,
        train_sampling_strategy="sequential",
        dataset_kwargs={"skip_prepare_dataset": True},
        seed=training.seed,
        bf16=gpu,
        use_cpu=not gpu,
        activation_checkpointing=False,
        dataloader_pin_memory=gpu,
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )


class _Trainer(SFTTrainer):  # type: ignore[misc]
    """Without a word to anyone, and with the loss of every step."""

    def _send_telemetry(self) -> None:
        """Not from here."""

    def training_step(self, *args: Any, **options: Any) -> Tensor:
        loss: Tensor = super().training_step(*args, **options)
        self.state.last_loss = float(loss)
        return loss


class _Watch(TrainerCallback):  # type: ignore[misc]
    """Sets the random state of each step, notes what came of it, and keeps the training's state."""

    def __init__(self, state: State, kept: Checkpoint, training: Training) -> None:
        self._state, self._kept, self._training = state, kept, training
        done, steps = len(state.history.losses), training.regime.steps
        self._progress = progress.track(range(done, steps), training.name, steps, done=done)

    def on_step_begin(self, args: Any, state: Any, control: Any, **other: Any) -> None:
        next(self._progress)
        sequence = np.random.SeedSequence([self._training.seed, len(self._state.history.losses)])
        torch.manual_seed(int(sequence.generate_state(1)[0]))

    def on_step_end(self, args: Any, state: Any, control: Any, **other: Any) -> None:
        step = len(self._state.history.losses) + 1
        if not np.isfinite(state.last_loss):
            raise UserError(f"{self._training.name}: the loss of step {step} is {state.last_loss}; lower the learning rate.")
        self._state.advance(state.last_loss, float(self._state.optimiser.param_groups[0]["lr"]))
        self._kept.save_when_due()

    def on_train_end(self, args: Any, state: Any, control: Any, **other: Any) -> None:
        next(self._progress, None)


def _padding(tokenizer: "PreTrainedTokenizerBase") -> int:
    """Any token will do: it is neither seen nor learnt."""
    return next((int(token) for token in (tokenizer.pad_token_id, tokenizer.eos_token_id) if token is not None), 0)
