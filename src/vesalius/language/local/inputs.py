"""What networks of transformers are given, whatever runs them."""

from collections.abc import Container, Sequence

import torch
from torch import Tensor


def padded(rows: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Tokens of rows of different lengths, and which of them are no padding: both rows × the longest.

    >>> ids, real = padded([(7, 8), (9,)], torch.device("cpu"))
    >>> ids.tolist(), real.tolist()
    ([[7, 8], [9, 0]], [[True, True], [True, False]])
    """
    longest = max(map(len, rows))
    ids_BL = torch.tensor([[*row, *([0] * (longest - len(row)))] for row in rows], device=device)
    lengths_B = torch.tensor([len(row) for row in rows], device=device)
    return ids_BL, torch.arange(longest, device=device) < lengths_B[:, None]


def cache_argument(takes: Container[str]) -> str:
    """What a network that takes these arguments calls its cache: another name since transformers 5.20.

    >>> cache_argument(("input_ids", "cache")), cache_argument(("input_ids", "past_key_values"))
    ('cache', 'past_key_values')
    """
    return "cache" if "cache" in takes else "past_key_values"
