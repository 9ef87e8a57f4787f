"""MoCo v2: contrast with a queue of earlier images (He et al. 2020, arXiv 1911.05722; Chen et al. 2020, arXiv 2003.04297)."""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional


class MomentumContrast(nn.Module):
    """Two views of an image are to be alike, and unlike the views of other images in a queue.

    The query comes from the encoder, its key from a slow copy of it. Only the query gets gradients. Keys go into the queue and
    push out the oldest.

    Args:
        encoder: gives feature maps B×C×H×W.
        width: their channels.
        embedding: numbers that describe a view.
        queue: keys kept; a multiple of the batch.
        momentum: share that the slow copy keeps of itself in a step.
        temperature: of the contrast.
    """

    queue: Tensor
    place: Tensor

    def __init__(
        self,
        encoder: nn.Module,
        width: int,
        *,
        embedding: int = 128,
        queue: int = 65_536,
        momentum: float = 0.999,
        temperature: float = 0.2,
    ) -> None:
        super().__init__()
        # The head of two layers is what MoCo v2 takes from SimCLR.
        head = [nn.Linear(width, width), nn.ReLU(), nn.Linear(width, embedding)]
        self.query = nn.Sequential(encoder, nn.AdaptiveAvgPool2d(1), nn.Flatten(), *head)
        self.key = deepcopy(self.query).requires_grad_(False)
        self.register_buffer("queue", functional.normalize(torch.randn(queue, embedding), dim=1))
        self.register_buffer("place", torch.zeros((), dtype=torch.long))
        self._momentum, self._temperature = momentum, temperature

    def forward(self, views: tuple[Tensor, Tensor]) -> Tensor:
        """InfoNCE of two views of each image of a batch; in training the slow copy moves on before, and the queue after."""
        if self.training:
            self.update_key_encoder()
        one, other = views
        query_BE = functional.normalize(self.query(one), dim=1)
        with torch.no_grad():
            key_BE = functional.normalize(self._shuffled(other), dim=1)
        loss = info_nce(query_BE, key_BE, self.queue.clone(), self._temperature)
        if self.training:
            self.enqueue(key_BE)
        return loss

    @torch.no_grad()
    def update_key_encoder(self) -> None:
        """Each weight of the slow copy goes the remaining share of the way to the encoder's."""
        for slow, fast in zip(self.key.parameters(), self.query.parameters(), strict=True):
            slow.lerp_(fast, 1 - self._momentum)

    @torch.no_grad()
    def enqueue(self, key_BE: Tensor) -> None:
        """Put keys in the place of the oldest."""
        rows = (int(self.place) + torch.arange(len(key_BE), device=key_BE.device)) % len(self.queue)
        self.queue[rows] = key_BE.to(self.queue.dtype)
        self.place.fill_((int(self.place) + len(key_BE)) % len(self.queue))

    def _shuffled(self, view: Tensor) -> Tensor:
        """Keys, computed in two halves of other members than the queries' batch.

        Batch normalisation would otherwise tell by its statistics which key belongs to which query; the paper shuffles between
        GPUs for that.
        """
        order = torch.randperm(len(view), device=view.device)
        keys = torch.cat([self.key(half) for half in view[order].chunk(2)])
        return keys[order.argsort()]


def info_nce(query_BE: Tensor, key_BE: Tensor, queue_QE: Tensor, temperature: float) -> Tensor:
    """Cross-entropy of telling each query's key from the keys in the queue, all of length 1.

    >>> round(float(info_nce(torch.eye(2), torch.eye(2), torch.zeros(1, 2), 0.5)), 4)
    0.1269
    """
    own_B1 = (query_BE * key_BE).sum(dim=1, keepdim=True)
    logits = torch.cat((own_B1, query_BE @ queue_QE.to(query_BE.dtype).T), dim=1) / temperature
    return functional.cross_entropy(logits, torch.zeros(len(query_BE), dtype=torch.long, device=query_BE.device))
