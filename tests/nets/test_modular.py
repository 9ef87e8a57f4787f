import pytest
import torch

from vesalius.nets.modular import ParallelFusion, SequentialFusion, modular_loss

SIZES = {"vitals": 2, "labs": 3, "notes": 4}


def values(count=5):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(count, size, generator=generator) for size in SIZES.values()]


def present(*absent, count=5):
    found = torch.ones(count, len(SIZES), dtype=torch.bool)
    found[:, list(absent)] = False
    return found


@pytest.fixture
def network():
    torch.manual_seed(0)
    return SequentialFusion(SIZES, tasks=2, width=8)


def test_a_step_knows_the_modalities_until_it_and_no_later_ones(network):
    before = network(values(), present())[0]
    changed = values()
    changed[2] += 1
    after = network(changed, present())[0]
    assert before.shape == (5, 4, 2)
    assert torch.equal(before[:, :3], after[:, :3]) and not torch.allclose(before[:, 3], after[:, 3])


def test_what_is_absent_is_passed_over_whatever_stands_there(network):
    one, other = values(), values()
    other[1] = other[1] * 100 + 7
    said, moved = network(one, present(1))
    assert torch.equal(said, network(other, present(1))[0])
    assert torch.equal(said[:, 2], said[:, 1]) and (moved[:, 1] == 0).all() and (moved[:, 0] > 0).all()
    assert not torch.allclose(said, network(one, present())[0])


def test_records_of_one_batch_skip_their_own_modalities(network):
    mixed = present()
    mixed[0, 1] = False
    said = network(values(), mixed)[0]
    assert torch.allclose(said[0], network(values(), present(1))[0][0], atol=1e-6)
    assert torch.allclose(said[1:], network(values(), present())[0][1:], atol=1e-6)


def test_parallel_fusion_sees_zeros_where_a_modality_is_missing():
    torch.manual_seed(0)
    network = ParallelFusion(SIZES, tasks=2, width=8)
    zeros = values()
    zeros[1] = torch.zeros_like(zeros[1])
    assert torch.allclose(network(values(), present(1))[0], network(zeros, present())[0])


def test_every_step_that_was_taken_is_trained_and_no_other(network):
    said, moved = network(values(), present(1))
    targets = torch.ones(5, 2)
    loss = modular_loss(said, moved, present(1), targets, change=0.0)
    taken = said[:, [0, 1, 3]]
    assert torch.allclose(loss, torch.nn.functional.binary_cross_entropy_with_logits(taken, torch.ones_like(taken)))
    more = modular_loss(said, moved, present(1), targets, change=2.0)
    assert torch.allclose(more - loss, 2 * moved.mean())


def test_the_beginning_is_trained(network):
    said, moved = network(values(), present())
    modular_loss(said, moved, present(), torch.ones(5, 2), change=0.01).backward()
    assert network.begin.grad.abs().sum() > 0
