import copy

import pytest
import torch
from torch import nn

from vesalius.nets import int4
from vesalius.nets.packed import PackedLinear, pack, stored_bytes


def layer(inputs=256, outputs=64, *, bias=True):
    torch.manual_seed(0)
    return nn.Linear(inputs, outputs, bias=bias)


def test_at_eight_bits_no_weight_moves_by_more_than_half_a_scale_of_its_row():
    plain = layer(40, 6)
    packed = PackedLinear(plain, 8)
    half = plain.weight.abs().amax(dim=1, keepdim=True) / 127 / 2
    assert ((packed.weight - plain.weight).abs() <= half * 1.001).all()
    assert packed.codes.dtype == torch.int8


def test_at_four_bits_the_weights_are_those_of_the_other_module():
    plain = layer()
    assert torch.equal(PackedLinear(plain, 4, group=32).weight, int4.quantise(copy.deepcopy(plain), group=32).weight)


@pytest.mark.parametrize("bias", [True, False])
def test_a_packed_layer_computes_with_its_weight_and_bias(bias):
    plain = layer(bias=bias)
    packed = PackedLinear(plain, 8)
    states = torch.randn(3, 5, 256)
    expected = states @ packed.weight.T + (plain.bias if bias else 0)
    torch.testing.assert_close(packed(states), expected)
    assert not packed(states).requires_grad and packed(states.half()).dtype == torch.float16


def test_bytes_fall_to_about_a_quarter_and_an_eighth_and_errors_rise():
    plain = nn.Sequential(layer(bias=False))
    errors, sizes = {}, {}
    for bits in (8, 4):
        packed = pack(copy.deepcopy(plain), bits)
        errors[bits] = (packed[0].weight - plain[0].weight).norm()
        sizes[bits] = stored_bytes(packed) / stored_bytes(plain)
    assert errors[8] < errors[4] / 8
    assert 0.25 < sizes[8] < 0.27 and 0.125 < sizes[4] < 0.155


def test_embeddings_and_a_head_that_shares_their_weight_stay():
    embedding, head, inner = nn.Embedding(9, 4), nn.Linear(4, 9, bias=False), nn.Linear(4, 4)
    head.weight = embedding.weight
    network = pack(nn.ModuleList([embedding, head, inner]), 8)
    assert [type(part) for part in network] == [nn.Embedding, nn.Linear, PackedLinear]
    assert type(pack(nn.Sequential(layer()), 8, keep=("0",))[0]) is nn.Linear


def test_packed_numbers_are_saved_and_loaded_into_a_network_of_other_weights():
    torch.manual_seed(0)
    scales = {"0": torch.rand(64) + 0.5}
    one = pack(nn.Sequential(nn.Linear(64, 8)), 4, scales=scales)
    other = pack(nn.Sequential(nn.Linear(64, 8)), 4)
    other.load_state_dict(one.state_dict())
    states = torch.randn(2, 64)
    assert torch.equal(one(states), other(states))


def test_a_row_of_zeros_stays():
    plain = nn.Linear(3, 1, bias=False)
    plain.weight.data.zero_()
    assert PackedLinear(plain, 8).weight.tolist() == [[0, 0, 0]]
