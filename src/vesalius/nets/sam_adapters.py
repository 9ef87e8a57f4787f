"""Adapters by which a frozen SAM learns medical images (Wu et al. 2023, Medical SAM Adapter)."""

from typing import Any

from torch import Tensor, nn

from vesalius.nets.sam import PromptedSam, freeze

SCALE = 0.5
"""By which what an adapter beside a perceptron adds is multiplied."""
OUTPUT_TOKENS = 5
"""Tokens of SAM's decoder before those of the prompts: one of the quality and four of masks."""


class Adapter(nn.Module):
    """What a bottleneck adds to its input: a projection down, ReLU, and a projection up.

    The projection up starts at zero, so that an adapted network starts as the frozen one.

    >>> import torch
    >>> bool(Adapter(8, 2)(torch.ones(3, 8)).abs().sum() == 0)
    True
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(channels, hidden), nn.Linear(hidden, channels)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, features: Tensor) -> Tensor:
        """What is to be added, of the shape of the features."""
        added: Tensor = self.up(self.down(features).relu())
        return added


class HyperPromptingAdapter(nn.Module):
    """HyP-Adpt: an adapter whose hidden layer has weights that the prompt makes.

    The mean embedding of the prompt is projected to a matrix, with which the features in the bottleneck are multiplied, then
    normalised and passed through ReLU: e' = ReLU(Norm(e W(prompt))).
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(channels, hidden), nn.Linear(hidden, channels)
        self.weights = nn.Linear(channels, hidden * hidden)
        self.norm = nn.LayerNorm(hidden)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, features_BTC: Tensor, prompt_BPC: Tensor) -> Tensor:
        """What is to be added to the features.

        Args:
            features_BTC: of the decoder's tokens, any leading axes.
            prompt_BPC: embedded prompts, with the same leading axes.

        >>> import torch
        >>> HyperPromptingAdapter(8, 2)(torch.ones(1, 4, 8), torch.ones(1, 3, 8)).shape
        torch.Size([1, 4, 8])
        """
        hidden_BTH = self.down(features_BTC)
        size = hidden_BTH.shape[-1]
        weights_BHH = self.weights(prompt_BPC.mean(dim=-2)).unflatten(-1, (size, size))
        added: Tensor = self.up(self.norm(hidden_BTH @ weights_BHH).relu())
        return added


class AdaptedAttention(nn.Module):
    """Space-Depth Transpose: a frozen attention over the places of a slice, and over the slices of a place; an adapter for each.

    Both branches use the same frozen weights. In the depth branch, tokens are transposed so that those of one place in all slices
    of a slab are one sequence; what it finds comes through an adapter and is added to what the space branch finds.

    Args:
        attention: of SAM's image encoder; takes N×h×w×C, slices (and windows of a slice) in N.
        channels: C.
        hidden: of the adapters.
        depth: slices of a slab, which follow each other in N; 1 for images, which have no depth branch.
        windows: parts of a slice that attend each by itself; they follow each other in N, within a slice.
    """

    def __init__(self, attention: nn.Module, channels: int, hidden: int, *, depth: int, windows: int) -> None:
        super().__init__()
        self.attention, self.slices, self.windows = attention, depth, windows
        self.space = Adapter(channels, hidden)
        self.depth = Adapter(channels, hidden) if depth > 1 else None

    def forward(self, hidden_states: Tensor, **options: Any) -> tuple[Tensor, Tensor | None]:
        """As the attention that is wrapped."""
        found, weights = self.attention(hidden_states, **options)
        adapted = found + self.space(found)
        if self.depth is not None:
            adapted = adapted + self.depth(self._across_slices(hidden_states))
        return adapted, weights

    def _across_slices(self, tokens_NhwC: Tensor) -> Tensor:
        """What the attention finds among the slices of each place."""
        _, height, width, channels = tokens_NhwC.shape
        slabs = tokens_NhwC.reshape(-1, self.slices, self.windows, height, width, channels)
        sequences = slabs.permute(0, 2, 3, 4, 1, 5).reshape(-1, 1, self.slices, channels)
        found = self.attention(sequences)[0].reshape(-1, self.windows, height, width, self.slices, channels)
        across: Tensor = found.permute(0, 4, 1, 2, 3, 5).reshape(tokens_NhwC.shape)
        return across


class AdaptedPerceptron(nn.Module):
    """A frozen perceptron with an adapter beside it, whose part is scaled."""

    def __init__(self, perceptron: nn.Module, channels: int, hidden: int) -> None:
        super().__init__()
        self.perceptron, self.adapter = perceptron, Adapter(channels, hidden)

    def forward(self, features: Tensor) -> Tensor:
        """As the perceptron that is wrapped."""
        found: Tensor = self.perceptron(features) + SCALE * self.adapter(features)
        return found


class AdaptedTwoWayBlock(nn.Module):
    """A frozen block of SAM's mask decoder with three adapters.

    A hyper-prompting adapter after the tokens have attended to the image, one beside the perceptron of the tokens, and one, with
    its own residual connection before the normalisation, after the image has attended to the tokens.
    """

    def __init__(self, block: nn.Module, channels: int, hidden: int) -> None:
        super().__init__()
        self.block: Any = block
        self.prompted = HyperPromptingAdapter(channels, hidden)
        self.perceptron = AdaptedPerceptron(block.get_submodule("mlp"), channels, hidden)
        self.image = Adapter(channels, hidden)
        del block.mlp

    def forward(
        self, *, queries: Tensor, keys: Tensor, query_point_embedding: Tensor, key_point_embedding: Tensor, **options: Any
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Tokens, image features and the last attention, as transformers' ``SamTwoWayAttentionBlock`` gives them."""
        block = self.block
        if block.skip_first_layer_pe:
            tokens, _ = block.self_attn(query=queries, key=queries, value=queries)
        else:
            placed = queries + query_point_embedding
            tokens = queries + block.self_attn(query=placed, key=placed, value=queries)[0]
        tokens = block.layer_norm1(tokens)
        placed_keys = keys + key_point_embedding
        similarity = options.get("attention_similarity")
        seen, _ = block.cross_attn_token_to_image(
            query=tokens + query_point_embedding, key=placed_keys, value=keys, attention_similarity=similarity
        )
        # The first tokens are the decoder's own; those behind are the embedded prompts.
        seen = seen + self.prompted(seen, query_point_embedding[..., OUTPUT_TOKENS:, :])
        tokens = block.layer_norm2(tokens + seen)
        tokens = block.layer_norm3(tokens + self.perceptron(tokens))
        found, _ = block.cross_attn_image_to_token(query=placed_keys, key=tokens + query_point_embedding, value=tokens)
        image = keys + found
        return tokens, block.layer_norm4(image + self.image(image)), found


def add_adapters(network: PromptedSam, hidden: int, depth: int = 1) -> PromptedSam:
    """A SAM, changed in place, in which only adapters are trained: in every block of the image encoder and the mask decoder.

    Args:
        network: the frozen SAM to be.
        hidden: width of the adapters' bottlenecks.
        depth: slices of a slab; more than 1 adds the depth branch of Space-Depth Transpose.

    >>> from vesalius.nets.sam import new_sam, small_shape
    >>> network = add_adapters(new_sam(small_shape(image=32, width=16, layers=1)), hidden=4)
    >>> sorted({name.split(".")[-3] for name, each in network.sam.vision_encoder.named_parameters() if each.requires_grad})
    ['adapter', 'space']
    """
    freeze(network)
    sam: Any = network.sam
    vision, decoder = sam.vision_encoder, sam.mask_decoder
    tokens = vision.config.image_size // vision.config.patch_size
    for layer in vision.layers:
        width, windows = vision.config.hidden_size, 1 if not layer.window_size else (-(-tokens // layer.window_size)) ** 2
        layer.attn = AdaptedAttention(layer.attn, width, hidden, depth=depth, windows=windows)
        layer.mlp = AdaptedPerceptron(layer.mlp, width, hidden)
    blocks = decoder.transformer.layers
    for index, block in enumerate(blocks):
        blocks[index] = AdaptedTwoWayBlock(block, decoder.config.hidden_size, hidden)
    return network
