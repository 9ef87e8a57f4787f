import pytest
import torch

from vesalius.nets.encoders import UNetEncoder
from vesalius.nets.unet import UNet
from vesalius.nets.volume_contrast import VolumeContrast, discrepancy_loss, prediction_loss, similarity


def contrast(discrepancy=1.0):
    torch.manual_seed(0)
    network = UNet(1, 2, (4, 8), dimensions=3)
    return VolumeContrast(UNetEncoder(network), 12, embedding=16, momentum=0.9, discrepancy=discrepancy)


@pytest.fixture
def batch():
    torch.manual_seed(1)
    overlaps = torch.rand(2, 3, 4)
    return {
        "bases": torch.rand(2, 4, 1, 4, 4, 4),
        "crops": torch.rand(2, 3, 1, 4, 4, 4),
        "overlaps": overlaps / overlaps.sum(dim=2, keepdim=True),
    }


def test_the_loss_of_a_place_is_least_where_similarity_is_the_overlap():
    overlap = torch.tensor([[0.0, 0.25, 0.75]])
    exact = prediction_loss(overlap, overlap)
    assert abs(float(exact)) < 1e-5
    assert prediction_loss(overlap + 0.1, overlap) > exact < prediction_loss(overlap - 0.1, overlap)


def test_opposite_features_are_not_similar():
    assert similarity(torch.tensor([[1.0, 0.0]]), torch.tensor([[-1.0, 0.0]])) == 0


def test_bases_differ_most_where_they_are_orthogonal():
    assert discrepancy_loss(torch.eye(4)) == 0 < discrepancy_loss(torch.eye(4) + 0.5)


def test_without_the_discrepancy_the_loss_is_less_by_exactly_that_term(batch):
    whole, without = contrast().eval(), contrast(discrepancy=0.0).eval()
    prediction, discrepancy = whole.terms(batch)
    assert torch.isclose(whole(batch), prediction + discrepancy)
    assert torch.isclose(whole(batch) - without(batch), discrepancy) and discrepancy > 0


def test_position_prediction_reaches_the_student_and_not_the_teacher(batch):
    model = contrast()
    prediction, _ = model.terms(batch)
    prediction.backward()
    assert all(parameter.grad is not None for parameter in model.student.parameters())
    assert all(parameter.grad is None for parameter in model.teacher.parameters())


def test_what_moves_the_features_of_bases_is_that_they_are_to_differ(batch):
    """Without normalisation over the batch, by whose statistics crops and bases reach each other."""
    model = contrast()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            module.forward = lambda features: features
    bases = batch["bases"].requires_grad_()
    prediction, discrepancy = model.eval().terms({**batch, "bases": bases})
    (moved,) = torch.autograd.grad(prediction, bases, retain_graph=True)
    assert moved.abs().sum() == 0
    (moved,) = torch.autograd.grad(discrepancy, bases)
    assert moved.abs().sum() > 0


def test_the_teacher_goes_a_tenth_of_the_way(batch):
    model = contrast()
    before = [parameter.clone() for parameter in model.teacher.parameters()]
    with torch.no_grad():
        for parameter in model.student.parameters():
            parameter.add_(1.0)
    model.train()(batch)
    for was, slow, fast in zip(before, model.teacher.parameters(), model.student.parameters(), strict=True):
        assert torch.allclose(slow, 0.9 * was + 0.1 * fast, atol=1e-6)


def test_the_features_of_bases_come_from_the_teacher(batch):
    model = contrast().eval()
    before = model.terms(batch)[0]
    with torch.no_grad():
        for parameter in model.teacher.parameters():
            parameter.copy_(torch.randn_like(parameter))
    assert not torch.isclose(model.terms(batch)[0], before)
