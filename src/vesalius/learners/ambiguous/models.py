"""How networks of several masks are taught and sampled."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from vesalius.learners.denoiser.objectives import Diffusion
from vesalius.learners.denoiser.samplers import Denoising
from vesalius.nets.ambiguity import AmbiguityDenoiser, Gaussian, ProbabilisticUNet, kl_divergence

Floats32 = NDArray[np.float32]
Noise = Callable[[tuple[int, ...]], Tensor]
"""Gives standard normal numbers of a shape."""


class MaskModel(Protocol):
    """A distribution of masks given an image; masks are 1 and -1."""

    @property
    def multiple(self) -> int:
        """What the sides of an image have to be multiples of."""
        ...

    def network(self, channels: int) -> nn.Module:
        """One that is not trained yet."""
        ...

    def lesson(self, image_BCHW: Floats32, mask_B1HW: Floats32, random: np.random.Generator) -> dict[str, Any]:
        """A batch as the loss takes it."""
        ...

    def loss(self, network: nn.Module, batch: dict[str, Any]) -> Tensor:
        """One number."""
        ...

    def sample(self, network: nn.Module, image_BCHW: Tensor, noise: Noise) -> Tensor:
        """One mask for each image, B × H × W of truth values."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbabilisticMasks:
    """The probabilistic U-Net: the evidence lower bound, with the mask's cross-entropy summed over pixels (Kohl et al. 2018).

    Attributes:
        widths: of the U-Net and the encoders.
        latent: dimensions.
        beta: weight of KL(posterior ‖ prior).
    """

    widths: tuple[int, ...]
    latent: int = 6
    beta: float = 1.0

    @property
    def multiple(self) -> int:
        """Of the U-Net, which halves the image once a level but the first."""
        return int(2 ** (len(self.widths) - 1))

    def network(self, channels: int) -> nn.Module:
        """A U-Net, a prior and a posterior."""
        return ProbabilisticUNet(channels, self.widths, latent=self.latent)

    def lesson(self, image_BCHW: Floats32, mask_B1HW: Floats32, random: np.random.Generator) -> dict[str, Any]:
        """Image, mask, and the noise of the latent."""
        noise_BL = random.standard_normal((len(image_BCHW), self.latent), dtype=np.float32)
        return {"image": image_BCHW, "mask": mask_B1HW, "noise": noise_BL}

    def loss(self, network: nn.Module, batch: dict[str, Any]) -> Tensor:
        """Negative evidence lower bound, a pixel."""
        image_BCHW, mask_B1HW = batch["image"], batch["mask"]
        posterior: Gaussian = network.posterior(torch.cat((image_BCHW, mask_B1HW), dim=1))  # type: ignore[operator]
        divergence: Tensor = kl_divergence(posterior, network.prior(image_BCHW))  # type: ignore[operator]
        logits_B1HW = network(image_BCHW, posterior.at(batch["noise"]))
        surprise: Tensor = functional.binary_cross_entropy_with_logits(logits_B1HW, (mask_B1HW + 1) / 2)
        bound: Tensor = surprise + self.beta * divergence.mean() / mask_B1HW[0].numel()
        return bound

    def sample(self, network: nn.Module, image_BCHW: Tensor, noise: Noise) -> Tensor:
        """A latent from the prior, and the mask that it stands for."""
        prior: Gaussian = network.prior(image_BCHW)  # type: ignore[operator]
        logits_B1HW: Tensor = network(image_BCHW, prior.at(noise((len(image_BCHW), self.latent))))
        inside_BHW: Tensor = logits_B1HW[:, 0] > 0
        return inside_BHW


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffusionMasks:
    """A diffusion of masks; with a latent it is CIMD, without one a plain conditional diffusion (Wolleb et al. 2022).

    The loss is that of the noise plus ``beta`` times KL(modelling ‖ controlling): what the denoiser says is to look, to the
    controlling network, as annotators' masks do to the modelling network. Samples differ by the noise of the diffusion alone;
    the paper does without latents drawn from an encoder. Nothing else holds the two networks to what they see: were both
    constant, the divergence would be 0.

    Attributes:
        widths, fold: of the denoiser.
        encoder_widths, latent: of the ambiguity modelling and controlling networks; a latent of 0 leaves both out.
        diffusion: of the masks.
        evaluations: of the denoiser for a mask.
        eta: 1 samples ancestrally, 0 deterministically from the first noise.
        beta: as in the authors' code, which has the mean squared error of a pixel beside it.
    """

    widths: tuple[int, ...]
    encoder_widths: tuple[int, ...]
    latent: int = 6
    fold: int = 2
    diffusion: Diffusion = field(default_factory=lambda: Diffusion("linear", 1000))
    evaluations: int = 20
    eta: float = 1.0
    beta: float = 0.001

    @property
    def multiple(self) -> int:
        """Of the denoiser, which works on patches and halves once a level but the first."""
        return int(self.fold * 2 ** (len(self.widths) - 1))

    def network(self, channels: int) -> nn.Module:
        """A denoiser, with both Gaussian networks where there is a latent."""
        return AmbiguityDenoiser(channels, self.widths, encoder_widths=self.encoder_widths, latent=self.latent, fold=self.fold)

    def lesson(self, image_BCHW: Floats32, mask_B1HW: Floats32, random: np.random.Generator) -> dict[str, Any]:
        """Image, mask, and the mask at a random step."""
        noisy_B1HW, time_B, target_B1HW = self.diffusion.lesson(mask_B1HW, random, [0] * len(mask_B1HW))
        return {"image": image_BCHW, "mask": mask_B1HW, "noisy": noisy_B1HW, "time": time_B, "target": target_B1HW}

    def loss(self, network: nn.Module, batch: dict[str, Any]) -> Tensor:
        """Of the noise, and of the two Gaussian networks."""
        image_BCHW = batch["image"]
        said_B1HW: Tensor = network(batch["noisy"], batch["time"], image_BCHW)
        error = functional.mse_loss(said_B1HW, batch["target"])
        if not self.latent:
            return error
        modelled: Gaussian = network.model(image_BCHW, batch["mask"])  # type: ignore[operator]
        controlled: Gaussian = network.control(image_BCHW, said_B1HW)  # type: ignore[operator]
        return error + self.beta * kl_divergence(modelled, controlled).mean()

    def sample(self, network: nn.Module, image_BCHW: Tensor, noise: Noise) -> Tensor:
        """From noise to masks."""
        size = (len(image_BCHW), 1, *image_BCHW.shape[2:])
        sampler = Denoising(self.eta, self.diffusion.schedule, self.diffusion.steps)
        masks_B1HW = sampler(
            lambda noisy, time: network(noisy, time, image_BCHW), noise(size), lambda: noise(size), self.evaluations
        )
        return masks_B1HW[:, 0] > 0
