"""Low-rank parts as an adapter of the library ``peft``, which it and transformers load without this package."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from vesalius.nets.parts import SCALE, LowRank, held_by, linear_layers

FILE = "adapter_model.safetensors"


def only_low_rank(network: nn.Module) -> bool:
    """Whether all parts beside a network's layers are plain LoRA, so that peft can express them; a router is not."""
    parts = [part for layer in linear_layers(network).values() for part in held_by(layer).values()]
    return bool(parts) and all(isinstance(part, LowRank) for part in parts)


def save_lora(network: nn.Module, folder: Path) -> None:
    """Write the parts of each layer as one LoRA: their factors side by side, for B₁A₁ + B₂A₂ is the product of those.

    Args:
        network: with low-rank parts and no others.
        folder: gets ``adapter_config.json`` and ``adapter_model.safetensors``.

    Raises:
        ValueError: if a part is more than a low-rank product.
    """
    from peft import LoraConfig, TaskType
    from transformers.pytorch_utils import Conv1D

    if not only_low_rank(network):
        raise ValueError("only low-rank parts can be written as LoRA.")
    weights, ranks, transposed = {}, {}, False
    for name, layer in linear_layers(network).items():
        parts = [part for part in held_by(layer).values() if isinstance(part, LowRank)]
        if not parts:
            continue
        down, up = torch.cat([part.down for part in parts]), torch.cat([part.up for part in parts], dim=1)
        for factor, value in (("lora_A", down), ("lora_B", up)):
            weights[f"base_model.model.{name}.{factor}.weight"] = value.detach().cpu().contiguous()
        ranks[name] = len(down)
        transposed = transposed or isinstance(layer, Conv1D)
    rank = max(ranks.values())
    config = LoraConfig(
        task_type=TaskType.CAUSAL_LM,
        r=rank,
        lora_alpha=SCALE * rank,
        target_modules=list(ranks),
        rank_pattern={name: own for name, own in ranks.items() if own != rank},
        alpha_pattern={name: SCALE * own for name, own in ranks.items() if own != rank},
        fan_in_fan_out=transposed,
        inference_mode=True,
    )
    config.save_pretrained(str(folder))
    save_file(weights, folder / FILE)
