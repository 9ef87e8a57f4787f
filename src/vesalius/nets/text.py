"""Small networks that read texts, trained from nothing: a sentence encoder, and readers that score an answer beside a context."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

PADDING = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformerSize:
    """How large a transformer encoder is.

    Attributes:
        width: numbers that describe a token; the inner layers have four times as many.
        depth, heads: layers, and heads of each.
        positions: tokens of the longest text.
        dropout: share of numbers put to zero in training.
    """

    width: int = 128
    depth: int = 2
    heads: int = 4
    positions: int = 256
    dropout: float = 0.1


def transformer(vocabulary: int, size: TransformerSize) -> nn.Module:
    """A BERT of transformers with random weights (Devlin et al. 2019)."""
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=size.width,
        num_hidden_layers=size.depth,
        num_attention_heads=size.heads,
        intermediate_size=4 * size.width,
        max_position_embeddings=size.positions,
        hidden_dropout_prob=size.dropout,
        attention_probs_dropout_prob=size.dropout,
        pad_token_id=PADDING,
    )
    made: nn.Module = BertModel(config, add_pooling_layer=False)
    return made


class SentenceEncoder(nn.Module):
    """Texts as unit vectors: the mean over the tokens of a transformer's last layer (Reimers and Gurevych 2019)."""

    def __init__(self, vocabulary: int, size: TransformerSize) -> None:
        super().__init__()
        self.transformer = transformer(vocabulary, size)

    def forward(self, ids_BL: Tensor) -> Tensor:
        """From token numbers, 0 where a text has ended, to vectors of length 1, texts × width."""
        mask_BL = ids_BL != PADDING
        states_BLE = self.transformer(input_ids=ids_BL, attention_mask=mask_BL.long()).last_hidden_state
        kept_BL1 = mask_BL.unsqueeze(-1).to(states_BLE.dtype)
        mean_BE = (states_BLE * kept_BL1).sum(1) / kept_BL1.sum(1).clamp(min=1)
        return functional.normalize(mean_BE, dim=1)


def multiple_negatives_loss(questions_BE: Tensor, passages_BE: Tensor, scale: float = 20.0) -> Tensor:
    """Multiple negatives ranking: each question's own passage among those of its batch (Henderson et al. 2017).

    Mean over i of −log(exp(scale · cos(qᵢ, pᵢ)) / Σⱼ exp(scale · cos(qᵢ, pⱼ))).

    Args:
        questions_BE: unit vectors.
        passages_BE: unit vectors; the one of a row is right for the question of that row.
        scale: one over the temperature; 20 in sentence-transformers.

    Returns:
        One number.

    >>> same = torch.eye(2)
    >>> losses = [multiple_negatives_loss(same, passages, scale=1.0) for passages in (same, same.flip(0))]
    >>> [round(float(loss), 4) for loss in losses]
    [0.3133, 1.3133]
    """
    scores_BB = scale * questions_BE @ passages_BE.T
    return functional.cross_entropy(scores_BB, torch.arange(len(scores_BB), device=scores_BB.device))


class MaxOutReader(nn.Module):
    """A bidirectional GRU over the context and over question with option, each by its maximum over the tokens (Jin et al. 2021).

    What scores the option sees both vectors, their product and their distance (Conneau et al. 2017).
    """

    def __init__(self, vocabulary: int, width: int, *, dropout: float = 0.2) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=PADDING)
        self.gru = nn.GRU(width, width, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Sequential(nn.Linear(8 * width, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, contexts_BL: Tensor, asked_BM: Tensor) -> Tensor:
        """Scores of contexts with the question and option that each belongs to, one a row."""
        context_BE, asked_BE = self.maximum(contexts_BL), self.maximum(asked_BM)
        compared = torch.cat([context_BE, asked_BE, context_BE * asked_BE, (context_BE - asked_BE).abs()], dim=1)
        scores: Tensor = self.head(self.dropout(compared)).squeeze(1)
        return scores

    def maximum(self, ids_BL: Tensor) -> Tensor:
        """The largest of each state over the tokens of a text, texts × 2 width; what fills it up is not looked at."""
        lengths_B = (ids_BL != PADDING).sum(1).cpu()
        embedded = self.dropout(self.embedding(ids_BL))
        packed = pack_padded_sequence(embedded, lengths_B, batch_first=True, enforce_sorted=False)
        states_BLE, _ = pad_packed_sequence(self.gru(packed)[0], batch_first=True, padding_value=-torch.inf)
        return states_BLE.amax(1)


class PairReader(nn.Module):
    """A transformer over context, question and option in one text, scored at [CLS] as BERT is fine-tuned (Devlin et al. 2019)."""

    def __init__(self, vocabulary: int, size: TransformerSize) -> None:
        super().__init__()
        self.transformer = transformer(vocabulary, size)
        self.head = nn.Linear(size.width, 1)

    def forward(self, ids_BL: Tensor, types_BL: Tensor) -> Tensor:
        """Scores, one a row; types are 1 for question and option."""
        mask_BL = (ids_BL != PADDING).long()
        states_BLE = self.transformer(input_ids=ids_BL, attention_mask=mask_BL, token_type_ids=types_BL).last_hidden_state
        scores: Tensor = self.head(states_BLE[:, 0]).squeeze(1)
        return scores
