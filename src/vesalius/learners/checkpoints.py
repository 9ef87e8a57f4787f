"""The state of a training: what there is to it, and its file in the folder of ``vesalius.learners.checkpoint_folder``."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from vesalius.errors import UserError
from vesalius.learners.checkpoint_folder import CheckpointFolder, current_folder

SECONDS = 30.0


@dataclass(slots=True)
class History:
    """What happened in training: loss and learning rate of each step, and the score (step, score) of each check.

    ``curves`` has by name what else was noted at even intervals, such as the reward of each batch of samples.
    """

    losses: list[float] = field(default_factory=list)
    learning_rates: list[float] = field(default_factory=list)
    scores: list[tuple[int, float]] = field(default_factory=list)
    curves: dict[str, list[float]] = field(default_factory=dict)

    @property
    def checks_since_best(self) -> int:
        """How many checks ago the score was best; 0 before the first.

        >>> History(scores=[(10, 0.5), (20, 0.7), (30, 0.6)]).checks_since_best
        1
        """
        values = [score for _, score in self.scores]
        return values[::-1].index(max(values)) if values else 0


@dataclass(slots=True)
class State:
    """Everything that training changes.

    Attributes:
        network: what is trained.
        optimiser: of its parameters.
        averaged: the exponential average of its weights, where there is one.
        best: a copy of the best scored weights.
    """

    network: nn.Module
    optimiser: torch.optim.Optimizer
    averaged: AveragedModel | None = None
    history: History = field(default_factory=History)
    best: dict[str, Tensor] | None = None

    @property
    def kept(self) -> nn.Module:
        """The network that is scored and kept: the average, or what is trained."""
        return self.network if self.averaged is None else self.averaged.module

    def advance(self, loss: float, learning_rate: float) -> None:
        """Note a step that has been taken."""
        if self.averaged is not None:
            self.averaged.update_parameters(self.network)
        self.history.losses.append(loss)
        self.history.learning_rates.append(learning_rate)

    def check(self, score: float) -> None:
        """Note a score, and copy the weights if none was better."""
        self.history.scores.append((len(self.history.losses), score))
        if self.history.checks_since_best == 0:
            self.best = {name: value.detach().clone() for name, value in self.kept.state_dict().items()}

    def conclude(self) -> None:
        """Give the network the weights to keep."""
        self.network.load_state_dict(self.best if self.best is not None else self.kept.state_dict())
        self.network.eval()

    def tensors(self) -> dict[str, Tensor]:
        """All numbers, by names that ``restore`` understands."""
        parts = {"network": self.network.state_dict(), "best": self.best or {}}
        if self.averaged is not None:
            parts["averaged"] = self.averaged.state_dict()
        for index, moments in self.optimiser.state_dict()["state"].items():
            parts[f"optimiser.{index}"] = moments
        return {f"{part}|{name}": value for part, values in parts.items() for name, value in values.items()}

    def final_tensors(self) -> dict[str, Tensor]:
        """What is left of it when training has ended: the weights to keep."""
        return {f"best|{name}": value for name, value in self.network.state_dict().items()}

    def restore(self, tensors: dict[str, Tensor], history: History) -> None:
        """Take back ``tensors`` or ``final_tensors``; raises RuntimeError or KeyError if they are of another network."""
        parts: dict[str, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            part, name = key.split("|", 1)
            parts.setdefault(part, {})[name] = value
        if parts.keys() != {"best"}:
            self._restore_running(parts)
        self.best, self.history = parts.get("best"), history

    def _restore_running(self, parts: dict[str, dict[str, Tensor]]) -> None:
        self.network.load_state_dict(parts["network"])
        if self.averaged is not None:
            self.averaged.load_state_dict(parts["averaged"])
        moments = {int(part.split(".")[1]): values for part, values in parts.items() if part.startswith("optimiser.")}
        self.optimiser.load_state_dict({"state": moments, "param_groups": self.optimiser.state_dict()["param_groups"]})


class Checkpoint:
    """The file of one training's state; none where nothing is kept."""

    def __init__(self, state: State, folder: CheckpointFolder | None, file: Path | None, *, writes: bool) -> None:
        self._state, self._folder, self._file = state, folder, file
        self._writes = writes and file is not None
        self._saved_at = time.monotonic()

    def restore(self) -> int:
        """Go back to the state of the file, if there is one; how many steps were done then.

        Raises:
            UserError: if the file is damaged.
        """
        if self._file is None or not self._file.exists():
            return 0
        try:
            with safe_open(self._file, framework="pt") as stored:
                tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - it is no dict
                content = json.loads((stored.metadata() or {})["history"])
            content["scores"] = [(int(step), float(score)) for step, score in content["scores"]]
            self._state.restore(tensors, History(**content))
        except (OSError, SafetensorError, RuntimeError, KeyError, ValueError, TypeError) as error:
            raise UserError(f"{self._file}: damaged; remove it to start from the beginning.") from error
        return len(self._state.history.losses)

    def save_when_due(self) -> None:
        """Write the state if the last time is long enough ago."""
        if self._writes and time.monotonic() - self._saved_at >= SECONDS:
            self._save(self._state.tensors())
            self._saved_at = time.monotonic()

    def finish(self) -> None:
        """Write the weights to keep: a learner of several trainings that is stopped in a later one does not repeat this one."""
        if self._writes:
            self._save(self._state.final_tensors())

    def _save(self, tensors: Mapping[str, Tensor]) -> None:
        """A reader never sees half a file."""
        assert self._file is not None and self._folder is not None
        self._file.parent.mkdir(parents=True, exist_ok=True)
        half = self._file.with_suffix(".half")
        copies = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
        save_file(copies, half, metadata={"history": json.dumps(asdict(self._state.history))})
        half.replace(self._file)
        self._folder.note_seconds()


def checkpoint(state: State, *, writes: bool, identity: Callable[[], str]) -> Checkpoint:
    """The checkpoint of the training of that identity in the folder of ``checkpoints``; outside of it, one that keeps nothing."""
    folder = current_folder()
    return Checkpoint(state, folder, None if folder is None else folder.file(identity()), writes=writes)


def identity_of(settings: object, network: nn.Module, batch: Any) -> str:
    """A hash of how a training is set, the weights that it begins with, and its first batch.

    A learner may train several networks under one name, and skip what its process trained before: neither name nor order tells
    which training a state is of.

    >>> identity_of("a", nn.Identity(), np.zeros(2)) == identity_of("a", nn.Identity(), {"x": torch.zeros(2)})
    False
    """
    hasher = sha256(repr(settings).encode())

    def add(part: Any) -> None:
        match part:
            case np.ndarray():
                hasher.update(f"{part.dtype} {part.shape}".encode() + part.tobytes())
            case Tensor():
                hasher.update(f"{part.dtype} {tuple(part.shape)}".encode())
                hasher.update(part.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
            case Mapping():
                for key, value in part.items():
                    hasher.update(str(key).encode())
                    add(value)
            case tuple() | list():
                for value in part:
                    add(value)

    add(network.state_dict())
    add(batch)
    return hasher.hexdigest()[:16]
