"""Predicting from a few events of many: a scorer that looks at each event alone, and a transformer over those that it takes."""

import torch
from torch import Tensor, nn

from vesalius.nets.event_transformer import EventBatch, EventSize


class EventVectors(nn.Module):
    """An event as numbers: its code, its value, and how long before the prediction it was."""

    def __init__(self, vocabulary: int, width: int) -> None:
        super().__init__()
        self.codes = nn.Embedding(vocabulary, width, padding_idx=0)
        self.values = nn.Linear(2, width, bias=False)
        self.since = nn.Linear(2, width)

    def forward(self, batch: EventBatch) -> Tensor:
        """B × L × width; ages are days before the prediction here."""
        valued_BL2 = torch.stack([batch.numbers_BL, batch.valued_BL.to(batch.numbers_BL.dtype)], -1)
        found: Tensor = self.codes(batch.codes_BL) + self.values(valued_BL2) + self.since(_times(batch.ages_BL))
        return found


def _times(days_BL: Tensor) -> Tensor:
    return torch.stack([torch.log1p(days_BL.clamp(min=0)) / 8, days_BL / 3652.5], -1)


class Retriever(nn.Module):
    """A score from 0 to 1 for an event, whatever else there is, so that a history of any length is scored piece by piece."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(width, width),
            nn.LayerNorm(width),
            nn.ReLU(),
            nn.Linear(width, width // 2),
            nn.ReLU(),
            nn.Linear(width // 2, 1),
        )

    def forward(self, vectors_BLE: Tensor) -> Tensor:
        """B × L."""
        found: Tensor = torch.sigmoid(self.layers(vectors_BLE)).squeeze(-1)
        return found


class Predictor(nn.Module):
    """A transformer over events in any number, the mean of its states, one logit."""

    def __init__(self, size: EventSize) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(
            size.width, size.heads, 4 * size.width, size.dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, size.depth, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(size.width)
        self.out = nn.Linear(size.width, 1)

    def forward(self, vectors_BKE: Tensor, there_BK: Tensor) -> Tensor:
        """Logits of B sets of events."""
        # a set without any event sees its empty places, so that no row of the softmax is empty
        unseen_BK = ~there_BK & there_BK.any(1, keepdim=True)
        states_BKE = self.norm(self.encoder(vectors_BKE, src_key_padding_mask=unseen_BK))
        kept_BK1 = there_BK.unsqueeze(-1).to(states_BKE.dtype)
        mean_BE = (states_BKE * kept_BK1).sum(1) / kept_BK1.sum(1).clamp(min=1)
        found: Tensor = self.out(mean_BE).squeeze(-1)
        return found


class RetrievedEvents(nn.Module):
    """REMed (Kim et al. 2024): what predicts and what retrieves learn in turns, each while the other stands still.

    *Predictor path*: the events with the highest scores go into the transformer, which learns from the outcome. *Retriever path*:
    the transformer predicts from each of these events alone, and the mean of its probabilities, weighted by the scores, is held
    against the outcome, so that scores rise for events that alone tell it. Prediction takes the first path.
    """

    def __init__(self, vocabulary: int, size: EventSize, kept: int) -> None:
        super().__init__()
        self.kept = kept
        self.vectors = EventVectors(vocabulary, size.width)
        self.retriever = Retriever(size.width)
        self.predictor = Predictor(size)

    def scores(self, batch: EventBatch) -> Tensor:
        """Of every event, B × L; -1 where there is none."""
        found: Tensor = torch.where(batch.codes_BL != 0, self.retriever(self.vectors(batch).detach()), -1.0)
        return found

    def forward(self, batch: EventBatch, retrieves: bool = False) -> Tensor:
        """Logits of the predictor path or, to learn what to retrieve, of the retriever path: only its scores have a gradient."""
        return self._from_single_events(batch) if retrieves else self._from_all(batch)

    def _from_all(self, batch: EventBatch) -> Tensor:
        with torch.no_grad():
            scores_BL = self.scores(batch)
        at_BK, there_BK = _highest(scores_BL, self.kept)
        logits: Tensor = self.predictor(_taken(self.vectors(batch), at_BK), there_BK)
        return logits

    def _from_single_events(self, batch: EventBatch) -> Tensor:
        scores_BL = self.scores(batch)
        at_BK, there_BK = _highest(scores_BL.detach(), self.kept)
        with torch.no_grad():
            single = _taken(self.vectors(batch), at_BK).flatten(0, 1).unsqueeze(1)
            alone_BK = torch.sigmoid(self.predictor(single, torch.ones_like(single[..., 0], dtype=torch.bool))).view_as(at_BK)
        weights_BK = torch.where(there_BK, scores_BL.gather(1, at_BK), 0.0) + 1e-10
        said_B = (weights_BK * alone_BK).sum(1) / weights_BK.sum(1)
        return torch.logit(said_B, eps=1e-6)


class PooledEvents(nn.Module):
    """The largest of each number over all events, and a small network: nothing is left out, and no two events meet."""

    def __init__(self, vocabulary: int, size: EventSize) -> None:
        super().__init__()
        self.vectors = EventVectors(vocabulary, size.width)
        self.events = nn.Sequential(nn.Linear(size.width, size.width), nn.GELU(), nn.Linear(size.width, size.width))
        self.out = nn.Sequential(nn.Linear(size.width, size.width), nn.GELU(), nn.Linear(size.width, 1))

    def forward(self, batch: EventBatch) -> Tensor:
        """Logits."""
        states_BLE = self.events(self.vectors(batch)).masked_fill((batch.codes_BL == 0).unsqueeze(-1), -torch.inf)
        found: Tensor = self.out(states_BLE.amax(1)).squeeze(-1)
        return found


def _highest(scores_BL: Tensor, kept: int) -> tuple[Tensor, Tensor]:
    """Places of the highest scores, and whether there is an event."""
    values_BK, at_BK = scores_BL.topk(min(kept, scores_BL.shape[1]), dim=1)
    return at_BK, values_BK >= 0


def _taken(vectors_BLE: Tensor, at_BK: Tensor) -> Tensor:
    return vectors_BLE.gather(1, at_BK.unsqueeze(-1).expand(-1, -1, vectors_BLE.shape[-1]))
