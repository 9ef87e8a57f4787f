import pytest
import torch

from vesalius.nets.denoising_unet import DenoisingUNet, time_features


def network(**options):
    torch.manual_seed(0)
    made = DenoisingUNet(1, (8, 16), **options)
    for parameter in made.parameters():  # blocks begin as the identity, which would hide what they are told
        torch.nn.init.normal_(parameter, std=0.1)
    return made


def noisy(size=16):
    return torch.randn(2, 1, size, size, generator=torch.Generator().manual_seed(1))


def test_it_begins_without_using_its_second_convolutions():
    made = DenoisingUNet(1, (8, 16))
    assert all((block.second.weight == 0).all() for block in (*made.encoders, made.middle, *made.decoders))


def test_the_time_changes_what_it_says():
    made = network()
    assert not torch.allclose(made(noisy(), torch.zeros(2)), made(noisy(), torch.ones(2)))


def test_times_of_a_thousand_steps_are_told_apart():
    features = time_features(torch.arange(1, 1001) / 1000)
    assert torch.cdist(features, features).fill_diagonal_(9).min() > 0.01


def test_image_and_vector_change_what_it_says():
    made = network(image_channels=2, vector=3)
    given = {"image": torch.zeros(2, 2, 16, 16), "vector": torch.zeros(2, 3)}
    first = made(noisy(), torch.zeros(2), **given)
    for name, other in (("image", torch.ones(2, 2, 16, 16)), ("vector", torch.ones(2, 3))):
        assert not torch.allclose(first, made(noisy(), torch.zeros(2), **{**given, name: other}))


@pytest.mark.parametrize("fold", [1, 2, 4])
def test_any_multiple_of_its_size_goes_through(fold):
    made = network(fold=fold)
    assert made.multiple == 2 * fold
    for size in (made.multiple, 3 * made.multiple):
        assert made(noisy(size), torch.zeros(2)).shape == (2, 1, size, size)


def test_images_of_a_batch_do_not_touch_each_other():
    made = network()
    together = made(noisy(), torch.tensor([0.2, 0.9]))
    alone = made(noisy()[1:], torch.tensor([0.9]))
    assert torch.allclose(together[1:], alone, atol=1e-5)
