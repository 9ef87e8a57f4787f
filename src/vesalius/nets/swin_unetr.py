"""Swin UNETR: shifted-window transformers as encoder, a U-Net's decoder (Hatamizadeh et al. 2022, arXiv 2201.01266).

The network is MONAI's. At small size its normalisation is by groups: at the coarsest of its six scales a patch of 32 voxels along
each side is a single voxel, of which instance normalisation has no variance.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from vesalius.nets.unet import crop, pad_to_multiple

MULTIPLE = 32
"""Every side of what MONAI's network takes is a multiple of it."""


class Padded(nn.Module):
    """A network that takes images of any size: the last voxels are repeated up to a multiple, and what they gave is cut off."""

    def __init__(self, network: nn.Module, multiple: int) -> None:
        super().__init__()
        self.network, self.multiple = network, multiple

    def forward(self, image_BCS: Tensor) -> Tensor:
        """Logits of the image's own size."""
        logits_BKS: Tensor = self.network(pad_to_multiple(image_BCS, self.multiple))
        return crop(logits_BKS, image_BCS)


def swin_unetr(
    channels: int,
    classes: int,
    *,
    width: int,
    blocks: Sequence[int] = (2, 2, 2, 2),
    heads: Sequence[int] = (3, 6, 12, 24),
    window: int = 7,
    groups: int | None = None,
) -> nn.Module:
    """The network in three dimensions.

    Args:
        channels: of the image.
        classes: background included.
        width: channels of the first scale, a multiple of 12.
        blocks: transformer blocks of each scale.
        heads: of attention at each scale.
        window: tokens along each side within which attention is.
        groups: of the normalisation in the decoder; None for instance normalisation, as published.

    >>> import torch
    >>> network = swin_unetr(1, 2, width=12, blocks=(1, 1, 1, 1), heads=(2, 4, 4, 8), window=4, groups=4)
    >>> network(torch.zeros(1, 1, 32, 20, 32)).shape
    torch.Size([1, 2, 32, 20, 32])
    """
    from monai.networks.nets import SwinUNETR

    network: nn.Module = SwinUNETR(
        in_channels=channels,
        out_channels=classes,
        feature_size=width,
        depths=tuple(blocks),
        num_heads=tuple(heads),
        window_size=window,
        norm_name="instance" if groups is None else ("group", {"num_groups": groups}),
        spatial_dims=3,
    )
    return Padded(network, MULTIPLE)
