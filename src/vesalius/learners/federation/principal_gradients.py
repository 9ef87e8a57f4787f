"""FedLD's aggregation: clients' updates along the directions that most of them share."""

import torch
from torch import Tensor


def principal_update(updates_ND: Tensor, keep: float) -> Tensor:
    """The mean of the clients' updates of one layer, each taken along the principal directions of all.

    The eigenvectors of the clients' inner products give the directions. A client's part along a direction keeps its side and is
    given the client's own length times the direction's share of all eigenvalues, so that weak directions, which are those of
    conflict and noise, count little, and those beyond ``keep`` nothing (Zeng et al. 2024, arXiv 2408.12300, as in the authors'
    code, where the turning of directions towards most clients changes no part along them and is left out here).

    Args:
        updates_ND: of N clients, flat.
        keep: share of the directions that are kept.

    >>> agree = torch.tensor([[1.0, 0.0], [2.0, 0.0]])
    >>> principal_update(agree, keep=1.0)
    tensor([1.5000, 0.0000])
    """
    gram_NN = updates_ND @ updates_ND.T / len(updates_ND)
    values_N, vectors_NN = torch.linalg.eigh(gram_NN.double())
    order = values_N.argsort(descending=True)[: max(1, int(keep * len(values_N)))]
    shares = values_N[order].clamp(min=0) / values_N.clamp(min=0).sum().clamp(min=1e-30)
    lengths_N, revised_ND = updates_ND.norm(dim=1), torch.zeros_like(updates_ND)
    for share, vector_N in zip(shares.to(updates_ND.dtype), vectors_NN.T[order].to(updates_ND.dtype)):
        direction_D = updates_ND.T @ vector_N
        length = direction_D.norm()
        if length < 1e-12:
            continue
        direction_D = direction_D / length
        along_N = updates_ND @ direction_D
        revised_ND += (along_N.sign() * share * lengths_N)[:, None] * direction_D
    return revised_ND.mean(dim=0)
