from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    Gemma3Config,
    Gemma3TextConfig,
    Gemma4TextConfig,
    GPT2Config,
    LlamaConfig,
    PretrainedConfig,
    PreTrainedTokenizerFast,
    Qwen3Config,
)

from vesalius.language.local.loading import Loaded, load

_PLAIN = "the pain fever cough drug organ heart liver aspirin a of is in A B C D E F G H : . ?"
WORDS = ["<end>", "<unk>", *_PLAIN.split()]


def _shape(**other: Any) -> dict[str, Any]:
    sizes = {"hidden_size": 24, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "head_dim": 6}
    return {"vocab_size": len(WORDS), "eos_token_id": 0, "bos_token_id": None, "pad_token_id": 0, **sizes, **other}


_LOCAL = {"sliding_window": 6, "layer_types": ["sliding_attention", "full_attention"]}

CONFIGS: dict[str, Callable[[], PretrainedConfig]] = {
    "llama": lambda: LlamaConfig(**_shape(num_key_value_heads=2)),
    "qwen": lambda: Qwen3Config(**_shape(num_key_value_heads=2)),
    "gemma": lambda: Gemma3TextConfig(**_shape(num_key_value_heads=1, **_LOCAL)),
    "gemma that sees": lambda: Gemma3Config(
        text_config=_shape(num_key_value_heads=1, max_position_embeddings=96, **_LOCAL),
        vision_config={
            "hidden_size": 8,
            "intermediate_size": 8,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "image_size": 28,
            "patch_size": 14,
        },
        mm_tokens_per_image=4,
        eos_token_id=0,
    ),
    "gemma of two widths": lambda: Gemma4TextConfig(
        **_shape(num_key_value_heads=2, global_head_dim=12, num_kv_shared_layers=0, hidden_size_per_layer_input=0, **_LOCAL)
    ),
    "gpt2": lambda: GPT2Config(vocab_size=len(WORDS), n_embd=24, n_layer=2, n_head=4, eos_token_id=0, bos_token_id=0),
}


def save_model(kind: str, folder: Path) -> Path:
    torch.manual_seed(0)
    network = AutoModelForCausalLM.from_config(CONFIGS[kind]())
    for parameter in network.parameters():
        parameter.data.mul_(3)  # so that tokens differ clearly in how likely they are
    network.save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=word_level(), eos_token="<end>", unk_token="<unk>").save_pretrained(folder)
    return folder


def word_level() -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def folder(kind: str) -> Path:
        if kind not in made:
            made[kind] = save_model(kind, tmp_path_factory.mktemp(kind))
        return made[kind]

    return folder


@pytest.fixture(scope="session")
def llama(model_folder: Callable[[str], Path]) -> Loaded:
    return load(model_folder("llama"))
