"""Which client holds which record."""

import numpy as np
from numpy.typing import NDArray

from vesalius.errors import UserError


def dirichlet_partition(classes_N: NDArray[np.integer], *, clients: int, alpha: float, seed: int) -> list[NDArray[np.int64]]:
    """Records of each class divided among the clients by shares from Dirichlet(α): the smaller α, the more uneven.

    Hsu et al. 2019 (arXiv 1909.06335). Drawn again until every client has at least two records.

    Args:
        classes_N: of the records.
        clients: how many.
        alpha: concentration.
        seed: equal seeds give equal partitions.

    Raises:
        UserError: if there are fewer than two records a client, or no draw of 1,000 gives every client two.

    >>> parts = dirichlet_partition(np.array([0, 1] * 20), clients=3, alpha=0.5, seed=0)
    >>> sorted(np.concatenate(parts)) == list(range(40))
    True
    """
    if len(classes_N) >= 2 * clients:
        random = np.random.default_rng(seed)
        for _ in range(1000):
            parts = _drawn(classes_N, clients, alpha, random)
            if min(map(len, parts)) >= 2:
                return parts
    raise UserError(f"{len(classes_N)} records cannot be divided among {clients} clients at alpha {alpha}; use fewer clients.")


def _drawn(classes_N: NDArray[np.integer], clients: int, alpha: float, random: np.random.Generator) -> list[NDArray[np.int64]]:
    holder_N = np.empty(len(classes_N), dtype=np.int64)
    for kind in np.unique(classes_N):
        members = random.permutation(np.flatnonzero(classes_N == kind))
        cuts = np.round(np.cumsum(random.dirichlet(np.full(clients, alpha)))[:-1] * len(members)).astype(int)
        for client, part in enumerate(np.split(members, cuts)):
            holder_N[part] = client
    return [np.flatnonzero(holder_N == client) for client in range(clients)]
