"""Parameter-efficient fine-tuning of any network in one call, on top of the library ``peft``."""

from collections.abc import Iterator, Sequence
from typing import Literal, get_args

from torch import nn

from vesalius.errors import UserError

Method = Literal["lora", "dora", "ia3", "bitfit"]
METHODS: tuple[Method, ...] = get_args(Method)


def adapt(network: nn.Module, method: Method, *, rank: int = 8, heads: Sequence[str] = ()) -> nn.Module:
    """The network, changed in place, with only the parameters of the method trainable; at first it answers as it did.

    - ``lora``: low-rank updates beside weights (Hu et al. 2022, arXiv 2106.09685);
    - ``dora``: the same with a magnitude for each output (Liu et al. 2024, arXiv 2402.09353);
    - ``ia3``: a factor for each output (Liu et al. 2022, arXiv 2205.05638);
    - ``bitfit``: the biases that are there (Ben-Zaken et al. 2022, arXiv 2106.10199).

    The first three are put at every linear and convolutional layer but heads, the output layer of a language model (whose weight
    may be that of its input), grouped convolutions, and layers of which the library has no adapted form (transposed convolutions,
    ``nn.MultiheadAttention``).

    Args:
        network: a U-Net, a transformer, a language model, or a part of one.
        method: what is trained.
        rank: of an update, at ``lora`` and ``dora``.
        heads: names of parts that are trained in full besides, such as a new classification layer.

    Raises:
        UserError: if the network has nothing that the method could train, or no part of the name of a head.

    >>> network = adapt(nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(4, 2)), "lora", rank=2, heads=("2",))
    >>> sorted({name.split(".")[1] for name, each in network.named_parameters() if each.requires_grad})
    ['bias', 'lora_A', 'lora_B', 'weight']
    """
    network.requires_grad_(False)
    full = [_part(network, head) for head in heads]
    if method == "bitfit":
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(name.rsplit(".", 1)[-1] == "bias")
    else:
        _inject(network, method, rank, heads)
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise UserError(f"method {method!r}: {type(network).__name__} has no layer that it could train; choose another method.")
    for part in full:
        part.requires_grad_(True)
    return network


def merge(network: nn.Module) -> nn.Module:
    """The network, changed in place, with updates and factors folded into its weights: as it was built, with the same outputs.

    >>> network = adapt(nn.Sequential(nn.Linear(4, 2)), "lora", rank=2)
    >>> merge(network)
    Sequential(
      (0): Linear(in_features=4, out_features=2, bias=True)
    )
    """
    from peft.tuners.tuners_utils import BaseTunerLayer

    adapted = [(name, module) for name, module in network.named_modules() if isinstance(module, BaseTunerLayer)]
    for name, module in adapted:
        module.merge()
        above, _, own = name.rpartition(".")
        setattr(network.get_submodule(above), own, module.get_base_layer())
    return network


def trained_share(network: nn.Module) -> float:
    """Parameters that training changes, as a share of all.

    >>> trained_share(adapt(nn.Linear(3, 1), "bitfit"))
    0.25
    """
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in network.parameters()]
    return sum(size for size, trained in sizes if trained) / sum(size for size, _ in sizes)


def _inject(network: nn.Module, method: Method, rank: int, heads: Sequence[str]) -> None:
    from peft import IA3Config, LoraConfig, inject_adapter_in_model

    targets = [name for name in _layers(network) if not any(_within(name, head) for head in heads)]
    if not targets:
        return
    low_rank = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=targets, use_dora=method == "dora")
    factors = IA3Config(target_modules=targets, feedforward_modules=[])
    inject_adapter_in_model(factors if method == "ia3" else low_rank, network)


def _layers(network: nn.Module) -> Iterator[str]:
    """Names of the layers that can be adapted."""
    output = getattr(network, "get_output_embeddings", lambda: None)()
    held = [name for name, module in network.named_modules() if isinstance(module, nn.MultiheadAttention)]
    for name, module in network.named_modules():
        if not name or module is output or any(_within(name, attention) for attention in held):
            continue
        if isinstance(module, nn.Linear) or (isinstance(module, nn.Conv2d | nn.Conv3d) and module.groups == 1):
            yield name


def _within(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


def _part(network: nn.Module, name: str) -> nn.Module:
    try:
        return network.get_submodule(name)
    except AttributeError as error:
        parts = ", ".join(child for child, _ in network.named_children())
        raise UserError(f"heads: {type(network).__name__} has no part {name!r}; it has {parts}.") from error
