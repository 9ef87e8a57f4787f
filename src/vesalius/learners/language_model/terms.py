"""A term of the objective beside the loss of a trainer, whichever trainer it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from vesalius.learners.language_model.networks import plain_network

Term = Callable[[], Tensor]
"""Gives a number that depends on trained parameters, and may depend on what the network has just computed."""


@contextmanager
def with_term(network: nn.Module, term: Term) -> Iterator[None]:
    """Within, each backward pass through a network in training also descends on a term, as if it were added to the loss.

    The term joins the graph at the last states, where its gradient is one whatever the loss is: DeepSeekMoE (Dai et al. 2024,
    arXiv 2401.06066) adds the balance of its experts so. The loss that a trainer notes is without it.

    Args:
        network: a causal language model of transformers, wrapped by peft or not.
        term: called once a forward pass, after all layers.
    """
    body = plain_network(network).base_model
    handle = body.register_forward_hook(lambda module, given, output: _joined(module, output, term))
    try:
        yield
    finally:
        handle.remove()


def _joined(body: nn.Module, output: Any, term: Term) -> Any:
    if body.training and torch.is_grad_enabled():
        output.last_hidden_state = _Join.apply(output.last_hidden_state, term())  # type: ignore[no-untyped-call]
    return output


class _Join(torch.autograd.Function):
    """The states as they are; backwards, a gradient of one for the term."""

    @staticmethod
    def forward(context: Any, states: Tensor, term: Tensor) -> Tensor:
        context.term = (term.dtype, term.device)
        return states.view_as(states)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        dtype, place = context.term
        return gradients[0], torch.ones((), dtype=dtype, device=place)
