import pytest
import torch

from vesalius.nets.unet_plus_plus import UNetPlusPlus, name

torch.set_num_threads(1)
WIDTHS = (4, 6, 8, 10, 12)
DEPTH = len(WIDTHS) - 1
DECODER_NODES = [(level, place) for level in range(DEPTH) for place in range(1, DEPTH - level + 1)]


@pytest.fixture
def network():
    torch.manual_seed(0)
    return UNetPlusPlus(1, 3, WIDTHS).eval()


@pytest.fixture
def image():
    return torch.randn(2, 1, 32, 32, generator=torch.Generator().manual_seed(1))


def outputs(network, image, changed=None):
    """What every node gives; the output of the node named in ``changed`` is shifted."""
    seen, handles = {}, []

    def look(key):
        def hook(module, inputs, output):
            seen[key] = output + 1 if key == changed else output
            return seen[key]

        return hook

    for key, node in network.nodes.items():
        handles.append(node.register_forward_hook(look(key)))
    with torch.no_grad():
        network(image)
    for handle in handles:
        handle.remove()
    return seen


def test_the_nodes_are_those_of_the_triangle(network):
    assert set(network.nodes) == {name(level, place) for level in range(DEPTH + 1) for place in range(DEPTH - level + 1)}


@pytest.mark.parametrize(("level", "place"), DECODER_NODES)
def test_a_node_receives_every_predecessor_of_its_level_and_the_node_below(network, image, level, place):
    assert network.nodes[name(level, place)].layers[0].in_channels == (place + 1) * WIDTHS[level]
    before = outputs(network, image)[name(level, place)]
    for predecessor in [name(level, earlier) for earlier in range(place)] + [name(level + 1, place - 1)]:
        assert not torch.equal(outputs(network, image, changed=predecessor)[name(level, place)], before), predecessor


def test_a_predecessor_is_received_directly_and_not_only_through_its_neighbour(network, image):
    last = network.nodes[name(0, DEPTH)]
    given = []
    last.register_forward_pre_hook(lambda module, inputs: given.append(inputs[0]))
    nodes = outputs(network, image)
    same_level = torch.cat([nodes[name(0, place)] for place in range(DEPTH)], dim=1)
    assert torch.equal(given[0][:, : same_level.shape[1]], same_level)


def test_training_gives_one_output_a_head_and_a_gradient_flows_from_each(network, image):
    heads = network.train()(image)
    assert len(heads) == DEPTH
    for number, logits in enumerate(heads, start=1):
        network.zero_grad()
        logits.square().sum().backward(retain_graph=True)
        reached = {key for key, node in network.nodes.items() if node.layers[0].weight.grad is not None}
        assert reached == {name(i, j) for i in range(number + 1) for j in range(number - i + 1)}
        assert [head.weight.grad is not None for head in network.heads] == [place == number for place in range(1, DEPTH + 1)]


def test_accurate_mode_is_the_mean_of_the_heads_probabilities(network, image):
    heads = torch.stack([network.predict_pruned(image, depth).softmax(dim=1) for depth in range(1, DEPTH + 1)])
    torch.testing.assert_close(network(image).exp(), heads.mean(dim=0))


@pytest.mark.parametrize("depth", range(1, DEPTH + 1))
@pytest.mark.parametrize("size", [32, 27])
def test_pruned_inference_is_that_head_of_the_whole_network_bit_for_bit(network, depth, size):
    image, given = torch.randn(1, 1, size, size), []
    network.heads[depth - 1].register_forward_hook(lambda module, inputs, output: given.append(output))
    network(image)
    assert torch.equal(network.predict_pruned(image, depth), given[0][..., :size, :size])


@pytest.mark.parametrize("depth", range(1, DEPTH + 1))
def test_pruned_inference_runs_only_the_nodes_that_its_head_needs(network, image, depth):
    ran = []
    for key, node in network.nodes.items():
        node.register_forward_hook(lambda module, inputs, output, key=key: ran.append(key))
    network.predict_pruned(image, depth)
    assert sorted(ran) == sorted(name(i, j) for i in range(depth + 1) for j in range(depth - i + 1))


@pytest.mark.parametrize("depth", range(1, DEPTH))
def test_pruned_inference_needs_no_parameter_of_a_removed_node(network, image, depth):
    before = network.predict_pruned(image, depth)
    with torch.no_grad():
        for key, module in [*network.nodes.items(), *network.ups.items()]:
            if sum(map(int, key[1:].split("_"))) > depth:
                for parameter in module.parameters():
                    parameter.fill_(float("nan"))
    assert torch.equal(network.predict_pruned(image, depth), before)
    assert network(image).isnan().all()
