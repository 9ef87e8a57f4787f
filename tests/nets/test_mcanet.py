import pytest
import torch
from torch import nn

from vesalius.nets import mcanet
from vesalius.nets.mcanet import CrossAxisAttention, MCANet, SequentialAxialAttention, attend
from vesalius.nets.mscan import LAYER_SCALE, MSCAN, ConvolutionalAttention, MSCANBlock
from vesalius.nets.unet import count_parameters

torch.set_num_threads(1)
TINY = ((32, 64, 160, 256), (3, 3, 5, 2))


def features(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def attention():
    torch.manual_seed(0)
    return CrossAxisAttention(8, 2)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return MCANet(1, 3, (4, 8, 12, 16), (1, 1, 1, 1), heads=2)


def test_the_tiny_size_has_the_four_million_parameters_of_the_paper():
    with torch.device("meta"):
        assert 4.0e6 < count_parameters(MCANet(3, 1, *TINY)) < 4.2e6
        # SegNeXt-T's encoder: Guo et al. 2022, table 2, with the classifier's 256 × 1000 weights and biases 4.2 M.
        assert count_parameters(MSCAN(3, *TINY)) + 257_000 == pytest.approx(4.2e6, rel=0.02)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (65, 40), (3, 200)])
def test_any_height_and_width_come_back(network, height, width):
    assert network(features(2, 1, height, width)).shape == (2, 3, height, width)


def test_a_gradient_reaches_every_parameter(network):
    network(features(2, 1, 96, 96)).square().mean().backward()
    dead = [name for name, parameter in network.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    assert dead == []


def test_convolutional_attention_gates_its_input_multiplicatively():
    torch.manual_seed(0)
    attention, image = ConvolutionalAttention(4), features(1, 4, 30, 30)
    with torch.no_grad():
        attention.mix.weight.zero_()
        attention.mix.bias.fill_(0.5)
    assert torch.equal(attention(image), 0.5 * image)


def test_the_receptive_field_of_the_attention_is_that_of_its_longest_strips():
    torch.manual_seed(0)
    attention, image = ConvolutionalAttention(1), features(1, 1, 41, 41).requires_grad_()
    attention(image)[0, 0, 20, 20].backward()
    rows, columns = (image.grad[0, 0].abs() > 0).nonzero(as_tuple=True)
    reach = 21 // 2 + 5 // 2
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (20 - reach, 20 + reach, 20 - reach, 20 + reach)


@pytest.mark.parametrize("strip", range(3))
def test_each_strip_of_the_attention_counts(strip):
    torch.manual_seed(0)
    attention, image = ConvolutionalAttention(2), features(1, 2, 30, 30)
    whole = attention(image)
    nn.init.zeros_(attention.strips[strip][1].weight)
    nn.init.zeros_(attention.strips[strip][1].bias)
    assert not torch.allclose(attention(image), whole)


def test_a_block_starts_near_the_identity():
    block, image = MSCANBlock(4, 2).eval(), features(1, 4, 8, 8)
    assert (block(image) - image).abs().max() < 20 * LAYER_SCALE
    nn.init.zeros_(block.scales_2C11)
    assert torch.equal(block(image), image)


@pytest.mark.parametrize("axis", ["along_x", "along_y"])
@pytest.mark.parametrize("scale", range(3))
def test_each_scale_of_each_axis_counts(attention, axis, scale):
    image = features(1, 8, 25, 26)
    whole = attention(image)
    nn.init.zeros_(getattr(attention, axis)[scale].weight)
    assert not torch.allclose(attention(image), whole)


def test_the_features_of_an_axis_come_from_strips_along_it(attention):
    image = features(1, 8, 31, 31).requires_grad_()
    for features_of_axis, spread in zip(attention.axes(image), (1, 0)):
        (gradient,) = torch.autograd.grad(features_of_axis[0, :, 15, 15].sum(), image, retain_graph=True)
        rows, columns = (gradient[0].abs().sum(dim=0) > 1e-9).nonzero(as_tuple=True)
        along, across = (columns, rows) if spread else (rows, columns)
        assert along.unique().tolist() == list(range(5, 26)) and across.unique().tolist() == [15]


def test_each_axis_is_asked_by_the_features_of_the_other(attention, monkeypatch):
    asked = []
    monkeypatch.setattr(mcanet, "attend", lambda query, keys, heads: asked.append((query, keys)) or attend(query, keys, heads))
    image = features(1, 8, 5, 6)
    crossed, (x, y) = attention(image), attention.axes(image)
    (of_rows, rows), (of_columns, columns) = asked
    assert torch.equal(of_rows, y) and torch.equal(rows, x)
    assert torch.equal(of_columns, x.mT) and torch.equal(columns, y.mT)
    monkeypatch.setattr(mcanet, "attend", lambda query, keys, heads: attend(keys, keys, heads))
    assert not torch.allclose(attention(image), crossed, atol=1e-3)


def test_attention_finds_the_row_that_points_the_same_way():
    rows = 50 * torch.eye(6)[None, None]
    asked = rows[:, :, [2]]
    found = attend(asked, rows, 1) - asked / 50
    assert found[0, 0, 0].argmax() == 2
    # Its length does not matter, only its direction.
    assert torch.allclose(attend(7 * asked, rows, 1), attend(asked, rows, 1))


def test_attention_is_equivariant_to_the_order_of_the_asking_rows_and_blind_to_that_of_the_others():
    query, keys, order = features(2, 4, 5, 6), features(2, 4, 5, 6, seed=2), [3, 0, 4, 1, 2]
    found = attend(query, keys, 2)
    assert torch.allclose(attend(query[:, :, order], keys, 2), found[:, :, order], atol=1e-6)
    assert torch.allclose(attend(query, keys[:, :, order], 2), found, atol=1e-6)


def test_heads_attend_apart():
    query, keys = features(1, 4, 5, 6), features(1, 4, 5, 6, seed=2)
    changed = keys.clone()
    changed[:, 2:] += 1
    first, second = attend(query, keys, 2), attend(query, changed, 2)
    assert torch.equal(first[:, :2], second[:, :2]) and not torch.allclose(first[:, 2:], second[:, 2:])


def test_a_place_sees_the_whole_image(attention):
    image = features(1, 8, 30, 30).requires_grad_()
    attention(image)[0, :, 3, 4].sum().backward()
    assert (image.grad[0].abs().sum(dim=0) > 0).all()


def test_cross_attention_commutes_with_transposition_when_its_axes_are_exchanged(attention):
    turned = CrossAxisAttention(8, 2)
    state = attention.state_dict()
    other = {"along_x": "along_y", "along_y": "along_x"}
    turned.load_state_dict(
        {
            name: state[name.replace(axis, other[axis])].mT
            if (axis := name.split(".")[0]) in other and "weight" in name
            # Biases of the strips are exchanged, the rest stays.
            else state[name.replace(axis, other.get(axis, axis))]
            for name in state
        }
    )
    image = features(1, 8, 9, 12)
    assert torch.allclose(turned(image.mT).mT, attention(image), atol=1e-5)


def test_the_sequential_attention_has_the_same_parameters_and_another_answer(attention):
    sequential = SequentialAxialAttention(8, 2)
    sequential.load_state_dict(attention.state_dict())
    assert not torch.allclose(sequential(features(1, 8, 9, 9)), attention(features(1, 8, 9, 9)), atol=1e-3)


def test_the_decoder_hears_every_stage_of_the_encoder(network):
    image, whole = features(1, 1, 64, 64), None
    network.eval()
    whole = network(image)
    for stage in range(4):
        handle = network.encoder.norms[stage].register_forward_hook(lambda module, inputs, output: torch.zeros_like(output))
        changed = network(image)
        handle.remove()
        assert not torch.allclose(changed, whole), stage
