import pytest
import torch

from vesalius.nets.unet import UNet, count_parameters, wide_widths
from vesalius.nets.unet_plus_plus import UNetPlusPlus

torch.set_num_threads(1)
PAPER_WIDTHS = (32, 64, 128, 256, 512)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 23), (1, 5)])
def test_any_height_and_width_come_back(height, width):
    assert UNet(3, 2, (4, 8, 16)).eval()(torch.zeros(2, 3, height, width)).shape == (2, 2, height, width)


def test_padding_leaves_what_lies_inside_unchanged():
    torch.manual_seed(0)
    network, image = UNet(1, 2, (4, 8)).eval(), torch.randn(1, 1, 32, 31)
    by_hand = torch.cat((image, image[..., -1:]), dim=3)
    assert torch.equal(network(image), network(by_hand)[..., :31])


@pytest.mark.parametrize("level", [0, 1])
def test_the_skip_connection_of_each_level_reaches_the_output(level):
    torch.manual_seed(0)
    network, image = UNet(1, 2, (4, 8, 16)).eval(), torch.randn(1, 1, 16, 16)
    whole = network(image)
    width = network.ups[level].out_channels
    with torch.no_grad():
        # The first channels of a decoder's input are the skip connection.
        network.decoders[level].layers[0].weight[:, :width] = 0
    assert not torch.equal(network(image), whole)


def test_parameters_are_those_that_the_paper_prints():
    # Zhou et al. 2018, table 3: U-Net 7.76 M and UNet++ 9.04 M parameters.
    with torch.device("meta"):
        assert count_parameters(UNet(1, 1, PAPER_WIDTHS)) / 1e6 == pytest.approx(7.76, abs=0.01)
        assert count_parameters(UNetPlusPlus(1, 1, PAPER_WIDTHS)) / 1e6 == pytest.approx(9.04, abs=0.01)


@pytest.mark.parametrize("widths", [PAPER_WIDTHS, (8, 16, 32, 64, 128), (8, 16, 32)])
@pytest.mark.parametrize(("channels", "classes"), [(1, 3), (3, 2)])
def test_the_wide_u_net_has_as_many_parameters_as_unet_plus_plus(widths, channels, classes):
    with torch.device("meta"):
        target = count_parameters(UNetPlusPlus(channels, classes, widths))
        wide = count_parameters(UNet(channels, classes, wide_widths(target, channels, classes, widths)))
    assert wide == pytest.approx(target, rel=0.02)


def test_widths_too_small_to_match_are_refused():
    with pytest.raises(ValueError, match="widen the network"):
        wide_widths(100, 1, 2, (1, 1))
