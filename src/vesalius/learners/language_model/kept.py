"""Files of tuned language models: an adapter, the numbers that differ from the base's, or the whole model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.learners.kept_file import kept
from vesalius.learners.language_model.adapted import Rebuild, Tuned
from vesalius.learners.language_model.networks import opened_network
from vesalius.learners.training import save_histories

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

MODEL = "model"
"""Folder of the adapter or model."""

CHANGED = "changed.safetensors"
DESCRIPTION = "tuned.json"


def save_tuned(tuned: Tuned, tokenizer: "PreTrainedTokenizerBase", folder: Path, base: Callable[[], Path] | None) -> None:
    """Write a tuned network as what it is.

    Args:
        tuned: what tuning gave.
        tokenizer: goes with a whole model.
        folder: an existing one.
        base: gives the folder of the base, where only what differs from it is to be written.
    """
    from peft import PeftModel

    network = tuned.network
    if isinstance(network, PeftModel):
        network.save_pretrained(str(folder / MODEL), save_embedding_layers=False)
    elif base is not None:
        save_file(_changed(network, opened_network(base())[0]), folder / CHANGED)
    else:
        network.save_pretrained(folder / MODEL)  # type: ignore[operator]
        tokenizer.save_pretrained(folder / MODEL)
    (folder / DESCRIPTION).write_text(json.dumps({"trained_parameters": tuned.trained_parameters}) + "\n", encoding="utf-8")
    save_histories(tuned.histories, folder)


def load_tuned(folder: Path, base: Callable[[], Path], rebuild: Rebuild | None) -> tuple[Tuned, "PreTrainedTokenizerBase"]:
    """Take back what ``save_tuned`` wrote; an adapter is merged into the weights.

    Raises:
        UserError: if it is missing, damaged, or of another base.
    """
    with kept(folder / DESCRIPTION) as described:
        trained = int(described["trained_parameters"])
    if (folder / MODEL / "adapter_config.json").exists():
        network, tokenizer = opened_network(base(), folder / MODEL)
    elif rebuild is None:
        network, tokenizer = opened_network(folder / MODEL)
    else:
        plain, tokenizer = opened_network(base())
        return Tuned(_filled(rebuild(plain), folder / CHANGED), trained), tokenizer
    return Tuned(network, trained), tokenizer


def _changed(network: nn.Module, base: nn.Module) -> dict[str, Tensor]:
    """The tensors that the base has not, or has with other numbers."""
    before = base.state_dict()
    return {
        name: value.detach().cpu().contiguous().clone()
        for name, value in network.state_dict().items()
        if name not in before or not _same(value, before[name])
    }


def _same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and one.dtype == other.dtype and bool(torch.equal(one.cpu(), other.cpu()))


def _filled(network: nn.Module, file: Path) -> nn.Module:
    try:
        wrong = network.load_state_dict(load_file(file), strict=False).unexpected_keys
    except (OSError, SafetensorError, RuntimeError) as error:
        raise UserError(f"{file}: missing, damaged, or of another network; save the learner again.") from error
    if wrong:
        raise UserError(f"{file}: has {wrong[0]}, which the network has not; load it into a learner of the same kind.")
    return network.eval()
