"""What every learner with a network needs: repeatable initial weights, a device, and files of weights."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from vesalius.errors import UserError

N = TypeVar("N", bound=nn.Module)


def device() -> torch.device:
    """The first GPU, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """Within it, what torch draws follows from the seed; outside, its random state is as before.

    >>> with repeatable(0):
    ...     one = torch.rand(1)
    >>> with repeatable(0):
    ...     bool(one == torch.rand(1))
    True
    """
    with torch.random.fork_rng(), torch.backends.cudnn.flags(benchmark=False, deterministic=True):
        torch.manual_seed(seed)
        yield


def new_network(make: Callable[[], N], seed: int, layout: torch.memory_format = torch.preserve_format) -> N:
    """A network with initial weights that follow from the seed, on the device, in a memory layout.

    >>> one, other = (new_network(lambda: nn.Linear(2, 2), 0) for _ in range(2))
    >>> torch.equal(one.weight, other.weight)
    True
    """
    with repeatable(seed):
        network = make()
    return network.to(device(), memory_format=layout)  # type: ignore[call-overload,no-any-return]


def save_network(network: nn.Module, file: Path) -> None:
    """Write the weights and buffers as safetensors."""
    # Clones, because a file cannot hold two names of one memory (tied weights).
    save_file({name: value.detach().cpu().contiguous().clone() for name, value in network.state_dict().items()}, file)


def load_network(network: nn.Module, file: Path) -> None:
    """Take back weights that ``save_network`` wrote for a network of the same shape.

    Raises:
        UserError: if the file is missing, damaged, or of another network.
    """
    try:
        network.load_state_dict(load_file(file))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise UserError(
            f"{file}: missing, damaged, or of another network; give the folder of a saved learner of the same configuration."
        ) from error
