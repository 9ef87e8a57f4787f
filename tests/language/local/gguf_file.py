"""A tiny Llama in a GGUF file, with a tokenizer of byte pairs."""

from pathlib import Path

import torch
from gguf import GGUFWriter
from transformers import LlamaConfig, LlamaForCausalLM

_TOKENS = ["<end>", "<unk>", *"abcdefghijklmnopqrstuvwxyz", "Ġ", ".", "Ġa", "he", "the"]
_MERGES = ["Ġ a", "h e", "t he"]
_WIDTH, _INNER, _HEADS, _LONGEST = 32, 64, 2, 64
_NAMES = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
_IN_LAYER = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def save_gguf(path: Path) -> Path:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(_TOKENS),
        hidden_size=_WIDTH,
        intermediate_size=_INNER,
        num_hidden_layers=1,
        num_attention_heads=_HEADS,
        num_key_value_heads=_HEADS,
        max_position_embeddings=_LONGEST,
    )
    names = _NAMES | {f"model.layers.0.{name}": f"blk.0.{short}" for name, short in _IN_LAYER.items()}
    file = GGUFWriter(str(path), "llama")
    _describe(file)
    for name, weight in LlamaForCausalLM(config).state_dict().items():
        file.add_tensor(f"{names[name.removesuffix('.weight')]}.weight", weight.numpy())
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()
    return path


def _describe(file: GGUFWriter) -> None:
    file.add_block_count(1)
    file.add_context_length(_LONGEST)
    file.add_embedding_length(_WIDTH)
    file.add_feed_forward_length(_INNER)
    file.add_head_count(_HEADS)
    file.add_head_count_kv(_HEADS)
    file.add_layer_norm_rms_eps(1e-6)
    file.add_rope_freq_base(10_000.0)
    file.add_vocab_size(len(_TOKENS))
    file.add_tokenizer_model("gpt2")
    file.add_tokenizer_pre("smollm")
    file.add_token_list(_TOKENS)
    file.add_token_types([3, 3, *(1 for _ in _TOKENS[2:])])
    file.add_token_merges(_MERGES)
    file.add_bos_token_id(0)
    file.add_eos_token_id(0)
    file.add_unk_token_id(1)
