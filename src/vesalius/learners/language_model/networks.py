"""Language models between training and answering."""

import copy
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from vesalius.language.local import Local
from vesalius.language.local.attention import NAME
from vesalius.language.local.loading import Loaded, load

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PLAIN = "sdpa"


def opened_network(folder: Path, adapter: Path | None = None) -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    """A causal language model to be trained: in float32, with torch's own attention, in evaluation mode.

    Args:
        folder: in the Hugging Face layout.
        adapter: a folder that peft saved, which is merged into the weights.

    Raises:
        UserError: if it can't be read.
    """
    loaded = load(folder, adapter)
    network = loaded.network.float()
    network.set_attn_implementation(PLAIN)
    return network, loaded.tokenizer


def as_backend(network: nn.Module, tokenizer: "PreTrainedTokenizerBase", name: str = "trained") -> Local:
    """Ask a network that is in memory, with an adapter on it or not, without saving or copying its weights.

    The network itself stays as it is and may be trained on. The backend keeps what prompts share: after further training make
    a new one.

    Args:
        network: a causal language model of transformers, changed in place or wrapped by peft or not.
        tokenizer: of it.
        name: by which its identity calls it, beside the digest of the weights.
    """
    twin = _twin(plain_network(network))
    twin.set_attn_implementation(NAME)
    return Local(Loaded(twin.eval(), tokenizer, f"{name}@{weights_digest(network)}"))


def plain_network(network: nn.Module) -> "PreTrainedModel":
    """The model of transformers, out of the wrapper of peft; layers of an adapter stay in it."""
    from peft import PeftModel

    inner: PreTrainedModel = network.get_base_model() if isinstance(network, PeftModel) else network
    return inner


def weights_digest(network: nn.Module) -> str:
    """Twelve digits that tell these weights from others."""
    digest = hashlib.sha256()
    for name, value in network.state_dict().items():
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()[:12]


def _twin(network: "PreTrainedModel") -> "PreTrainedModel":
    """Modules and settings of its own, over the same weights."""
    shared = {id(tensor): tensor for tensor in (*network.parameters(), *network.buffers())}
    return copy.deepcopy(network, shared)
