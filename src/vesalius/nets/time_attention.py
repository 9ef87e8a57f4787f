"""Attention over moments: what was seen at irregular times, told at times of reference."""

import torch
from torch import Tensor, nn

_FAINTEST = -60.0
"""Exponents below the highest are raised to it, so that a variable that was seen only then keeps weights to divide by."""


class TimeEmbedding(nn.Module):
    """A moment as one number that grows with time and others that come and go, all with trained rates and phases."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.grows = nn.Linear(1, 1)
        self.returns = nn.Linear(1, width - 1)

    def forward(self, times: Tensor) -> Tensor:
        """A last axis of ``width`` numbers more."""
        moments = times.unsqueeze(-1)
        return torch.cat([self.grows(moments), torch.sin(self.returns(moments))], -1)


class TimeAttention(nn.Module):
    """At each time of reference a mean of what was seen, weighted by the times alone.

    Multi-time attention of Shukla and Marlin 2021. Each head has its own weights, the softmax over the products of embedded
    times; a variable's mean is over those moments at which it was seen. Weights are of sum 1, so that how often something was
    seen leaves no trace here.

    Args:
        features: D, numbers that are seen at a moment.
        width: of what is told.
        time: width of embedded times.
        heads: how many means of each.
    """

    def __init__(self, features: int, width: int, *, time: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key = nn.Linear(time, time), nn.Linear(time, time)
        self.out = nn.Linear(heads * features, width)

    def forward(self, references_TE: Tensor, moments_BLE: Tensor, values_BLD: Tensor, seen_BLD: Tensor) -> Tensor:
        """B × T × width.

        Args:
            references_TE: embedded times of reference.
            moments_BLE: embedded times of what was seen.
            values_BLD: what was seen; what stands elsewhere is not looked at.
            seen_BLD: whether it was; the last axis may be 1, for all numbers of a moment.
        """
        means_BHTD = self.means(references_TE, moments_BLE, values_BLD, seen_BLD)
        told: Tensor = self.out(means_BHTD.transpose(1, 2).flatten(2))
        return told

    def means(self, references_TE: Tensor, moments_BLE: Tensor, values_BLD: Tensor, seen_BLD: Tensor) -> Tensor:
        """Weighted means, B × heads × T × D; 0 for a variable that was never seen."""
        query_HTE = self.query(references_TE).unflatten(-1, (self.heads, -1)).transpose(0, 1)
        key_BHLE = self.key(moments_BLE).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        products_BHTL = query_HTE / query_HTE.shape[-1] ** 0.5 @ key_BHLE.transpose(2, 3)
        unseen_BL = ~seen_BLD.any(-1)
        products_BHTL = products_BHTL.float().masked_fill(unseen_BL[:, None, None], -torch.inf)
        highest_BHT1 = products_BHTL.amax(-1, keepdim=True).detach().nan_to_num(neginf=0.0)
        # the softmax of every variable over its own moments, without an array of all moments and variables
        weights_BHTL = (products_BHTL - highest_BHT1).clamp(min=_FAINTEST).exp()
        values_BLD = values_BLD.masked_fill(~seen_BLD, 0.0).to(weights_BHTL.dtype)
        sums_BHTD = (weights_BHTL @ seen_BLD.to(weights_BHTL.dtype).unsqueeze(1)).clamp(min=torch.finfo(torch.float32).tiny)
        told_BHTD: Tensor
        if sums_BHTD.shape[-1] == 1:
            # of one mark for all numbers there are fewer weights than means to divide
            told_BHTD = weights_BHTL / sums_BHTD @ values_BLD.unsqueeze(1)
        else:
            told_BHTD = weights_BHTL @ values_BLD.unsqueeze(1) / sums_BHTD
        return told_BHTD
