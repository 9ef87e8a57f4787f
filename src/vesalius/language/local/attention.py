"""Attention of many rows over one prefix that they share, whose keys and values are held once.

transformers would copy the prefix into every row at every step; here each layer's queries meet the prefix in one product.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface
from transformers.cache_utils import Cache, DynamicLayer

if TYPE_CHECKING:
    from transformers import PreTrainedModel

NAME = "shared_prefix"

_KINDS = frozenset({"full_attention", "sliding_attention"})
"""What transformers calls the layers that can share a prefix."""

_FEW = 8
"""New tokens a row up to which scores are smaller than copies of the prefix."""

Layers = list[tuple[Tensor, Tensor]]
"""Keys and values of each layer, each heads × tokens × width."""


@dataclass(slots=True)
class Context:
    """What the attention of one forward pass needs beside queries, keys and values.

    Attributes:
        prefix: keys and values that all rows share; of no tokens, or of the first positions.
        asking_BL: position of each new token in its text.
        asked_BT: position of each token that the rows hold, the new ones included; -1 where there is none.
        layers_run: which layers have asked, so that a network whose attention lies elsewhere is noticed.
    """

    prefix: Layers
    asking_BL: Tensor
    asked_BT: Tensor
    layers_run: set[int] = field(default_factory=set)
    _seen: dict[int | None, Tensor] = field(default_factory=dict)
    _biases: dict[tuple[int | None, int], Tensor] = field(default_factory=dict)

    def seen(self, window: int | None) -> Tensor:
        """Which tokens of the prefix and of its row each new one sees, batch × new × all: the same in every layer of a window."""
        if window not in self._seen:
            ours_BLT = _within(self.asking_BL, self.asked_BT, window)
            if self.prefix:
                places_1T = torch.arange(self.prefix[0][0].shape[1], device=self.asking_BL.device)[None]
                ours_BLT = torch.cat([_within(self.asking_BL, places_1T, window), ours_BLT], dim=-1)
            self._seen[window] = ours_BLT
        return self._seen[window]

    def bias(self, window: int | None, group: int, dtype: torch.dtype) -> Tensor:
        """What is added to the scores of the ``group`` heads that share a key, so that no token sees what it may not."""
        if (window, group) not in self._biases:
            hidden_BLT = ~self.seen(window)
            bias_BLT = torch.zeros_like(hidden_BLT, dtype=dtype).masked_fill(hidden_BLT, float("-inf"))
            self._biases[window, group] = bias_BLT.repeat(1, group, 1)[:, None]
        return self._biases[window, group]

    @property
    def alone(self) -> bool:
        """One row without a prefix or a past: plain causal attention."""
        return not self.prefix and self.asking_BL.shape[0] == 1 and self.asking_BL.shape[1] == self.asked_BT.shape[1]


def hindrance(network: "PreTrainedModel") -> str | None:
    """What a network has, in a few words, that keeps its texts from sharing a prefix here; None for a plain transformer."""
    config = network.config.get_text_config()
    others = sorted(set(getattr(config, "layer_types", None) or ()) - _KINDS)
    if others:
        return f"layers of the kind {' and '.join(others)}"
    if getattr(config, "num_kv_shared_layers", None):
        return "layers that use the keys and values of others"
    if getattr(config, "kv_lora_rank", None):
        return "compressed keys and values"
    if any(name.endswith(".sinks") for name, _ in network.named_parameters()):
        return "attention sinks"
    return None


_context: ContextVar[Context] = ContextVar("what attention needs")


@contextmanager
def attending(context: Context) -> Iterator[None]:
    """Within, networks that were loaded with this attention use ``context``."""
    token = _context.set(context)
    try:
        yield
    finally:
        _context.reset(token)


def shared_prefix_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    sliding_window: int | None = None,
    softcap: float | None = None,
    **other: Any,
) -> tuple[Tensor, None]:
    """As transformers calls it: query batch × heads × new × width, key and value batch × fewer heads × held × width.

    Raises:
        NotImplementedError: if the network wants attention sinks.
    """
    if other.get("s_aux") is not None:
        raise NotImplementedError("attention sinks")
    context, layer = _context.get(), int(getattr(module, "layer_idx"))  # noqa: B009 - every attention of transformers has it
    context.layers_run.add(layer)
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    if context.alone and softcap is None and (sliding_window is None or query.shape[2] <= sliding_window):
        plain = functional.scaled_dot_product_attention(query, key, value, is_causal=True, scale=scaling, enable_gqa=True)
        return plain.transpose(1, 2).contiguous(), None
    if softcap is None and query.shape[2] > _FEW:
        return _joined(context, layer, query, key, value, scaling, sliding_window), None
    return _apart(context, layer, query * scaling, key, value, sliding_window, softcap), None


def _joined(
    context: Context, layer: int, query: Tensor, key: Tensor, value: Tensor, scaling: float, window: int | None
) -> Tensor:
    """Torch's own attention over row and prefix, copied into every row: of many new tokens the scores would be larger."""
    batch, heads, new, width = query.shape
    few, group = key.shape[1], heads // key.shape[1]
    if context.prefix:
        prefix_key, prefix_value = (states.expand(batch, -1, -1, -1) for states in context.prefix[layer])
        key, value = torch.cat([prefix_key, key], dim=2), torch.cat([prefix_value, value], dim=2)
    asking_BKQD = query.reshape(batch, few, group * new, width)
    out = functional.scaled_dot_product_attention(
        asking_BKQD, key, value, attn_mask=context.bias(window, group, query.dtype), scale=scaling
    )
    return out.reshape(batch, heads, new, -1).transpose(1, 2).contiguous()


def _apart(
    context: Context, layer: int, query: Tensor, key: Tensor, value: Tensor, window: int | None, softcap: float | None
) -> Tensor:
    """All rows' queries meet the one prefix in one product, and each row's own tokens in another."""
    batch, heads, new, width = query.shape
    few, group = key.shape[1], heads // key.shape[1]
    asking_BKQD = query.reshape(batch, few, group * new, width)
    scores = asking_BKQD @ key.transpose(2, 3)
    if context.prefix:
        prefix_key, prefix_value = context.prefix[layer]
        asking_KRD = asking_BKQD.transpose(0, 1).reshape(few, batch * group * new, width)
        on_prefix = (asking_KRD @ prefix_key.transpose(1, 2)).reshape(few, batch, group * new, -1).transpose(0, 1)
        scores = torch.cat([on_prefix, scores], dim=-1)
    weights = _weights(scores.reshape(batch, few, group, new, -1), context.seen(window), softcap).reshape(
        batch, few, group * new, -1
    )
    held = key.shape[2]
    out = weights[..., -held:] @ value
    if context.prefix:
        of_prefix = weights[..., :-held].transpose(0, 1).reshape(few, batch * group * new, -1) @ prefix_value
        out = out + of_prefix.reshape(few, batch, group * new, -1).transpose(0, 1)
    return out.reshape(batch, heads, new, -1).transpose(1, 2).contiguous()


def _within(asking_BL: Tensor, asked_BT: Tensor, window: int | None) -> Tensor:
    """Which tokens each new one sees: what stands before it or is itself, within the window."""
    asking, asked = asking_BL[:, :, None], asked_BT[:, None, :]
    seen = (asked >= 0) & (asked <= asking)
    return seen if window is None else seen & (asking - asked < window)


def _weights(scores: Tensor, seen_BLT: Tensor, softcap: float | None) -> Tensor:
    if softcap is not None:
        scores = torch.tanh(scores / softcap) * softcap
    hidden_BLT = ~seen_BLT.expand(scores.shape[0], -1, -1)
    scores = scores.masked_fill(hidden_BLT[:, None, None], torch.finfo(scores.dtype).min)
    return torch.softmax(scores, dim=-1, dtype=torch.float32).to(scores.dtype)


class GrowingLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values of one layer, written into space that is taken ahead: a step copies its own token, not all before it."""

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append, and give all."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self._space = (key_states[:, :, :0], value_states[:, :, :0])
            self.keys, self.values = self._space
        held, new = self.keys.shape[2], key_states.shape[2]
        if self._space[0].shape[2] < held + new or self._space[0].shape[0] != self.keys.shape[0]:
            self._space = (_roomy(self.keys, new), _roomy(self.values, new))
        for space, states in zip(self._space, (key_states, value_states), strict=True):
            space[:, :, held : held + new] = states
        self.keys, self.values = (space[:, :, : held + new] for space in self._space)
        return self.keys, self.values

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep these rows, repeated where they are named again."""
        self.keys, self.values = self.keys[indices], self.values[indices]
        self._space = (self.keys, self.values)


def _roomy(states: Tensor, new: int) -> Tensor:
    """A copy with space for the new tokens and half as many again as there are then."""
    batch, heads, held, width = states.shape
    space = states.new_empty(batch, heads, (held + new) * 3 // 2 + 8, width)
    space[:, :, :held] = states
    return space


def growing_cache() -> Cache:
    """For rows that are continued."""
    return Cache(layer_class_to_replicate=GrowingLayer)


AttentionInterface.register(NAME, shared_prefix_attention)
