import copy

import pytest
import torch
from torch import nn

from vesalius.nets.activation_aware import input_scales
from vesalius.nets.packed import pack


def network_and_inputs(loud):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 8))
    sizes = torch.ones(64)
    sizes[::16] = loud
    return network, torch.randn(200, 64) * sizes


def both(network, inputs):
    plain = pack(copy.deepcopy(network), 4)
    aware = pack(copy.deepcopy(network), 4, scales=input_scales(network, lambda: network(inputs)))
    return plain, aware


@pytest.mark.parametrize("loud", [1.0, 30.0])
def test_outputs_are_no_farther_than_by_plain_rounding_and_nearer_where_channels_are_loud(loud):
    network, inputs = network_and_inputs(loud)
    plain, aware = (packed[0](inputs) for packed in both(network, inputs))
    wanted = network[0](inputs)
    ratio = (aware - wanted).norm() / (plain - wanted).norm()
    assert ratio < 1.01 and (ratio < 0.7) == (loud > 1)


def test_a_loud_channel_is_kept_more_exactly_on_new_inputs_too():
    network, inputs = network_and_inputs(30.0)
    plain, aware = (packed(inputs[100:]) for packed in both(network, inputs[:100]))
    wanted = network(inputs[100:])
    assert (aware - wanted).norm() < 0.8 * (plain - wanted).norm()


def test_the_network_stays_as_it_is_and_forgets_the_hooks():
    network, inputs = network_and_inputs(30.0)
    before = copy.deepcopy(network.state_dict())
    scales = input_scales(network, lambda: network(inputs))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not network[0]._forward_pre_hooks
    assert scales.keys() == {"0", "2"} and input_scales(network, lambda: network[0](inputs)).keys() == {"0"}
