"""Classes of a patient from its codes, each of which is a token, and a few numbers: by a transformer or by an LSTM."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

Reader = Literal["transformer", "rnn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSize:
    """How large a network is.

    Attributes:
        width: numbers that describe a code, and of the LSTM's state.
        depth: layers.
        heads: of the transformer.
        dropout: share of numbers put to zero in training.
    """

    width: int
    depth: int
    heads: int
    dropout: float = 0.1


class CodeSequence(nn.Module):
    """Reads the numbers of a patient as the first token and its codes behind it.

    The transformer has no positions and takes the mean of its states, so that the order of codes, which are a set, means nothing;
    the LSTM reads them in their order and takes its last state (the two deep models of ClinicalBench, Chen et al. 2024, which
    see the whole bag of codes as one token, so that neither has a sequence to read there).

    Args:
        reader: which.
        vocabulary: codes; their tokens are 1, 2, …, and 0 is none.
        numbers: other covariates.
        classes: to tell apart.
        size: of the network.
    """

    def __init__(self, reader: Reader, *, vocabulary: int, numbers: int, classes: int, size: CodeSize) -> None:
        super().__init__()
        self.codes = nn.Embedding(vocabulary + 1, size.width, padding_idx=0)
        self.numbers = nn.Linear(numbers, size.width)
        self.read: nn.Module
        if reader == "transformer":
            layer = nn.TransformerEncoderLayer(
                size.width, size.heads, 4 * size.width, dropout=size.dropout, batch_first=True, norm_first=True
            )
            self.read = nn.TransformerEncoder(layer, size.depth, enable_nested_tensor=False)
        else:
            self.read = nn.LSTM(
                size.width, size.width, size.depth, batch_first=True, dropout=size.dropout if size.depth > 1 else 0.0
            )
        self.out = nn.Linear(size.width, classes)

    def forward(self, codes_BL: Tensor, numbers_BP: Tensor) -> Tensor:
        """Logits B × classes, from codes that are filled up with 0 behind and standardised numbers."""
        states_BLE = torch.cat([self.numbers(numbers_BP).unsqueeze(1), self.codes(codes_BL)], 1)
        there_BL = torch.cat([torch.ones_like(codes_BL[:, :1], dtype=torch.bool), codes_BL > 0], 1)
        if isinstance(self.read, nn.LSTM):
            found_BLE = self.read(states_BLE)[0]
            last_B = there_BL.sum(1) - 1
            state_BE = found_BLE[torch.arange(len(last_B), device=last_B.device), last_B]
        else:
            found_BLE = self.read(states_BLE, src_key_padding_mask=~there_BL)
            weights_BL = there_BL.to(found_BLE.dtype)
            state_BE = (found_BLE * weights_BL.unsqueeze(-1)).sum(1) / weights_BL.sum(1, keepdim=True)
        logits: Tensor = self.out(state_BE)
        return logits
