"""Piecewise exponential hazards of many outcomes: their likelihood under censoring, and the survival that they give."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def exposures(times: Tensor, events: Tensor, edges_P: Tensor) -> tuple[Tensor, Tensor]:
    """Time at risk in each piece, and whether the event came in it.

    Args:
        times: to the event or to the end of observation, of any shape; 0 where there is nothing to learn.
        events: of the same shape, whether the event came; false where it was censored.
        edges_P: ascending, from 0; the last piece has no end.

    Returns:
        Two tensors of the shape of the times × P pieces.

    >>> at_risk, came = exposures(torch.tensor([3.0]), torch.tensor([True]), torch.tensor([0.0, 2.0, 5.0]))
    >>> at_risk.tolist(), came.tolist()
    ([[2.0, 1.0, 0.0]], [[0.0, 1.0, 0.0]])
    """
    ends_P = torch.cat([edges_P[1:], edges_P.new_tensor([torch.inf])])
    at_risk = (torch.minimum(times.unsqueeze(-1), ends_P) - edges_P).clamp(min=0)
    inside = (times.unsqueeze(-1) > edges_P) & (times.unsqueeze(-1) <= ends_P)
    return at_risk, (inside & events.unsqueeze(-1)).to(times.dtype)


def piecewise_loss(log_hazards: Tensor, at_risk: Tensor, came: Tensor) -> Tensor:
    """Negative log likelihood, the mean over all outcomes that were at risk of Σ λ·t − [event]·log λ.

    Args:
        log_hazards: of each outcome and piece, ... × P.
        at_risk: time in each piece, of the same shape.
        came: 1 where the event came, of the same shape.

    >>> at_risk, came = exposures(torch.tensor([2.0]), torch.tensor([True]), torch.tensor([0.0]))
    >>> round(float(piecewise_loss(torch.tensor([[-0.6931]]), at_risk, came)), 3)  # 0.5 · 2 − log 0.5
    1.693
    """
    per_outcome = (log_hazards.exp() * at_risk - came * log_hazards).sum(-1)
    watched = at_risk.sum(-1) > 0
    return per_outcome[watched].sum() / watched.sum().clamp(min=1)


def survival(log_hazards_NP: NDArray[np.float64], edges_P: NDArray[np.float64], at_T: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability to live beyond each time, exp(−∫ λ), N × T.

    >>> survival(np.log([[0.1, 0.2]]), np.array([0.0, 2.0]), np.array([1.0, 3.0])).round(3)
    array([[0.905, 0.67 ]])
    """
    ends_P = np.append(edges_P[1:], np.inf)
    spent_TP = np.clip(np.minimum(at_T[:, None], ends_P) - edges_P, 0, None)
    lived: NDArray[np.float64] = np.exp(-np.exp(log_hazards_NP) @ spent_TP.T)
    return lived


class PiecewiseHead(nn.Module):
    """Log hazards of many outcomes in each piece of time: a state gives a vector a piece, an outcome its own vector and rates.

    So outcomes share what a state says of each piece, and a new outcome is a vector and a bias a piece (Steinberg et al. 2024).

    Args:
        width: of a state.
        inner: of the vectors.
        log_rates_KP: of each outcome in each piece without knowing anything, where training begins.
    """

    def __init__(self, width: int, inner: int, log_rates_KP: Tensor) -> None:
        super().__init__()
        self.pieces = log_rates_KP.shape[1]
        self.project = nn.Linear(width, self.pieces * inner)
        self.outcomes_KI = nn.Parameter(torch.randn(len(log_rates_KP), inner) / inner**0.5)
        self.bias_KP = nn.Parameter(log_rates_KP.clone())

    def forward(self, states_NE: Tensor) -> Tensor:
        """Log hazards, N × outcomes × pieces."""
        said_NPI = self.project(states_NE).unflatten(-1, (self.pieces, -1))
        found: Tensor = torch.einsum("npi,ki->nkp", said_NPI, self.outcomes_KI) + self.bias_KP
        return found


def log_rates(at_risk: Tensor, came: Tensor) -> Tensor:
    """Log of events by time at risk over the first axis, each piece drawn to the rate over all of them by half an event.

    So a piece without an event or without exposure has a rate too, whatever the unit of time.

    >>> at_risk, came = torch.tensor([[2.0, 0.0], [3.0, 0.0]]), torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    >>> log_rates(at_risk, came).exp()
    tensor([0.2000, 0.2000])
    """
    time_P, events_P = at_risk.sum(0), came.sum(0)
    pooled = events_P.sum(-1, keepdim=True).clamp(min=0.5) / time_P.sum(-1, keepdim=True).clamp(min=1e-8)
    return ((events_P + 0.5) / (time_P + 0.5 / pooled)).log()
