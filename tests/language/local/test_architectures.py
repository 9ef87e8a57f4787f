from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    DeepseekV3Config,
    Gemma3nTextConfig,
    GptOssConfig,
    Lfm2Config,
    Llama4TextConfig,
    MambaConfig,
    PretrainedConfig,
)

from tests.language.local.conftest import WORDS
from tests.language.local.test_causal import OPTIONS, PROMPTS, plain
from vesalius.errors import UserError
from vesalius.language.backend import Sampling
from vesalius.language.local import Local
from vesalius.language.local.loading import load

KINDS = ["gemma that sees", "gemma of two widths"]


@pytest.mark.parametrize("kind", KINDS)
def test_shared_prefixes_score_as_plain_texts(kind: str, model_folder: Callable[[str], Path]) -> None:
    folder = model_folder(kind)
    for prompt, options, found in zip(PROMPTS, OPTIONS, Local(folder).score(PROMPTS, OPTIONS), strict=True):
        for option, likelihood in zip(options, found.likelihoods, strict=True):
            log_probability, greedy = plain(folder, prompt, option)
            assert likelihood.log_probability == pytest.approx(log_probability, abs=1e-4)
            assert likelihood.greedy == greedy


@pytest.mark.parametrize("kind", KINDS)
def test_greedy_continuations_are_those_of_plain_generation(kind: str, model_folder: Callable[[str], Path]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(model_folder(kind))
    network = AutoModelForCausalLM.from_pretrained(model_folder(kind))
    for prompt, reply in zip(PROMPTS, Local(model_folder(kind)).generate(PROMPTS, Sampling(max_tokens=12)), strict=True):
        known = tokenizer(prompt, return_tensors="pt")["input_ids"]
        made = network.generate(known, max_new_tokens=12, do_sample=False, attention_mask=torch.ones_like(known))
        assert reply.text == tokenizer.decode(made[0, known.shape[1] :], skip_special_tokens=True)


def test_a_model_that_sees_is_as_long_and_as_wide_as_what_reads_in_it(model_folder: Callable[[str], Path]) -> None:
    loaded = load(model_folder("gemma that sees"))
    assert loaded.longest == 96
    assert loaded.bytes_a_token == 2 * 2 * 6 * 4
    (vector,) = Local(loaded).embed(PROMPTS[:1])
    assert vector.shape == (24,) and np.isfinite(vector).all()


def test_keys_and_values_are_counted_layer_by_layer(model_folder: Callable[[str], Path]) -> None:
    assert load(model_folder("gemma of two widths")).bytes_a_token == 2 * (2 * 6 + 2 * 12) * 4


SIZES = {
    "vocab_size": len(WORDS), "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0,
}  # fmt: skip
COMPRESSED = {
    "q_lora_rank": 8, "kv_lora_rank": 8, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8, "v_head_dim": 8, "n_routed_experts": 2,
    "num_experts_per_tok": 1, "n_group": 1, "topk_group": 1, "moe_intermediate_size": 8,
}  # fmt: skip
BORROWED = {
    "head_dim": 8, "num_kv_shared_layers": 1, "vocab_size_per_layer_input": len(WORDS), "hidden_size_per_layer_input": 8,
    "laurel_rank": 4, "layer_types": ["full_attention", "full_attention"], "activation_sparsity_pattern": [0.0, 0.0],
}  # fmt: skip


@pytest.mark.parametrize(
    ("config", "what"),
    [
        (lambda: Lfm2Config(**SIZES, layer_types=["conv", "full_attention"]), "layers of the kind conv"),
        (lambda: MambaConfig(vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=2), "layers of the kind linear_attention"),
        (
            lambda: Llama4TextConfig(**SIZES, head_dim=8, attention_chunk_size=8, num_local_experts=2, intermediate_size_mlp=32),
            "layers of the kind chunked_attention",
        ),
        (lambda: GptOssConfig(**SIZES, num_local_experts=2, head_dim=8), "attention sinks"),
        (lambda: Gemma3nTextConfig(**SIZES, **BORROWED), "layers that use the keys and values of others"),
        (lambda: DeepseekV3Config(**SIZES, **COMPRESSED), "compressed keys and values"),
    ],
)
def test_what_cannot_share_is_refused_when_it_is_loaded(
    config: Callable[[], PretrainedConfig], what: str, model_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    network = AutoModelForCausalLM.from_config(config())
    network.save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(model_folder("llama")).save_pretrained(tmp_path)
    with pytest.raises(UserError, match=f"{type(network).__name__} has {what}, which can't be run here") as raised:
        Local(tmp_path)
    assert str(tmp_path) in str(raised.value)
