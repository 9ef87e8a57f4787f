"""MoLoRA: low-rank experts beside a frozen linear layer, of which a router chooses a few for each token."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from vesalius.nets.parts import SCALE, linear_layers, uniform, width


class Router(nn.Module):
    """Says for each token which experts it goes to, and with which weights.

    The probabilities are a softmax over all experts; the k likeliest are chosen, and their weights sum to 1.

    Args:
        inputs: of the layer beside which the experts stand.
        experts: how many there are.
        chosen: k.

    >>> bool(torch.allclose(Router(4, 3, 2)(torch.ones(1, 4))[0].sum(), torch.tensor(1.0)))
    True
    """

    def __init__(self, inputs: int, experts: int, chosen: int) -> None:
        super().__init__()
        self.chosen = chosen
        self.weight = nn.Parameter(uniform(experts, inputs))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Weights of the experts, 0 of those not chosen, and probabilities of all: both ... × experts."""
        probabilities = functional.linear(features, self.weight).softmax(-1)
        top, places = probabilities.topk(self.chosen, dim=-1)
        weights = torch.zeros_like(probabilities).scatter(-1, places, top / top.sum(-1, keepdim=True))
        return weights, probabilities


class Padding:
    """Which of the tokens that a network sees now are none, for its parts to leave them out of what they count."""

    def __init__(self) -> None:
        self.mask: Tensor | None = None

    def watch(self, network: nn.Module) -> None:
        """Note the mask of each batch that the network is given."""
        network.register_forward_pre_hook(self._note, with_kwargs=True)

    def real(self, values: Tensor) -> Tensor:
        """Tokens × values, without those of padding, from batch × length × values."""
        if self.mask is None or self.mask.shape != values.shape[:-1]:
            return values.flatten(0, -2)
        return values[self.mask.bool()]

    def _note(self, network: nn.Module, values: Any, named: dict[str, Any]) -> None:
        self.mask = named.get("attention_mask")


class Experts(nn.Module):
    """A mixture of low-rank experts with its router: s Σ_e w_e(x) B_e A_e x over the chosen e. Each B starts at zero.

    All experts of a layer are computed at once, as one product of rank experts × rank whose middle is multiplied by the router's
    weights: at ranks this low that is cheaper than gathering the tokens of each.

    Args:
        inputs, outputs: of the layer beside which they stand.
        experts: how many.
        chosen: of them for a token.
        rank: of each.
        padding: which tokens are left out of the balance; all count without it.

    Raises:
        ValueError: if more experts are to be chosen than there are.

    >>> Experts(4, 3, experts=8, chosen=2, rank=2)(torch.ones(1, 5, 4)).shape
    torch.Size([1, 5, 3])
    """

    def __init__(
        self, inputs: int, outputs: int, *, experts: int, chosen: int, rank: int, padding: Padding | None = None
    ) -> None:
        super().__init__()
        if not 0 < chosen <= experts:
            raise ValueError(f"{chosen} of {experts} experts: choose at least 1 and at most all.")
        self.router = Router(inputs, experts, chosen)
        self.down = nn.Parameter(uniform(experts, rank, inputs))
        self.up = nn.Parameter(torch.zeros(outputs, experts, rank))
        self.balance: Tensor | None = None
        self._padding = padding or Padding()

    def train(self, mode: bool = True) -> "Experts":
        """A network that answers keeps no balance."""
        self.balance = None
        return super().train(mode)

    def forward(self, features: Tensor) -> Tensor:
        """What is to be added to the layer's output; in training, the balance is kept beside."""
        weights, probabilities = self.router(features)
        if self.training:
            self.balance = balance(self._padding.real(weights), self._padding.real(probabilities))
        hidden = functional.linear(features, self.down.flatten(0, 1))
        weights = weights.repeat_interleave(self.down.shape[1], dim=-1)
        added: Tensor = SCALE * functional.linear(hidden * weights, self.up.flatten(1))
        return added


def balance(weights_TE: Tensor, probabilities_TE: Tensor) -> Tensor:
    """How unevenly tokens go to experts: E Σ_e f_e P_e, with f the share of the choices and P the mean probability of an expert.

    1 where both are even, E where one expert has all (Fedus et al. 2021, arXiv 2101.03961, equation 4, with k choices a token as
    in Mixtral). The gradient goes through P alone.

    >>> even = torch.eye(2)
    >>> float(balance(even, torch.full((2, 2), 0.5)))
    1.0
    >>> float(balance(even[:1], even[:1]))
    2.0
    """
    choices_E = (weights_TE.detach() > 0).float().sum(0)
    return weights_TE.shape[-1] * (choices_E / choices_E.sum() * probabilities_TE.mean(0)).sum()


def mean_balance(network: nn.Module) -> Tensor:
    """``balance`` of the batch that a network in training saw last, averaged over its mixtures.

    Raises:
        ValueError: if it saw none.
    """
    values = [module.balance for module in network.modules() if isinstance(module, Experts) and module.balance is not None]
    if not values:
        raise ValueError("no mixture has seen a batch in training.")
    return torch.stack(values).mean()


def matching_rank(network: nn.Module, parameters: int) -> int:
    """The rank of a LoRA at every linear layer that has as many parameters, to half a rank.

    >>> matching_rank(nn.Sequential(nn.Linear(16, 16)), 1152)
    36
    """
    return max(1, round(parameters / sum(sum(width(layer)) for layer in linear_layers(network).values())))


@contextmanager
def expert_shares(network: nn.Module) -> Iterator[Callable[[], Tensor]]:
    """Count where tokens go while a network runs.

    Yields:
        What gives the counts so far as shares: mixtures × experts, each row summing to 1.

    >>> network = Experts(4, 4, experts=3, chosen=1, rank=1)
    >>> with expert_shares(network) as shares:
    ...     _ = network(torch.ones(2, 4))
    >>> sorted(shares()[0].tolist())
    [0.0, 0.0, 1.0]
    """
    mixtures = [module for module in network.modules() if isinstance(module, Experts)]
    counts = [torch.zeros(len(mixture.down)) for mixture in mixtures]

    def counting(place: int) -> Callable[[nn.Module, Any, tuple[Tensor, Tensor]], None]:
        def count(router: nn.Module, values: Any, given: tuple[Tensor, Tensor]) -> None:
            counts[place] += (given[0].detach() > 0).flatten(0, -2).sum(0).cpu()

        return count

    hooks = [mixture.router.register_forward_hook(counting(place)) for place, mixture in enumerate(mixtures)]
    try:
        yield lambda: torch.stack([count / count.sum() for count in counts])
    finally:
        for hook in hooks:
            hook.remove()
