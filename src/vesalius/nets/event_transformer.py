"""A causal transformer over timed events, which knows when they happened rather than in which place they stand."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

_SLOWEST = 1e-4
"""Turn a day of the slowest pair of numbers: about half a circle in a life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSize:
    """How large the transformer is.

    Attributes:
        width: numbers that describe an event.
        depth, heads: layers, and heads of each.
        dropout: share of numbers put to zero in training.
    """

    width: int
    depth: int
    heads: int
    dropout: float = 0.1


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events of B patients, the last L of each, filled up in front.

    Attributes:
        codes_BL: places in the vocabulary; 0 where there is no event.
        ages_BL: days since birth.
        numbers_BL: standardised values; 0 where there is none.
        valued_BL: whether there is one.
    """

    codes_BL: Tensor
    ages_BL: Tensor
    numbers_BL: Tensor
    valued_BL: Tensor


class EventTransformer(nn.Module):
    """States of events, each of which has seen itself and what came before.

    Attention turns queries and keys by the age at the event (rotary positions, Su et al. 2021), so that it depends on the time
    between two events, as MOTOR has it.
    """

    def __init__(self, vocabulary: int, size: EventSize) -> None:
        super().__init__()
        self.codes = nn.Embedding(vocabulary, size.width, padding_idx=0)
        self.values = nn.Linear(2, size.width, bias=False)
        self.age = nn.Linear(1, size.width)
        self.layers = nn.ModuleList(_Layer(size) for _ in range(size.depth))
        self.norm = nn.LayerNorm(size.width)

    def forward(self, batch: EventBatch) -> Tensor:
        """B × L × width; what stands where there is no event means nothing."""
        valued_BL = batch.valued_BL.to(batch.numbers_BL.dtype)
        decades_BL1 = (batch.ages_BL / 3652.5 - 6).unsqueeze(-1)
        values_BL2 = torch.stack([batch.numbers_BL, valued_BL], -1)
        states_BLE = self.codes(batch.codes_BL) + self.values(values_BL2) + self.age(decades_BL1)
        length = batch.codes_BL.shape[1]
        before_LL = torch.ones(length, length, dtype=torch.bool, device=states_BLE.device).tril()
        seen_BLL = before_LL & (batch.codes_BL != 0).unsqueeze(1)
        # an event sees itself even where there is none, so that no row of the softmax is empty
        seen_BLL = seen_BLL | torch.eye(length, dtype=torch.bool, device=states_BLE.device)
        for layer in self.layers:
            states_BLE = layer(states_BLE, batch.ages_BL, seen_BLL)
        found: Tensor = self.norm(states_BLE)
        return found


class _Layer(nn.Module):
    def __init__(self, size: EventSize) -> None:
        super().__init__()
        self.heads, self.dropout = size.heads, size.dropout
        self.before, self.after = nn.LayerNorm(size.width), nn.LayerNorm(size.width)
        self.mixed = nn.Linear(size.width, 3 * size.width)
        self.out = nn.Linear(size.width, size.width)
        self.inner = nn.Sequential(nn.Linear(size.width, 4 * size.width), nn.GELU(), nn.Linear(4 * size.width, size.width))

    def forward(self, states_BLE: Tensor, ages_BL: Tensor, seen_BLL: Tensor) -> Tensor:
        parts = self.mixed(self.before(states_BLE)).unflatten(-1, (3, self.heads, -1))
        query, key, value = (part.transpose(1, 2) for part in parts.unbind(2))
        query, key = turned(query, ages_BL), turned(key, ages_BL)
        heard = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen_BLL.unsqueeze(1))
        states_BLE = states_BLE + functional.dropout(self.out(heard.transpose(1, 2).flatten(2)), self.dropout, self.training)
        return states_BLE + functional.dropout(self.inner(self.after(states_BLE)), self.dropout, self.training)


def turned(vectors_BHLD: Tensor, ages_BL: Tensor) -> Tensor:
    """Each pair of numbers turned by an angle that grows with age, from one radian a day down to ``1e-4``.

    >>> vector, ages = torch.randn(1, 1, 2, 4), torch.tensor([[100.0, 130.0]])
    >>> later = turned(vector, ages + 5000)
    >>> products = [(one[0, 0, 0] * one[0, 0, 1]).sum() for one in (turned(vector, ages), later)]
    >>> bool(torch.isclose(*products, atol=1e-3))  # the time between them alone counts
    True
    """
    half = vectors_BHLD.shape[-1] // 2
    speeds_D = _SLOWEST ** (torch.arange(half, device=ages_BL.device, dtype=torch.float64) / max(1, half - 1))
    angles_B1LD = (ages_BL.double().unsqueeze(-1) * speeds_D).unsqueeze(1)
    cosine, sine = angles_B1LD.cos().to(vectors_BHLD.dtype), angles_B1LD.sin().to(vectors_BHLD.dtype)
    first, second = vectors_BHLD[..., :half], vectors_BHLD[..., half:]
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)
