"""Several kinds of data in one state: taken up in sequence by modules, or side by side."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn


class SequentialFusion(nn.Module):
    """A state that one module a modality changes in turn, and that every task reads after each of them.

    MultiModN of Swamy et al. 2023. The state begins as trained numbers. A module sees the state and its modality, and is passed
    over for a record that lacks it, so that nothing stands for what is missing.

    Args:
        sizes: numbers of each modality, in the order in which they are taken up.
        tasks: how many, each with one logit.
        width: of the state.
    """

    def __init__(self, sizes: Mapping[str, int], tasks: int, width: int) -> None:
        super().__init__()
        self.names = tuple(sizes)
        self.begin = nn.Parameter(torch.zeros(width))
        self.encoders = nn.ModuleList(_mlp(width + size, width) for size in sizes.values())
        self.decoders = nn.ModuleList(nn.Linear(width, 1) for _ in range(tasks))

    def forward(self, values: Sequence[Tensor], present_BM: Tensor) -> tuple[Tensor, Tensor]:
        """Logits after each step and how far the state moved.

        Args:
            values: of each modality, B × its size; what is absent is not looked at.
            present_BM: which modalities a record has.

        Returns:
            Logits B × (modalities + 1) × tasks, the first before any modality, and squared changes of the state B × modalities.
        """
        state_BE = self.begin.expand(len(present_BM), -1)
        said, moved = [self._read(state_BE)], []
        for encoder, value_BD, present_B in zip(self.encoders, values, present_BM.unbind(1), strict=True):
            changed_BE = torch.where(present_B.unsqueeze(1), encoder(torch.cat([state_BE, value_BD], 1)), state_BE)
            moved.append((changed_BE - state_BE).square().mean(1))
            state_BE = changed_BE
            said.append(self._read(state_BE))
        return torch.stack(said, 1), torch.stack(moved, 1)

    def _read(self, state_BE: Tensor) -> Tensor:
        return torch.cat([decoder(state_BE) for decoder in self.decoders], 1)


class ParallelFusion(nn.Module):
    """Each modality encoded by itself, zeros where it is missing, all put beside one another and read (the baseline P-Fusion)."""

    def __init__(self, sizes: Mapping[str, int], tasks: int, width: int) -> None:
        super().__init__()
        self.names = tuple(sizes)
        self.encoders = nn.ModuleList(_mlp(size, width) for size in sizes.values())
        self.decoders = nn.ModuleList(_mlp(width * len(sizes), width, 1) for _ in range(tasks))

    def forward(self, values: Sequence[Tensor], present_BM: Tensor) -> tuple[Tensor, Tensor]:
        """As ``SequentialFusion``, with one step; nothing moves."""
        filled = [value_BD * present_B.unsqueeze(1) for value_BD, present_B in zip(values, present_BM.unbind(1), strict=True)]
        both_BE = torch.cat([encoder(value_BD) for encoder, value_BD in zip(self.encoders, filled, strict=True)], 1)
        said_BT = torch.cat([decoder(both_BE) for decoder in self.decoders], 1)
        return said_BT.unsqueeze(1), said_BT.new_zeros(len(said_BT), 0)


def modular_loss(said_BST: Tensor, moved_BM: Tensor, present_BM: Tensor, targets_BT: Tensor, *, change: float) -> Tensor:
    """Cross-entropy of every task after every step that was taken, their mean, and the mean change of the state with its weight.

    Args:
        said_BST: logits after S steps: all modalities and the beginning, or the last alone.
        moved_BM: squared changes of the state.
        present_BM: a step without its modality is none.
        targets_BT: 0 or 1.
        change: weight of the changes.

    >>> logits, targets = torch.zeros(1, 1, 1), torch.ones(1, 1)
    >>> round(float(modular_loss(logits, torch.zeros(1, 0), torch.ones(1, 2, dtype=torch.bool), targets, change=0.0)), 4)
    0.6931
    """
    steps = said_BST.shape[1]
    taken_BS = torch.ones(len(said_BST), steps, dtype=torch.bool, device=said_BST.device)
    if steps > 1:
        taken_BS[:, 1:] = present_BM
    wanted_BST = targets_BT.unsqueeze(1).expand_as(said_BST).to(said_BST.dtype)
    error_BST = nn.functional.binary_cross_entropy_with_logits(said_BST, wanted_BST, reduction="none")
    error = (error_BST.mean(2) * taken_BS).sum() / taken_BS.sum()
    return error + change * moved_BM.mean() if moved_BM.numel() else error


def _mlp(size: int, width: int, out: int | None = None) -> nn.Module:
    return nn.Sequential(nn.Linear(size, width), nn.ReLU(), nn.Linear(width, width if out is None else out))
