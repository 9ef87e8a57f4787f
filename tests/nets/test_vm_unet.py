import pytest
import torch

from vesalius.nets import vm_unet
from vesalius.nets.selective_scan import cross_scan
from vesalius.nets.unet import count_parameters
from vesalius.nets.vm_unet import (
    DIRECTIONS,
    PatchExpanding,
    PatchMerging,
    SelectiveScan2D,
    VisualStateSpaceBlock,
    VMUNet,
)

torch.set_num_threads(1)
DECODER = (2, 2, 2, 1)


@pytest.fixture
def scan():
    torch.manual_seed(0)
    return SelectiveScan2D(6)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return VMUNet(1, 2, width=8)


def features(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_parameters_are_those_of_the_paper():
    # Ruan et al. 2024 (arXiv 2402.02491, and the papers that compare with it): 27.43 M parameters.
    with torch.device("meta"):
        assert count_parameters(VMUNet(3, 1, width=96)) / 1e6 == pytest.approx(27.43, abs=0.01)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (33, 47), (1, 5)])
def test_any_height_and_width_come_back(network, height, width):
    assert network(features(2, 1, height, width)).shape == (2, 2, height, width)


def test_a_gradient_reaches_every_parameter(network):
    network(features(2, 1, 64, 64)).square().mean().backward()
    dead = [name for name, parameter in network.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    assert dead == []


@pytest.mark.parametrize("direction", range(DIRECTIONS))
def test_each_direction_of_the_scan_counts(scan, direction):
    image, whole = features(1, 6, 5, 7), scan(features(1, 6, 5, 7))
    with torch.no_grad():
        scan.skip_RC[direction] = 0
        # What a direction reads into its state is 0.
        scan.maps_RXC[direction, scan.rank :] = 0
    assert not torch.allclose(scan(image), whole)


@pytest.mark.parametrize("direction", range(DIRECTIONS))
def test_a_direction_alone_sees_what_it_has_read_and_nothing_else(scan, direction):
    with torch.no_grad():
        scan.skip_RC[:] = 0
        for other in set(range(DIRECTIONS)) - {direction}:
            scan.maps_RXC[other, scan.rank :] = 0
    image = features(1, 6, 4, 5).requires_grad_()
    scan(image)[0, :, 1, 2].sum().backward()
    seen = image.grad[0].abs().sum(dim=0) > 0
    order = cross_scan(torch.arange(20).reshape(1, 1, 4, 5))[0, direction, 0].tolist()
    expected = order[: order.index(1 * 5 + 2) + 1]
    assert set(seen.flatten().nonzero().flatten().tolist()) == set(expected)


def test_together_the_directions_see_the_whole_image(scan):
    image = features(1, 6, 4, 5).requires_grad_()
    scan(image)[0, :, 1, 2].sum().backward()
    assert (image.grad[0].abs().sum(dim=0) > 0).all()


def test_the_scan_is_equivariant_to_transposition_with_directions_exchanged(scan):
    """Rows of the transposed image are columns of the image."""
    image = features(1, 6, 4, 5)
    turned = SelectiveScan2D(6)
    swapped = [1, 0, 3, 2]
    turned.load_state_dict({name: values[swapped] for name, values in scan.state_dict().items()})
    assert torch.allclose(turned(image.mT).mT, scan(image), atol=1e-6)
    assert not torch.allclose(scan(image.mT).mT, scan(image), atol=1e-4)


def test_steps_start_between_their_bounds_and_decay_at_the_first_whole_numbers(scan):
    steps = torch.nn.functional.softplus(scan.step_bias_RC)
    assert steps.min() >= vm_unet.SHORTEST_STEP * 0.999 and steps.max() <= vm_unet.LONGEST_STEP * 1.001
    assert torch.allclose(scan.log_decay_RCN[2, 3].exp(), torch.arange(1.0, 17))


def test_the_scan_is_selective_its_response_depends_on_what_is_read(scan):
    with torch.no_grad():
        scan.skip_RC[:] = 0
    image = features(1, 6, 4, 5)
    assert not torch.allclose(scan(2 * image), 2 * scan(image), rtol=1e-2)


def test_a_block_gates_what_is_scanned_and_adds_it(network):
    block, tokens = VisualStateSpaceBlock(4), features(1, 3, 5, 4)
    assert not torch.allclose(block(tokens), tokens)
    with torch.no_grad():
        # The second half of the map is the gate: of 0, SiLU gives 0.
        block.into.weight[8:] = 0
    assert torch.equal(block(tokens), tokens)


def test_merging_puts_four_neighbours_together_and_expanding_takes_them_apart():
    merge, tokens = PatchMerging(3), features(1, 4, 6, 3)
    changed = tokens.clone()
    changed[0, 2, 3] += 1
    moved = (merge(tokens) != merge(changed)).any(dim=-1)[0]
    assert moved.nonzero().tolist() == [[1, 1]]
    expand, coarse = PatchExpanding(8, 4), features(1, 2, 3, 8)
    changed = coarse.clone()
    changed[0, 1, 2, 0] += 1
    moved = (expand(coarse) != expand(changed)).any(dim=-1)[0]
    assert moved.sum() == 16 and moved[4:, 8:].all()


def test_the_decoder_has_fewer_blocks_than_the_encoder(network):
    assert [len(stage) for stage in network.encoders] == [2, 2, 2, 2]
    assert [len(stage) for stage in network.decoders] == list(DECODER)


@pytest.mark.parametrize("stage", [1, 2, 3])
def test_skip_connections_are_added_before_tokens_expand(network, stage):
    given, skips, before = {}, {}, {}
    network.expands[stage - 1].register_forward_pre_hook(lambda module, inputs: given.setdefault("sum", inputs[0]))
    network.encoders[4 - stage].register_forward_pre_hook(lambda module, inputs: skips.setdefault("skip", inputs[0]))
    network.decoders[stage - 1].register_forward_hook(lambda module, inputs, output: before.setdefault("tokens", output))
    network(features(1, 1, 64, 64))
    assert torch.equal(given["sum"], before["tokens"] + skips["skip"])
