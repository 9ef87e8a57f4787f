"""Networks that give several masks of one image: by a latent that the image decides about, or by a diffusion."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from vesalius.nets.denoising_unet import DenoisingUNet
from vesalius.nets.unet import UNet

_NARROWEST = -6.0
_WIDEST = 3.0


class Gaussian(NamedTuple):
    """Independent normal distributions, B × latent: their means and the logarithms of their deviations."""

    mean: Tensor
    log_deviation: Tensor

    def at(self, noise: Tensor) -> Tensor:
        """The draw that belongs to standard normal noise.

        >>> Gaussian(torch.ones(1, 1), torch.zeros(1, 1)).at(torch.full((1, 1), 2.0)).item()
        3.0
        """
        return self.mean + self.log_deviation.exp() * noise


def kl_divergence(first: Gaussian, second: Gaussian) -> Tensor:
    """KL(first ‖ second) in nats, B: Σ log σ₂/σ₁ + (σ₁² + (μ₁ - μ₂)²) / 2σ₂² - 1/2.

    >>> one, other = Gaussian(torch.zeros(1, 2), torch.zeros(1, 2)), Gaussian(torch.ones(1, 2), torch.zeros(1, 2))
    >>> kl_divergence(one, one).item(), kl_divergence(one, other).item()
    (0.0, 1.0)
    """
    variances = (2 * first.log_deviation).exp() + (first.mean - second.mean) ** 2
    parts = second.log_deviation - first.log_deviation + variances / (2 * (2 * second.log_deviation).exp()) - 0.5
    return parts.sum(dim=1)


class GaussianEncoder(nn.Module):
    """From images to a normal distribution with a diagonal covariance (Kohl et al. 2018, arXiv 1806.05034).

    Two convolutions a level, means of 2 × 2 between levels, the mean over all places, and a linear layer.

    Args:
        in_channels: of everything that it sees, the image and, where it is told one, a mask.
        widths: channels of each level.
        latent: dimensions of the distribution.

    >>> GaussianEncoder(2, (4, 8), latent=3)(torch.zeros(5, 2, 16, 16)).mean.shape
    torch.Size([5, 3])
    """

    def __init__(self, in_channels: int, widths: Sequence[int], *, latent: int) -> None:
        super().__init__()
        self.levels = nn.ModuleList(
            nn.Sequential(nn.Conv2d(above, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1), nn.ReLU())
            for above, width in pairwise((in_channels, *widths))
        )
        self.head = nn.Linear(widths[-1], 2 * latent)

    def forward(self, seen_BCHW: Tensor) -> Gaussian:
        """The distribution of each."""
        features = seen_BCHW
        for level, layers in enumerate(self.levels):
            features = layers(functional.avg_pool2d(features, 2, ceil_mode=True) if level else features)
        mean, log_deviation = self.head(features.mean(dim=(2, 3))).chunk(2, dim=1)
        return Gaussian(mean, log_deviation.clamp(_NARROWEST, _WIDEST))


class ProbabilisticUNet(nn.Module):
    """A U-Net whose last features are joined with a latent at every place, then three 1 × 1 convolutions (Kohl et al. 2018).

    The prior sees the image, the posterior the image and a mask. A mask is told as 1 and -1.

    Args:
        channels: of the image.
        widths: of the U-Net and of both encoders.
        latent: dimensions.

    >>> network = ProbabilisticUNet(1, (4, 8), latent=3)
    >>> network(torch.zeros(2, 1, 16, 16), torch.zeros(2, 3)).shape
    torch.Size([2, 1, 16, 16])
    """

    def __init__(self, channels: int, widths: Sequence[int], *, latent: int) -> None:
        super().__init__()
        self.trunk = UNet(channels, widths[0], widths)
        self.prior = GaussianEncoder(channels, widths, latent=latent)
        self.posterior = GaussianEncoder(channels + 1, widths, latent=latent)
        self.joint = nn.Sequential(
            nn.Conv2d(widths[0] + latent, widths[0], 1), nn.ReLU(), nn.Conv2d(widths[0], widths[0], 1), nn.ReLU(),
            nn.Conv2d(widths[0], 1, 1),
        )  # fmt: skip

    def forward(self, image_BCHW: Tensor, latent_BL: Tensor) -> Tensor:
        """Logits of the mask that a latent stands for, B × 1 × H × W."""
        return self.joined(functional.relu(self.trunk(image_BCHW)), latent_BL)

    def joined(self, features_BCHW: Tensor, latent_BL: Tensor) -> Tensor:
        """Logits from features that were computed before."""
        everywhere = latent_BL[:, :, None, None].expand(-1, -1, *features_BCHW.shape[2:])
        return self.joint(torch.cat((features_BCHW, everywhere), dim=1))  # type: ignore[no-any-return]


class AmbiguityDenoiser(nn.Module):
    """A denoiser of masks with the two Gaussian networks of CIMD (Rahman et al. 2023, arXiv 2304.04745).

    The ambiguity modelling network sees the image and an annotator's mask; the ambiguity controlling network sees the image and
    what the denoiser says. Both are for the loss only: masks are sampled by the denoiser alone. With a latent of 0 dimensions
    neither is there, and it is a plain conditional denoiser.

    Args:
        channels: of the image.
        widths, fold: of the denoiser.
        encoder_widths: of both Gaussian networks.
        latent: dimensions.

    >>> network = AmbiguityDenoiser(1, (8, 8), encoder_widths=(4, 8), latent=3)
    >>> mask, image = torch.zeros(2, 1, 16, 16), torch.zeros(2, 1, 16, 16)
    >>> network(mask, torch.zeros(2), image).shape, network.control(image, mask).mean.shape
    (torch.Size([2, 1, 16, 16]), torch.Size([2, 3]))
    """

    def __init__(
        self, channels: int, widths: Sequence[int], *, encoder_widths: Sequence[int], latent: int, fold: int = 2
    ) -> None:
        super().__init__()
        self.denoiser = DenoisingUNet(1, widths, image_channels=channels, fold=fold)
        self.modelling = GaussianEncoder(channels + 1, encoder_widths, latent=latent) if latent else None
        self.controlling = GaussianEncoder(channels + 1, encoder_widths, latent=latent) if latent else None

    def forward(self, noisy_B1HW: Tensor, time_B: Tensor, image_BCHW: Tensor) -> Tensor:
        """The noise of a noisy mask."""
        return self.denoiser(noisy_B1HW, time_B, image=image_BCHW)  # type: ignore[no-any-return]

    def model(self, image_BCHW: Tensor, mask_B1HW: Tensor) -> Gaussian:
        """What the ambiguity modelling network says of an annotator's mask."""
        assert self.modelling is not None
        return self.modelling(torch.cat((image_BCHW, mask_B1HW), dim=1))  # type: ignore[no-any-return]

    def control(self, image_BCHW: Tensor, said_B1HW: Tensor) -> Gaussian:
        """What the ambiguity controlling network says of the denoiser's output."""
        assert self.controlling is not None
        return self.controlling(torch.cat((image_BCHW, said_B1HW), dim=1))  # type: ignore[no-any-return]
