import pytest
import torch
from torch import nn

from vesalius.nets.encoders import UNetEncoder
from vesalius.nets.masked_patches import MaskedBlocks, hide, normalised, patchify, reconstruction_loss, unpatchify
from vesalius.nets.unet import UNet


@pytest.mark.parametrize(("size", "patch"), [((8, 12), (4, 2)), ((8, 4, 6), (2, 4, 3))])
def test_patches_put_back_are_the_image(size, patch):
    image = torch.rand(2, 3, *size)
    patches = patchify(image, patch)
    assert patches.shape[2] == 3 * torch.tensor(patch).prod()
    assert torch.equal(unpatchify(patches, patch, size), image)


def test_a_patch_is_a_rectangle_of_the_image():
    image = torch.arange(2 * 4 * 4, dtype=torch.float).view(1, 2, 4, 4)
    assert torch.equal(patchify(image, (2, 2))[0, 1], image[0, :, :2, 2:].flatten())


def test_another_choice_is_hidden_in_each_image():
    torch.manual_seed(0)
    hidden = hide(8, 100, 0.9, torch.device("cpu"))
    assert hidden.sum(dim=1).tolist() == [90] * 8
    assert not (hidden == hidden[0]).all()


def test_brightness_and_contrast_of_a_patch_are_not_asked_for():
    patches = torch.rand(2, 5, 16)
    assert torch.allclose(normalised(patches), normalised(3 * patches + 7), atol=1e-3)


def test_gradient_of_the_loss_flows_into_hidden_patches_only():
    said = torch.zeros(2, 4, 4, requires_grad=True)
    hidden = torch.tensor([[True, False, True, False]] * 2)
    reconstruction_loss(said, torch.rand(2, 1, 4, 4), (2, 2), hidden).backward()
    moved = said.grad.abs().sum(dim=2) > 0
    assert torch.equal(moved, hidden)


def test_the_loss_of_patches_said_rightly_is_zero_whatever_is_said_of_the_seen():
    image, hidden = torch.rand(1, 1, 4, 4), torch.tensor([[True, False, True, False]])
    said = normalised(patchify(image, (2, 2)))
    said[~hidden] = 100.0
    assert reconstruction_loss(said, image, (2, 2), hidden) == 0


def blocks():
    torch.manual_seed(0)
    return MaskedBlocks(UNetEncoder(UNet(1, 2, (4, 8), dimensions=3)), 8, block=(2, 2, 2), channels=1, ratio=0.5).eval()


def test_what_hidden_blocks_hold_never_reaches_the_encoder():
    model, image = blocks(), torch.rand(1, 1, 8, 8, 8)
    hidden = hide(1, 64, 0.5, torch.device("cpu"))
    other = patchify(image, (2, 2, 2))
    other[hidden] += 5
    other = unpatchify(other, (2, 2, 2), (8, 8, 8))
    assert torch.equal(model.reconstruct(image, hidden), model.reconstruct(other, hidden))
    assert not torch.equal(model.reconstruct(image, ~hidden), model.reconstruct(other, ~hidden))


def test_masked_blocks_train_the_encoder_of_the_network_itself():
    network = UNet(1, 2, (4, 8), dimensions=3)
    model = MaskedBlocks(UNetEncoder(network), 8, block=(2, 2, 2), channels=1, ratio=0.5)
    model(torch.rand(2, 1, 8, 8, 8)).backward()
    assert all(parameter.grad is not None for parameter in network.encoders.parameters())
    assert all(parameter.grad is None for parameter in network.decoders.parameters())
    assert isinstance(model.head, nn.Linear)
