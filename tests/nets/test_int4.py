import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from vesalius.nets.int4 import packed, quantise, unpacked, weight_bytes


@settings(max_examples=40)
@given(st.integers(1, 6), st.integers(1, 70), st.integers(1, 20), st.floats(-7, 3), st.integers(0, 99))
def test_no_weight_moves_by_more_than_half_a_step_of_its_group(outputs, inputs, half, power, seed):
    group = 2 * half
    weight_OI = 10**power * torch.randn(outputs, inputs, generator=torch.Generator().manual_seed(seed))
    found_OI = unpacked(*packed(weight_OI, group), inputs)
    for start in range(0, inputs, group):
        own, made = weight_OI[:, start : start + group], found_OI[:, start : start + group]
        step = own.abs().amax(dim=1, keepdim=True) / 7
        # a scale in half precision is off by a 2048th or, where it is small, by 2^-25, which seven steps of it feel
        assert ((own - made).abs() <= step * (0.5 + 8 / 2048) + 8 * 2**-25).all()


def test_sixteen_values_a_group_at_most_and_the_largest_stays():
    weight_OI = torch.randn(8, 64, generator=torch.Generator().manual_seed(0))
    made_OI = unpacked(*packed(weight_OI, 32), 64)
    assert all(len(made_OI[row, start : start + 32].unique()) <= 15 for row in range(8) for start in (0, 32))
    assert torch.allclose(made_OI.abs().amax(dim=1), weight_OI.abs().amax(dim=1), rtol=1e-3)


def test_smaller_groups_are_nearer():
    weight_OI = torch.randn(16, 256, generator=torch.Generator().manual_seed(0))
    errors = [(weight_OI - unpacked(*packed(weight_OI, group), 256)).square().mean().item() for group in (256, 64, 16)]
    assert errors[0] > errors[1] > errors[2]


def test_small_weights_do_not_shrink():
    weight_OI = torch.tensor([[7e-5, -2e-5, 1e-5, 0.0]])
    assert torch.allclose(unpacked(*packed(weight_OI, 4), 4), weight_OI, rtol=0.01)


def test_a_group_of_zeros_stays_zero():
    assert unpacked(*packed(torch.zeros(2, 5), 4), 5).tolist() == [[0.0] * 5] * 2


def test_packed_weights_take_an_eighth_and_their_scales():
    network = nn.Sequential(nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 128))
    before, after = weight_bytes(network, group=32)
    assert before == 2 * 128 * 64 * 4
    assert after == 2 * 128 * 64 // 2 + 2 * 128 * 64 // 32 * 2


def test_all_linear_layers_change_but_those_kept_or_tied():
    network = nn.ModuleDict(
        {
            "tokens": nn.Embedding(10, 32),
            "inner": nn.Linear(32, 32),
            "head": nn.Linear(32, 10, bias=False),
            "last": nn.Linear(32, 4),
        }
    )
    network["head"].weight = network["tokens"].weight
    before = {name: value.clone() for name, value in network.state_dict().items()}
    quantise(network, group=16, keep=("last",))
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"inner.weight"}


def test_quantising_twice_changes_nothing_more():
    network = quantise(nn.Linear(64, 8), group=16)
    once = network.weight.clone()
    assert torch.allclose(quantise(network, group=16).weight, once, rtol=2e-3)


@pytest.mark.parametrize("group", [0, 3])
def test_a_group_of_another_size_is_refused(group):
    with pytest.raises(ValueError, match=f"group {group}"):
        quantise(nn.Linear(4, 4), group=group)
