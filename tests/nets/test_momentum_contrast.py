import pytest
import torch
from torch import nn
from torch.nn import functional

from vesalius.nets.momentum_contrast import MomentumContrast, info_nce


@pytest.fixture
def model():
    torch.manual_seed(0)
    return MomentumContrast(nn.Conv2d(1, 4, 3), 4, embedding=8, queue=6, momentum=0.9, temperature=0.2)


def keys(*values):
    return functional.normalize(torch.tensor([[float(value)] + [1.0] * 7 for value in values]), dim=1)


def test_the_queue_gives_up_its_oldest_keys_first(model):
    first, second = keys(1, 2, 3, 4), keys(5, 6, 7, 8)
    model.enqueue(first)
    model.enqueue(second)
    assert torch.allclose(model.queue, torch.cat((second[2:], first[2:], second[:2])))
    assert int(model.place) == 2


def test_the_slow_copy_goes_a_tenth_of_the_way(model):
    slow = [parameter.clone() for parameter in model.key.parameters()]
    with torch.no_grad():
        for parameter in model.query.parameters():
            parameter.add_(1.0)
    model.update_key_encoder()
    for before, after, fast in zip(slow, model.key.parameters(), model.query.parameters(), strict=True):
        assert torch.allclose(after, 0.9 * before + 0.1 * fast)


def test_only_the_query_gets_gradients(model):
    model((torch.rand(2, 1, 8, 8), torch.rand(2, 1, 8, 8))).backward()
    assert all(parameter.grad is not None for parameter in model.query.parameters())
    assert all(parameter.grad is None for parameter in model.key.parameters())


def test_a_step_puts_its_keys_into_the_queue_and_evaluation_does_not(model):
    before = model.queue.clone()
    model.eval()((torch.rand(2, 1, 8, 8), torch.rand(2, 1, 8, 8)))
    assert torch.equal(model.queue, before)
    model.train()((torch.rand(2, 1, 8, 8), torch.rand(2, 1, 8, 8)))
    assert not torch.equal(model.queue[:2], before[:2]) and torch.equal(model.queue[2:], before[2:])
    assert torch.allclose(model.queue.norm(dim=1), torch.ones(6))


def test_info_nce_is_the_softmax_of_the_own_key():
    torch.manual_seed(1)
    query, key, queue = (functional.normalize(torch.randn(count, 5), dim=1) for count in (3, 3, 7))
    own = torch.exp((query * key).sum(dim=1) / 0.2)
    others = torch.exp(query @ queue.T / 0.2).sum(dim=1)
    assert torch.allclose(info_nce(query, key, queue, 0.2), -torch.log(own / (own + others)).mean())


def test_keys_are_given_in_the_order_of_their_images(model):
    view = torch.rand(5, 1, 8, 8)
    assert torch.allclose(model._shuffled(view), model.key(view), atol=1e-6)


def test_batch_statistics_of_keys_are_not_those_of_the_batch():
    torch.manual_seed(0)
    normalised = MomentumContrast(nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4)), 4, embedding=8, queue=4)
    view = torch.rand(6, 1, 8, 8)
    assert not torch.allclose(normalised._shuffled(view), normalised.key(view), atol=1e-4)
