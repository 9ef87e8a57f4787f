"""The Segment Anything Model, from a folder of its weights or small enough to be trained on a CPU (Kirillov et al. 2023)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from vesalius.errors import UserError

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the channels of the images that SAM was trained on, whose values are between 0 and 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamShape:
    """Sizes of a SAM. The defaults are those of ViT-B.

    Attributes:
        image: pixels of a side of its square input.
        patch: pixels of a side of a token.
        width: channels of the image encoder.
        layers: blocks of it.
        heads: of its attention.
        window: tokens of a side within which a block attends; every third block attends globally.
        channels: of the image embedding, the prompts and the mask decoder.
        decoder_mlp: hidden units of the mask decoder's perceptrons.
        frequency: deviation of the frequencies with which places are encoded; lower for an image of few tokens, where high ones
            would only tell apart places within a token.
    """

    image: int = 1024
    patch: int = 16
    width: int = 768
    layers: int = 12
    heads: int = 12
    window: int = 14
    channels: int = 256
    decoder_mlp: int = 2048
    frequency: float = 1.0


def small_shape(*, image: int, width: int, layers: int, patch: int = 8) -> SamShape:
    """Sizes of a SAM that a CPU trains in a minute: all blocks attend globally, for there are few tokens.

    >>> small_shape(image=96, width=64, layers=3).channels
    64
    """
    heads = max(1, width // 16)
    return SamShape(
        image=image,
        patch=patch,
        width=width,
        layers=layers,
        heads=heads,
        window=0,
        channels=width,
        decoder_mlp=2 * width,
        frequency=0.3,
    )


class PromptedSam(nn.Module):
    """SAM as a network that takes a batch of images with their prompts, and gives one mask for each.

    Args:
        sam: transformers' ``SamModel``.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, sam: nn.Module) -> None:
        super().__init__()
        self.sam = sam
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION)[:, None, None], persistent=False)

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Logits, N×S×S.

        Args:
            batch: ``image`` N×3×S×S from 0 to 1, and one or both of ``box`` N×4 (left, upper, right, lower border in pixels) and
                ``points`` N×P×2 (column, row) with ``signs`` N×P (1 on the object, 0 beside it, -10 for no point).
        """
        prompts = {}
        if "box" in batch:
            # SAM adds half a pixel to every place, for it is told the centres of pixels.
            prompts["input_boxes"] = batch["box"][:, None] - 0.5
        if "points" in batch:
            prompts |= {"input_points": batch["points"][:, None], "input_labels": batch["signs"][:, None]}
        pixels = (batch["image"] - self.mean) / self.deviation
        logits_NhW: Tensor = self.sam(pixel_values=pixels, multimask_output=False, **prompts).pred_masks[:, 0]
        return functional.interpolate(logits_NhW, size=pixels.shape[-2:], mode="bilinear", align_corners=False)[:, 0]


def new_sam(shape: SamShape) -> PromptedSam:
    """A SAM with random weights: the image encoder, prompt encoder and mask decoder of the paper, in the sizes given.

    >>> network = new_sam(SamShape(image=32, patch=8, width=16, layers=1, heads=2, window=0, channels=16, decoder_mlp=16))
    >>> network({"image": torch.zeros(2, 3, 32, 32), "box": torch.tensor([[4.0, 4.0, 9.0, 9.0]] * 2)}).shape
    torch.Size([2, 32, 32])
    """
    from transformers import SamConfig, SamModel

    size = {"image_size": shape.image, "patch_size": shape.patch}
    vision: dict[str, Any] = {
        "hidden_size": shape.width,
        "output_channels": shape.channels,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "window_size": shape.window,
        "global_attn_indexes": list(range(2, shape.layers, 3)),
        "num_pos_feats": shape.channels // 2,
        **size,
    }
    prompt = {"hidden_size": shape.channels, **size}
    decoder = {"hidden_size": shape.channels, "mlp_dim": shape.decoder_mlp, "iou_head_hidden_dim": shape.channels}
    sam = SamModel(SamConfig(vision_config=vision, prompt_encoder_config=prompt, mask_decoder_config=decoder))
    _initialise(sam, shape.frequency)
    return PromptedSam(sam)


def _initialise(sam: nn.Module, frequency: float) -> None:
    """As SAM's authors have it: PyTorch's own initial weights, and random frequencies of places.

    The library's are for weights that are read from a file: those of the encoder are 0, and places have frequencies so high that
    neighbours have nothing in common.
    """
    for module in sam.modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d | nn.Embedding):
            module.reset_parameters()
    places = sam.get_parameter("shared_image_embedding.positional_embedding")
    nn.init.normal_(places, std=frequency)
    places.requires_grad_(False)  # SAM draws them once and never trains them


def read_sam(folder: Path) -> PromptedSam:
    """SAM with the weights of a folder as transformers writes it (``config.json`` and ``model.safetensors``).

    Raises:
        UserError: if the folder has no such files, or they are damaged.
    """
    from safetensors import SafetensorError
    from transformers import SamModel

    for file in (folder / "config.json", folder / "model.safetensors"):
        if not file.is_file():
            raise UserError(f"{file}: missing; give a folder with SAM's config.json and model.safetensors.")
    try:
        return PromptedSam(SamModel.from_pretrained(folder, local_files_only=True, use_safetensors=True))
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise UserError(f"{folder}: not the weights of a SAM; download config.json and model.safetensors again.") from error


def freeze(network: nn.Module, *but: str) -> nn.Module:
    """Stop the training of all parameters but those whose name contains one of these; gives the network back.

    >>> [name for name, each in freeze(nn.Linear(2, 1), "bias").named_parameters() if each.requires_grad]
    ['bias']
    """
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(any(part in name for part in but))
    return network
