"""Language models from a folder or a file."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from torch import nn

from vesalius.errors import UserError
from vesalius.language.local.attention import NAME, hindrance

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_WEIGHTS = ("*.safetensors", "*.gguf")
_SETTINGS = (
    "config.json",
    "generation_config.json",
    "tokenizer*",
    "chat_template*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab*",
    "merges.txt",
    "*.model",
)
_SHIPPED = "d954fa93eedf"
"""Digest of the shipped base model's settings, which its identity leaves out: evidence was made under that name."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A network ready to answer, its tokenizer, and what tells it from others."""

    network: "PreTrainedModel"
    tokenizer: "PreTrainedTokenizerBase"
    identity: str

    @property
    def ends(self) -> frozenset[int]:
        """Tokens that end a text: what the tokenizer and the model's own settings call so."""
        settings = self.network.generation_config.eos_token_id
        named = settings if isinstance(settings, list) else [settings]
        return frozenset(int(token) for token in (*named, self.tokenizer.eos_token_id) if token is not None)

    @property
    def longest(self) -> int:
        """Tokens of the longest text that the model takes."""
        return int(getattr(self._config, "max_position_embeddings", 2**31))

    @property
    def bytes_a_token(self) -> int:
        """Of keys and values in all layers."""
        config = self._config
        # layers may differ in width, as Gemma 4's do
        layers = config.per_layer_config if getattr(config, "is_heterogeneous", False) else [config] * config.num_hidden_layers
        return int(2 * sum(map(_width, layers)) * next(self.network.parameters()).element_size())

    @property
    def bytes_a_choice(self) -> int:
        """Of a token's logits and log-probabilities, over the whole vocabulary as float32."""
        return int(2 * 4 * self._config.vocab_size)

    @property
    def _config(self) -> Any:
        """Of what reads text, where the model reads images too."""
        return self.network.config.get_text_config()


def load(path: Path, adapter: Path | None = None) -> Loaded:
    """A causal language model in the Hugging Face layout, or in a GGUF file, with an adapter of peft on it or not.

    Nothing is unpickled, no code that comes with a model is run, and nothing is downloaded.

    Args:
        path: a folder with ``config.json`` and safetensors, or a ``.gguf`` file, which is read as float32.
        adapter: a folder that peft saved.

    Raises:
        UserError: if something is missing, damaged, or of an architecture that is not known or can't share what texts begin with.
    """
    from transformers import AutoModelForCausalLM

    if is_seq2seq(path):
        raise UserError(f"{path}: not a causal language model, for it has an encoder; open it with Seq2Seq.")
    network, tokenizer = _read(path, AutoModelForCausalLM, "a causal language model", attn_implementation=NAME)
    if what := hindrance(network):
        raise UserError(
            f"{path}: {type(network).__name__} has {what}, which can't be run here; serve it (vLLM can) and name its address."
        )
    if adapter is None:
        return _loaded(path, network, tokenizer, [])
    network = _adapted(network, adapter)
    return _loaded(path, network, tokenizer, _found(adapter, (*_WEIGHTS, "adapter_config.json")))


def load_seq2seq(path: Path) -> Loaded:
    """An encoder-decoder model in the Hugging Face layout, under the same care.

    Args:
        path: a folder with ``config.json`` and safetensors.

    Raises:
        UserError: if something is missing, damaged, or of an architecture that is not known.
    """
    from transformers import AutoModelForSeq2SeqLM

    network, tokenizer = _read(path, AutoModelForSeq2SeqLM, "an encoder-decoder model")
    return _loaded(path, network, tokenizer, [])


def is_seq2seq(path: Path) -> bool:
    """Whether the folder of a model says that it has an encoder and a decoder."""
    try:
        settings = json.loads((path / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(settings, dict) and settings.get("is_encoder_decoder") is True


def _read(path: Path, kind: Any, meant: str, **settings: Any) -> "tuple[PreTrainedModel, PreTrainedTokenizerBase]":
    from transformers import AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    folder, options = _named(path)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, **options)
        network = kind.from_pretrained(folder, local_files_only=True, use_safetensors=True, dtype="auto", **settings, **options)
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        raise UserError(f"{path}: not {meant} that can be read ({_first_line(error)}).") from error
    return network, tokenizer


def _loaded(path: Path, network: Any, tokenizer: "PreTrainedTokenizerBase", more: list[Path]) -> Loaded:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return Loaded(network.eval().to(device), tokenizer, identity_of(path, more))


def identity_of(path: Path, more: Sequence[Path] = ()) -> str:
    """The name of a model's folder or file, and a digest of its weights, of the settings beside them and of ``more`` files."""
    if path.is_file():
        return f"{path.name}@{_digest([path, *more])}"
    settings = _found(path, _SETTINGS)
    told = [] if _digest(settings) == _SHIPPED else settings
    return f"{path.name}@{_digest([*_found(path, _WEIGHTS), *told, *more])}"


def _named(path: Path) -> tuple[Path, dict[str, str]]:
    """The folder, and what transformers must be told."""
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise UserError(f"{path}: no config.json; name a folder of a model in the Hugging Face layout.")
        return path, {}
    if path.suffix == ".gguf" and path.is_file():
        return path.parent, {"gguf_file": path.name}
    raise UserError(f"{path}: neither a folder nor a .gguf file; name a model.")


def _adapted(network: nn.Module, adapter: Path) -> nn.Module:
    from peft import PeftModel

    if not (adapter / "adapter_model.safetensors").is_file():
        raise UserError(f"{adapter}: no adapter_model.safetensors; name a folder that peft saved.")
    try:
        adapted: nn.Module = PeftModel.from_pretrained(network, str(adapter)).merge_and_unload()
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        raise UserError(f"{adapter}: does not fit the model ({_first_line(error)}).") from error
    return adapted


def _width(layer: Any) -> int:
    """Of a token's keys in a layer."""
    heads = getattr(layer, "num_key_value_heads", None) or layer.num_attention_heads
    return int(heads * (getattr(layer, "head_dim", None) or layer.hidden_size // layer.num_attention_heads))


def _found(folder: Path, patterns: Sequence[str]) -> list[Path]:
    return sorted({file for pattern in patterns for file in folder.glob(pattern) if file.is_file()})


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()[:12]


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:200]
