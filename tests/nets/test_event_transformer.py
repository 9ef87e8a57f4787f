import torch

from vesalius.nets.event_transformer import EventBatch, EventSize, EventTransformer


def network():
    torch.manual_seed(0)
    return EventTransformer(9, EventSize(width=16, depth=2, heads=2)).eval()


def batch(codes, ages, numbers=None):
    codes, ages = torch.tensor([codes]), torch.tensor([ages], dtype=torch.float32)
    numbers = torch.zeros_like(ages) if numbers is None else torch.tensor([numbers])
    return EventBatch(codes, ages, numbers, numbers != 0)


def test_an_event_knows_nothing_of_what_comes_later():
    made = network()
    one, other = batch([2, 3, 4], [1, 2, 3]), batch([2, 3, 7], [1, 2, 900], [0.0, 0.0, 2.0])
    assert torch.allclose(made(one)[0, :2], made(other)[0, :2], atol=1e-6)
    assert not torch.allclose(made(one)[0, 2], made(other)[0, 2], atol=1e-3)


def test_filling_up_in_front_changes_nothing():
    made = network()
    assert torch.allclose(made(batch([2, 3], [5, 9]))[0], made(batch([0, 0, 2, 3], [0, 0, 5, 9]))[0, 2:], atol=1e-6)


def test_when_something_happened_counts_and_its_value_too():
    made = network()
    last = [made(one)[0, -1] for one in (batch([2, 3], [5, 9]), batch([2, 3], [1, 9]), batch([2, 3], [5, 9], [1.5, 0.0]))]
    assert not torch.allclose(last[0], last[1], atol=1e-3) and not torch.allclose(last[0], last[2], atol=1e-3)
