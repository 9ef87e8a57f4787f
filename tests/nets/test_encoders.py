import pytest
import torch

from vesalius.nets.encoders import PooledLevels, SwinEncoder, SwinSkipEncoder, UNetEncoder, level_widths
from vesalius.nets.unet import UNet


@pytest.fixture(scope="module")
def swin():
    from monai.networks.nets.swin_unetr import SwinUNETR

    torch.manual_seed(0)
    shape = {"feature_size": 12, "depths": (1, 1, 1, 1), "num_heads": (3, 6, 12, 24), "window_size": 4}
    return SwinUNETR(in_channels=1, out_channels=2, norm_name="batch", **shape).eval()


def test_the_levels_of_a_u_net_are_those_it_decodes():
    network = UNet(1, 2, (4, 8, 16)).eval()
    image, found = torch.rand(1, 1, 8, 8), []
    for encoder in network.encoders:
        encoder.register_forward_hook(lambda _, inputs, output: found.append(output))
    network(image)
    expected = list(found)
    assert all(torch.equal(level, known) for level, known in zip(UNetEncoder(network)(image), expected, strict=True))


def test_swin_encoders_share_the_weights_of_their_network(swin):
    owned = {id(parameter) for parameter in swin.parameters()}
    for encoder in (SwinEncoder(swin), SwinSkipEncoder(swin)):
        assert all(id(parameter) in owned for parameter in encoder.parameters())


def test_swin_levels_halve_the_resolution(swin):
    levels = SwinEncoder(swin)(torch.rand(1, 1, 32, 32, 32))
    assert [level.shape[2] for level in levels] == [16, 8, 4, 2, 1]
    assert level_widths(SwinEncoder(swin), (32, 32, 32), 1) == [12, 24, 48, 96, 192]
    assert level_widths(SwinSkipEncoder(swin), (32, 32, 32), 1) == [12, 12, 24, 48, 192]


def test_pooled_levels_are_their_means():
    encoder = UNetEncoder(UNet(1, 2, (4, 8))).eval()
    image = torch.rand(2, 1, 8, 8)
    fine, coarse = encoder(image)
    expected = torch.cat((fine.mean(dim=(2, 3)), coarse.mean(dim=(2, 3))), dim=1)
    assert torch.allclose(PooledLevels(encoder)(image), expected, atol=1e-6)
