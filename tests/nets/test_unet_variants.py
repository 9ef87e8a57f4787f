import pytest
import torch
from torch import nn

from vesalius.nets.unet import UNet, count_parameters
from vesalius.nets.unet_variants import AttentionGate, ResidualBlock, UNetVariant, network

torch.set_num_threads(1)
NAMES = ("u-net", "deeper-u-net", "res-u-net", "attention-u-net", "attention-res-u-net")
WIDTHS = (4, 8, 16)


def image_of(dimensions, size=16):
    return torch.randn(2, 1, *(size,) * dimensions, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("name", NAMES)
def test_any_size_comes_back_and_a_gradient_reaches_every_parameter(name, dimensions):
    torch.manual_seed(0)
    made = network(name, 1, 3, WIDTHS, dimensions)
    size = (17, 9, 12)[:dimensions]
    logits = made(torch.randn(2, 1, *size))
    assert logits.shape == (2, 3, *size)
    logits.square().mean().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in made.parameters())


def test_without_its_parts_a_variant_is_the_u_net():
    plain, variant = UNet(1, 2, WIDTHS).eval(), UNetVariant(1, 2, WIDTHS, residual=False, attention=False).eval()
    variant.load_state_dict(plain.state_dict())
    assert torch.equal(plain(image_of(2)), variant(image_of(2)))


def test_parts_are_where_their_names_say():
    for name in NAMES:
        made = network(name, 1, 2, WIDTHS)
        kinds = [type(module) for module in made.modules()]
        assert (ResidualBlock in kinds) == ("res" in name.split("-"))
        assert kinds.count(AttentionGate) == (len(WIDTHS) - 1 if "attention" in name else 0)
    plain, deeper = (count_parameters(network(name, 1, 2, WIDTHS)) for name in ("u-net", "deeper-u-net"))
    assert deeper > 3 * plain


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_residual_block_adds_its_input(dimensions):
    torch.manual_seed(0)
    block, image = ResidualBlock(1, 4, dimensions).eval(), image_of(dimensions)
    with torch.no_grad():
        block.residual[3].weight.zero_()
    assert torch.equal(block(image), block.shortcut(image).relu())
    with torch.no_grad():
        block.shortcut[0].weight.zero_()
    assert (block(image) == 0).all()


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_gate_multiplies_the_skip_connection_by_a_coefficient_a_place(dimensions):
    torch.manual_seed(0)
    gate, skip = AttentionGate(4, 8, dimensions), torch.randn(1, 4, *(6,) * dimensions)
    signal = torch.randn(1, 8, *(3,) * dimensions)
    coefficients = gate.coefficients(skip, signal)
    assert coefficients.shape == (1, 1, *(6,) * dimensions) and ((coefficients > 0) & (coefficients < 1)).all()
    assert torch.equal(gate(skip, signal), skip * coefficients)
    assert not torch.allclose(gate.coefficients(skip, torch.zeros_like(signal)), coefficients)
    assert not torch.allclose(gate.coefficients(torch.zeros_like(skip), signal), coefficients)


@pytest.mark.parametrize("shut", [True, False])
def test_a_shut_gate_cuts_the_skip_connection_and_an_open_one_leaves_it(shut):
    torch.manual_seed(0)
    gated = UNetVariant(1, 2, WIDTHS, residual=False, attention=True).eval()
    given = []
    for level, decoder in enumerate(gated.decoders):
        decoder.register_forward_pre_hook(lambda module, inputs, level=level: given.append(inputs[0][:, : WIDTHS[level]]))
    skips = [None] * len(WIDTHS)
    for level, encoder in enumerate(gated.encoders):
        encoder.register_forward_hook(lambda module, inputs, output, level=level: skips.__setitem__(level, output))
    for gate in gated.gates:
        nn.init.zeros_(gate.psi.weight)
        nn.init.constant_(gate.psi.bias, -200.0 if shut else 200.0)
    gated(image_of(2))
    for level, received in zip(reversed(range(len(gated.decoders))), given):
        assert torch.equal(received, torch.zeros_like(received) if shut else skips[level])


def test_a_gate_listens_to_the_level_below():
    torch.manual_seed(0)
    gated, image, seen = UNetVariant(1, 2, WIDTHS, residual=True, attention=True).eval(), image_of(2), []
    for gate in gated.gates:
        gate.register_forward_pre_hook(lambda module, inputs: seen.append(inputs))
    gated(image)
    assert [tuple(signal.shape[2:]) for _, signal in seen] == [(4, 4), (8, 8)]
    assert [tuple(skip.shape[2:]) for skip, _ in seen] == [(8, 8), (16, 16)]
