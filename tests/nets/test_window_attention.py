import pytest
import torch

from vesalius.nets.unet import count_parameters
from vesalius.nets.vm_unet import VisualStateSpaceBlock, VMUNet
from vesalius.nets.window_attention import WINDOW, WindowBlock, swin_unet

torch.set_num_threads(1)


@pytest.mark.parametrize("width", [8, 16, 96])
def test_the_transformer_has_the_parameters_of_vm_unet_within_five_percent(width):
    with torch.device("meta"):
        target = count_parameters(VMUNet(3, 2, width=width))
        transformer = swin_unet(3, 2, parameters=target, widths=(width,))
    assert count_parameters(transformer) == pytest.approx(target, rel=0.05)
    assert not any(isinstance(module, VisualStateSpaceBlock) for module in transformer.modules())


def test_of_several_widths_the_usual_perceptron_decides():
    with torch.device("meta"):
        network = swin_unet(3, 2, parameters=27_430_000)
    block = network.encoders[0][0].block
    assert block.mlp_ratio == pytest.approx(4, abs=0.5)


def test_too_few_parameters_are_refused():
    with pytest.raises(ValueError, match="give it more"):
        swin_unet(1, 2, parameters=1000)


@pytest.mark.parametrize("place", [0, 1])
def test_a_token_sees_its_window_and_every_second_window_is_shifted(place):
    torch.manual_seed(0)
    block = WindowBlock(8, place, heads=2, ratio=2)
    tokens = torch.randn(1, 14, 14, 8).requires_grad_()
    block(tokens)[0, 7, 7].sum().backward()
    seen = (tokens.grad[0].abs().sum(dim=-1) > 0).nonzero()
    shift = WINDOW // 2 if place else 0
    first = 7 if not place else shift
    assert seen.min() == first and seen.max() == first + WINDOW - 1 and len(seen) == WINDOW**2


def test_any_size_comes_back_and_a_gradient_reaches_every_parameter():
    torch.manual_seed(0)
    network = swin_unet(1, 2, parameters=900_000)
    # Coarse stages are smaller than a window, where relative places far apart do not occur; a large image has all.
    logits = network(torch.randn(1, 1, 225, 230))
    assert logits.shape == (1, 2, 225, 230)
    logits.square().mean().backward()
    dead = [name for name, parameter in network.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    assert dead == []
