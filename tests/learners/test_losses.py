import pytest
import torch
from torch.nn import functional

from vesalius.learners.losses import (
    LOSSES,
    balanced_cross_entropy,
    cross_entropy,
    cross_entropy_and_dice,
    focal,
    focal_tversky,
    soft_dice,
    summed,
    tversky,
)

torch.set_num_threads(1)


@pytest.fixture(params=[(6, 7), (3, 4, 5)], ids=["image", "volume"])
def batch(request):
    random = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, *request.param, generator=random, dtype=torch.float64, requires_grad=True)
    return logits, torch.randint(0, 3, (2, *request.param), generator=random)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_one_number_that_falls_as_logits_approach_the_labels(name, batch):
    logits, labels = batch
    value = LOSSES[name](logits, labels)
    value.backward()
    assert value.shape == () and torch.isfinite(logits.grad).all() and logits.grad.abs().sum() > 0
    certain = 20 * functional.one_hot(labels, 3).movedim(-1, 1).double() - 10
    assert LOSSES[name](certain, labels) < 1e-4 < value
    assert LOSSES[name]((logits - 0.1 * logits.grad / logits.grad.norm()).detach(), labels) < value


@pytest.mark.parametrize("name", LOSSES)
def test_a_class_that_no_pixel_of_the_batch_has_leaves_the_loss_finite(name, batch):
    logits, labels = batch
    value = LOSSES[name](logits, torch.zeros_like(labels))
    assert torch.isfinite(torch.autograd.grad(value, logits)[0]).all()


def test_cross_entropies_are_those_of_torch(batch):
    logits, labels = batch
    assert torch.isclose(cross_entropy(logits, labels), functional.cross_entropy(logits, labels))
    counts = torch.bincount(labels.flatten(), minlength=3).double()
    weights = counts.sum() / (3 * counts)
    assert torch.isclose(balanced_cross_entropy(logits, labels), functional.cross_entropy(logits, labels, weight=weights))


def test_of_two_classes_cross_entropy_is_the_binary_one_of_the_difference(batch):
    logits, labels = batch
    two, truth = logits[:, :2], labels.clamp(max=1)
    binary = functional.binary_cross_entropy_with_logits(two[:, 1] - two[:, 0], truth.double())
    assert torch.isclose(cross_entropy(two, truth), binary)


def test_losses_have_their_special_cases(batch):
    logits, labels = batch
    assert torch.isclose(focal(logits, labels, gamma=0), cross_entropy(logits, labels))
    assert torch.isclose(tversky(logits, labels, 0.5, 0.5), soft_dice(logits, labels))
    assert torch.isclose(focal_tversky(logits, labels, gamma=1), tversky(logits, labels))
    assert torch.isclose(summed(cross_entropy, soft_dice)(logits, labels), cross_entropy_and_dice(logits, labels))


def test_focal_cares_less_for_what_is_right_already():
    labels = torch.zeros(1, 1, 2, dtype=torch.long)
    logits = torch.tensor([[[[4.0, -1.0]], [[0.0, 0.0]]]], requires_grad=True)
    shares = [torch.autograd.grad(loss(logits, labels), logits)[0][0, 0, 0].abs() for loss in (cross_entropy, focal)]
    assert shares[1][0] / shares[1][1] < 0.1 * shares[0][0] / shares[0][1]


def test_balanced_cross_entropy_and_tversky_make_a_rare_class_count():
    labels = torch.zeros(1, 1, 100, dtype=torch.long)
    labels[..., 0] = 1
    all_background = torch.stack((torch.full((1, 1, 100), 3.0), torch.zeros(1, 1, 100)), dim=1)
    assert balanced_cross_entropy(all_background, labels) > 10 * cross_entropy(all_background, labels)
    missed, extra = labels.clone(), labels.clone()
    labels[..., :10] = 1
    missed[..., :5], extra[..., :15] = 1, 1
    of_missed, of_extra = (20.0 * torch.stack((1 - mask, mask), dim=1) for mask in (missed, extra))
    assert tversky(of_missed, labels) > tversky(of_extra, labels)
