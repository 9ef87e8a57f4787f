import pytest
import torch

from vesalius.nets.masked_patches import hide, patchify, unpatchify
from vesalius.nets.masked_vit import MaskedViT
from vesalius.nets.vit import ViT


@pytest.fixture
def model():
    torch.manual_seed(0)
    vit = ViT(1, 2, size=16, patch=4, width=16, depth=2, heads=2)
    return MaskedViT(vit, 1, ratio=0.75, width=8, depth=1, heads=2).eval()


def test_the_encoder_sees_only_the_tokens_that_are_not_hidden(model):
    seen = []
    model.vit.blocks[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape[1]))
    model(torch.rand(3, 1, 16, 16))
    assert seen == [4]


def test_what_hidden_patches_hold_changes_nothing(model):
    image, hidden = torch.rand(1, 1, 16, 16), hide(1, 16, 0.75, torch.device("cpu"))
    patches = patchify(image, (4, 4))
    patches[hidden] += 5
    other = unpatchify(patches, (4, 4), (16, 16))
    assert torch.equal(model.reconstruct(image, hidden), model.reconstruct(other, hidden))


def test_tokens_keep_their_places(model):
    """The decoder, made linear, gives each seen patch its own token, and each hidden one the learned token."""
    model.decoder, model.to_pixels = torch.nn.Identity(), torch.nn.Identity()
    image, hidden = torch.rand(2, 1, 16, 16), hide(2, 16, 0.75, torch.device("cpu"))
    tokens = model.reconstruct(image, hidden) - model.positions
    assert torch.allclose(tokens[hidden], model.hidden_token.expand(24, -1), atol=1e-6)
    expected = model.to_decoder(model.vit.encode(model.vit.embed(image)[0][~hidden[0]][None]))
    assert torch.allclose(tokens[0][~hidden[0]], expected[0], atol=1e-5)


def test_reconstruction_is_learned_from_what_is_seen():
    """Of a pattern that is upright or negative: only the seen patches tell which."""
    torch.manual_seed(0)
    pattern = torch.rand(1, 1, 16, 16) - 0.5
    vit = ViT(1, 2, size=16, patch=4, width=32, depth=2, heads=2)
    model = MaskedViT(vit, 1, ratio=0.75, width=32, depth=1, heads=2)
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(130):
        loss = model(pattern * (2 * torch.randint(2, (16, 1, 1, 1)) - 1))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    # Without knowing which, the best is the mean of both, whose error is 1.
    assert loss < 0.7


def test_the_head_of_the_classifier_is_not_trained(model):
    model(torch.rand(2, 1, 16, 16)).backward()
    assert model.vit.head.weight.grad is None and model.vit.to_tokens.weight.grad is not None
