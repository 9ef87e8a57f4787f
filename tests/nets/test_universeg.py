import pytest
import torch

from vesalius.nets.universeg import CrossBlock, CrossConv, PooledBlock, UniverSeg

torch.set_num_threads(1)


def drawn(examples=4, side=16, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, 1, side, side, generator=generator), torch.randn(2, examples, 2, side, side, generator=generator)


def test_cross_convolution_is_one_convolution_of_each_pair_side_by_side():
    layer = CrossConv(3, 5, 4)
    query, support = torch.randn(2, 3, 8, 8), torch.randn(2, 6, 5, 8, 8)
    weight = torch.cat((layer.of_query.weight, layer.of_support.weight), dim=1)
    interaction = layer(query, support)
    for example in range(6):
        pair = torch.cat((query, support[:, example]), dim=1)
        expected = torch.nn.functional.conv2d(pair, weight, layer.of_query.bias, padding=1)
        assert torch.allclose(interaction[:, example], expected, atol=1e-5)


@pytest.mark.parametrize("block", [CrossBlock, PooledBlock])
def test_the_order_of_the_examples_does_not_matter(block):
    network, (query, support) = UniverSeg((4, 8), block), drawn()
    assert torch.allclose(network(query, support), network(query, support[:, [2, 0, 3, 1]]), atol=1e-5)


@pytest.mark.parametrize("block", [CrossBlock, PooledBlock])
def test_any_number_of_examples_is_taken_and_repeating_all_changes_nothing(block):
    network, (query, support) = UniverSeg((4, 8), block), drawn()
    once, twice = network(query, support), network(query, torch.cat((support, support), dim=1))
    assert once.shape == network(query, support[:, :1]).shape == (2, 2, 16, 16)
    assert torch.allclose(once, twice, atol=1e-5)


def test_the_answer_follows_from_images_and_masks_of_the_examples():
    network, (query, support) = UniverSeg((4, 8)), drawn()
    for channel in (0, 1):
        other = support.clone()
        other[:, :, channel] = -other[:, :, channel]
        assert not torch.allclose(network(query, support), network(query, other), atol=1e-4)


def test_examples_are_updated_by_the_query_in_a_cross_block_and_not_where_they_are_pooled():
    query, support = torch.randn(1, 3, 8, 8), torch.randn(1, 4, 3, 8, 8)
    for block, changes in ((CrossBlock, True), (PooledBlock, False)):
        layer = block(3, 3, 4)
        assert torch.equal(layer(query, support)[1], layer(-query, support)[1]) is not changes


def test_the_new_query_is_the_mean_over_the_interactions():
    layer = CrossBlock(3, 3, 4)
    query, support = torch.randn(1, 3, 8, 8), torch.randn(1, 4, 3, 8, 8)
    assert torch.allclose(layer(query, support)[0], layer.query(layer.cross(query, support).mean(dim=1)), atol=1e-6)


def test_both_blocks_have_equal_parameters():
    counts = [sum(each.numel() for each in UniverSeg((4, 8, 8), block).parameters()) for block in (CrossBlock, PooledBlock)]
    assert counts[0] == counts[1]
