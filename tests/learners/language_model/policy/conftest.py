from collections.abc import Callable

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoModelForCausalLM, Gemma3TextConfig, GPT2Config, LlamaConfig, PreTrainedTokenizerFast, Qwen3Config

WORDS = ["<end>", "a", "b", "c", "d", "e", "f", "g", "X", "?"]
_SHAPE = {
    "vocab_size": len(WORDS),
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 8,
    "max_position_embeddings": 32,
    "eos_token_id": 0,
    "bos_token_id": None,
    "pad_token_id": 0,
}
CONFIGS = {
    "llama": lambda: LlamaConfig(**_SHAPE),
    "qwen": lambda: Qwen3Config(**_SHAPE),
    "gemma": lambda: Gemma3TextConfig(**_SHAPE, sliding_window=3, layer_types=["sliding_attention", "full_attention"]),
    "gpt2": lambda: GPT2Config(
        vocab_size=len(WORDS), n_embd=16, n_layer=2, n_head=2, n_positions=32, eos_token_id=0, bos_token_id=0, pad_token_id=0
    ),
}


@pytest.fixture
def network() -> Callable[..., torch.nn.Module]:
    """Makes a tiny random model of ten tokens."""

    def make(kind: str = "llama", sharpness: float = 1.0) -> torch.nn.Module:
        torch.manual_seed(0)
        made = AutoModelForCausalLM.from_config(CONFIGS[kind](), attn_implementation="sdpa")
        for parameter in made.parameters():
            parameter.data.mul_(sharpness)  # so that tokens differ clearly in how likely they are
        return made.eval()

    return make


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerFast:
    words = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<end>", unk_token="?")
