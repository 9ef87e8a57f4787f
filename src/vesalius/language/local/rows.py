"""Texts that begin alike, run through a network together: what they share is computed and held once."""

import copy
import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.language.local.attention import Context, Layers, attending, growing_cache
from vesalius.language.local.inputs import cache_argument, padded

Tokens = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Prefix:
    """The beginning of texts: its tokens, and their keys and values in every layer."""

    tokens: Tokens = ()
    layers: Layers = field(default_factory=list)

    def first(self, count: int) -> "Prefix":
        """Of ``count`` tokens; it takes no memory of its own."""
        if count == 0:
            return Prefix()
        return Prefix(self.tokens[:count], [(keys[:, :count], values[:, :count]) for keys, values in self.layers])


class Rows:
    """Texts with a common prefix, each as far as it has been run.

    Args:
        network: a causal language model that was loaded with ``attention.NAME``.
        prefix: what all begin with.
        count: how many.
    """

    def __init__(self, network: nn.Module, prefix: Prefix, count: int) -> None:
        self._network = network
        self._takes = inspect.signature(network.forward).parameters
        self._prefix = prefix
        self._cache = growing_cache()
        device = next(network.parameters()).device
        self._held_BT = torch.empty(count, 0, dtype=torch.long, device=device)
        self._length_B = torch.full((count,), len(prefix.tokens), dtype=torch.long, device=device)

    def run(self, tokens: Sequence[Tokens], *, last: bool) -> Tensor:
        """Append tokens to each row.

        Args:
            tokens: of each row, one or more.
            last: give only the logits after each row's last token.

        Returns:
            Logits as float32: rows × vocabulary, or rows × tokens × vocabulary, where shorter rows end in rubbish.

        Raises:
            UserError: if the network's attention is not one that can share.
        """
        ends_B = torch.tensor([len(row) - 1 for row in tokens], device=self._held_BT.device)
        rows_B = torch.arange(len(tokens), device=ends_B.device)
        logits: Tensor
        if not last:
            logits = self._forward(tokens).logits
        elif "logits_to_keep" in self._takes:
            kept, places_B = torch.unique(ends_B, return_inverse=True)
            logits = self._forward(tokens, logits_to_keep=kept).logits[rows_B, places_B]
        else:
            logits = self._forward(tokens).logits[rows_B, ends_B]
        return logits.float()

    def states(self, tokens: Tokens) -> Tensor:
        """The last layer's states of the only row, tokens × width, as float32."""
        states: Tensor = self._forward([tokens], output_hidden_states=True).hidden_states[-1][0]
        return states.float()

    @torch.inference_mode()
    def _forward(self, tokens: Sequence[Tokens], **wanted: Any) -> Any:
        ids_BL, real_BL = padded(tokens, self._held_BT.device)
        places_BL = self._length_B[:, None] + torch.arange(ids_BL.shape[1], device=ids_BL.device)
        # padding asks as the first token of its row does: a token that sees nothing would have no softmax
        asking_BL = places_BL.where(real_BL, self._length_B[:, None])
        self._held_BT = torch.cat([self._held_BT, places_BL.masked_fill(~real_BL, -1)], dim=1)
        self._length_B = self._length_B + real_BL.sum(dim=1)
        context = Context(self._prefix.layers, asking_BL, self._held_BT)
        wanted[cache_argument(self._takes)] = self._cache
        with attending(context):
            output = self._network(input_ids=ids_BL, position_ids=asking_BL, use_cache=True, **wanted)
        if not context.layers_run:
            raise UserError(f"{type(self._network).__name__}: its attention can't share a prefix; choose a plain transformer.")
        return output

    def select(self, rows: Sequence[int]) -> None:
        """Keep these rows, in this order; a row that is named twice forks."""
        index = torch.tensor(rows, dtype=torch.long, device=self._held_BT.device)
        self._cache.batch_select_indices(index)
        self._held_BT, self._length_B = self._held_BT[index], self._length_B[index]

    def forked(self, rows: Sequence[int]) -> "Rows":
        """What ``select`` would leave, apart: these stay as they are."""
        forks = copy.copy(self)
        forks._cache = growing_cache()
        forks._cache.layers = [copy.copy(layer) for layer in self._cache.layers]
        forks.select(rows)
        return forks

    def as_prefix(self, tokens: Tokens) -> Prefix:
        """The only row, with the prefix before it, as a prefix: ``tokens`` are what was run in it."""
        own = [(layer.keys[0], layer.values[0]) for layer in self._cache.layers]
        if not self._prefix.tokens:
            return Prefix(tokens, own)
        joined = [
            (torch.cat([keys, new_keys], dim=1), torch.cat([values, new_values], dim=1))
            for (keys, values), (new_keys, new_values) in zip(self._prefix.layers, own, strict=True)
        ]
        return Prefix((*self._prefix.tokens, *tokens), joined)


def extended(network: nn.Module, prefix: Prefix, tokens: Tokens) -> Prefix:
    """The prefix, and the tokens after it."""
    if not tokens:
        return prefix
    rows = Rows(network, prefix, 1)
    rows.run([tokens], last=True)
    return rows.as_prefix(tokens)


def common(texts: Sequence[Tokens]) -> int:
    """How many tokens all begin with.

    >>> common([(1, 2, 3), (1, 2, 4, 5)])
    2
    """
    first, last = min(texts), max(texts)
    return next(
        (place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), min(len(first), len(last))
    )
