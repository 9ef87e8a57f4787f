"""Texts that a policy draws, and how likely each of their tokens is to it: the prompt is run once for all its samples."""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from vesalius.errors import UserError
from vesalius.language.backend import Prompt
from vesalius.language.local.attention import growing_cache
from vesalius.language.local.inputs import cache_argument
from vesalius.language.local.texts import begun_tokens
from vesalius.learners.language_model.networks import plain_network
from vesalius.learners.language_model.supervised import longest

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_LOGITS = 2**26
"""Logits that are held at once; prompts beyond are run again for their gradients."""


@dataclass(frozen=True, slots=True)
class Rollouts:
    """Samples of some prompts, the samples of a prompt one after the other.

    Attributes:
        prompts_PL: tokens, padded on the left.
        asked_PL: which of them are the prompt's.
        tokens_BT: what was made, padded on the right.
        made_BT: which of them were; the token that ends a text is one of them, and so is what completes a stop.
        log_probabilities_BT: of each under the policy that made it, 0 in the padding.
        texts: what was made, as text, without the end or the stop.
    """

    prompts_PL: Tensor
    asked_PL: Tensor
    tokens_BT: Tensor
    made_BT: Tensor
    log_probabilities_BT: Tensor
    texts: tuple[str, ...]

    @property
    def samples(self) -> int:
        """Of each prompt."""
        return len(self.tokens_BT) // len(self.prompts_PL)

    @property
    def lengths_B(self) -> Tensor:
        """Tokens of each sample."""
        return self.made_BT.sum(dim=1)

    def parts(self, size: int) -> Iterator["Rollouts"]:
        """The same, so many prompts at a time."""
        for start in range(0, len(self.prompts_PL), size):
            asked, rows = slice(start, start + size), slice(start * self.samples, (start + size) * self.samples)
            yield Rollouts(
                self.prompts_PL[asked],
                self.asked_PL[asked],
                self.tokens_BT[rows],
                self.made_BT[rows],
                self.log_probabilities_BT[rows],
                self.texts[rows],
            )


def roll_out(
    network: nn.Module,
    tokenizer: "PreTrainedTokenizerBase",
    prompts: Sequence[Prompt],
    *,
    samples: int,
    max_tokens: int,
    seed: int,
    stop: str = "",
) -> Rollouts:
    """Draw samples of each prompt from the policy itself: temperature 1, no token left out.

    Args:
        network: a causal language model with any attention but the backend's own.
        tokenizer: its tokenizer.
        prompts: to be continued.
        samples: of each.
        max_tokens: at most so many are made.
        seed: of the draws.
        stop: a text at whose first appearance a sample ends, as it does where the policy is tested; an empty one is none.

    Raises:
        UserError: if a prompt and ``max_tokens`` are longer than the model takes.
    """
    place = next(network.parameters()).device
    ends = _Ends(torch.tensor(_ends(plain_network(network), tokenizer), device=place), stop, tokenizer)
    prompts_PL, asked_PL = _padded(prompts, tokenizer, int(ends.tokens_E[0]), place)
    _require_room(plain_network(network), prompts_PL.shape[1] + max_tokens)
    with torch.no_grad():
        tokens_BT, made_BT, log_BT = _drawn(network, prompts_PL, asked_PL, samples, max_tokens, ends, seed)
    texts = tuple(ends.before(row[made].tolist()) for row, made in zip(tokens_BT, made_BT, strict=True))
    return Rollouts(prompts_PL, asked_PL, tokens_BT, made_BT, log_BT, texts)


@dataclass(frozen=True, slots=True)
class _Ends:
    """What ends a sample: any of some tokens, or a text."""

    tokens_E: Tensor
    stop: str
    tokenizer: "PreTrainedTokenizerBase"

    @property
    def reach(self) -> int:
        """Tokens among which a stop is: each has at least a byte, and a stop may begin in the middle of one."""
        return len(self.stop.encode()) + 4 if self.stop else 1

    def reached(self, recent_BT: Tensor) -> Tensor:
        """Whether each row, which had not ended before, ends with the last of its recent tokens."""
        ended_B = torch.isin(recent_BT[:, -1], self.tokens_E)
        if not self.stop:
            return ended_B
        stopped = [self.stop in self._text(row) for row in recent_BT.tolist()]
        return ended_B | torch.tensor(stopped, device=ended_B.device)

    def before(self, made: list[int]) -> str:
        """What a row says before its end."""
        text = self._text(made)
        return text.split(self.stop, 1)[0] if self.stop else text

    def _text(self, tokens: list[int]) -> str:
        return str(self.tokenizer.decode(tokens, skip_special_tokens=True))


def _drawn(
    network: nn.Module, prompts_PL: Tensor, asked_PL: Tensor, samples: int, max_tokens: int, ends: _Ends, seed: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Tokens, which of them were made, and their log-probabilities; a row that has ended is dropped from what is run."""
    place, rows = prompts_PL.device, len(prompts_PL) * samples
    generator = torch.Generator(place).manual_seed(seed)
    tokens_BT = torch.full((rows, max_tokens), int(ends.tokens_E[0]), device=place)
    made_BT = torch.zeros(rows, max_tokens, dtype=torch.bool, device=place)
    log_BT = torch.zeros(rows, max_tokens, device=place)
    cache, alive = growing_cache(), torch.arange(rows, device=place)
    seen = asked_PL
    logits = _run(network, prompts_PL, seen, cache, last=True).logits[:, -1]
    forks = alive // samples
    cache.batch_select_indices(forks)
    logits, seen = logits[forks], seen[forks]
    for step in range(max_tokens):
        surprise = torch.log_softmax(logits.float(), dim=-1)
        drawn = torch.multinomial(surprise.exp(), 1, generator=generator)
        tokens_BT[alive, step], made_BT[alive, step] = drawn[:, 0], True
        log_BT[alive, step] = surprise.gather(1, drawn)[:, 0]
        recent_BT = tokens_BT[:, : step + 1][:, -ends.reach :]
        going = (~ends.reached(recent_BT[alive])).nonzero()[:, 0]
        if len(going) == 0 or step + 1 == max_tokens:
            break
        if len(going) < len(alive):
            cache.batch_select_indices(going)
            alive, drawn, seen = alive[going], drawn[going], seen[going]
        seen = torch.cat([seen, torch.ones_like(seen[:, :1])], dim=1)
        logits = _run(network, drawn, seen, cache, last=True).logits[:, -1]
    made = int(made_BT.sum(dim=1).max())
    return tokens_BT[:, :made], made_BT[:, :made], log_BT[:, :made]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a network thinks of rollouts.

    Attributes:
        log_probabilities_BT: of each token, 0 in the padding.
        states_BTD: the last layer's state from which each token was chosen; None where not asked for.
    """

    log_probabilities_BT: Tensor
    states_BTD: Tensor | None


def judged(network: nn.Module, rollouts: Rollouts, *, states: bool = False) -> Judged:
    """Judge every token of the rollouts, with gradients where they are on.

    Args:
        network: a causal language model.
        rollouts: of it, or of another with the same tokens.
        states: whether the last layer's states are wanted too.
    """
    vocabulary = int(plain_network(network).get_input_embeddings().weight.shape[0])
    size = max(1, _LOGITS // prod((rollouts.samples, rollouts.tokens_BT.shape[1], vocabulary)))
    if size >= len(rollouts.prompts_PL):
        return Judged(*_judged(network, rollouts, states))
    parts = [
        checkpoint(_judged, network, part, states, use_reentrant=False)
        if torch.is_grad_enabled()
        else _judged(network, part, states)
        for part in rollouts.parts(size)
    ]
    logs, found = zip(*parts, strict=True)
    return Judged(torch.cat(logs), torch.cat(found) if states else None)


def _judged(network: nn.Module, rollouts: Rollouts, states: bool) -> tuple[Tensor, Tensor | None]:
    from transformers.cache_utils import Cache, DynamicLayer

    cache = Cache(layer_class_to_replicate=DynamicLayer)
    begun = _run(network, rollouts.prompts_PL, rollouts.asked_PL, cache, last=True, output_hidden_states=states)
    # the prompt's keys and values, with their gradients, stand before every sample of it
    cache.batch_repeat_interleave(rollouts.samples)
    outputs = [
        (_repeated(begun.logits[:, -1:], rollouts), _repeated(begun.hidden_states[-1][:, -1:], rollouts) if states else None)
    ]
    if rollouts.tokens_BT.shape[1] > 1:
        seen = torch.cat([_repeated(rollouts.asked_PL, rollouts), rollouts.made_BT[:, :-1]], dim=1)
        rest = _run(network, rollouts.tokens_BT[:, :-1], seen, cache, last=False, output_hidden_states=states)
        outputs.append((rest.logits, rest.hidden_states[-1] if states else None))
    logits_BTV = torch.cat([logits for logits, _ in outputs], dim=1).float()
    chosen_BT = logits_BTV.gather(2, rollouts.tokens_BT[..., None])[..., 0] - torch.logsumexp(logits_BTV, dim=-1)
    found = [state for _, state in outputs if state is not None]
    return chosen_BT * rollouts.made_BT, torch.cat(found, dim=1) if states else None


def _repeated(values: Tensor, rollouts: Rollouts) -> Tensor:
    return values.repeat_interleave(rollouts.samples, dim=0)


def _run(network: nn.Module, tokens_BL: Tensor, seen_BT: Tensor, cache: Any, *, last: bool, **wanted: Any) -> Any:
    """The tokens behind what the cache holds; ``seen_BT`` says which of all these are no padding."""
    plain = plain_network(network)
    takes = inspect.signature(plain.forward).parameters
    wanted[cache_argument(takes)] = cache
    if last and "logits_to_keep" in takes:
        wanted["logits_to_keep"] = 1
    places_BL = (seen_BT.long().cumsum(dim=1) - 1).clamp(min=0)[:, -tokens_BL.shape[1] :]
    return plain(input_ids=tokens_BL, attention_mask=seen_BT.long(), position_ids=places_BL, use_cache=True, **wanted)


def _ends(network: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> list[int]:
    """Tokens that end a text: what the tokenizer and the model's own settings call so, the tokenizer's first."""
    settings = network.generation_config.eos_token_id if network.generation_config else None
    named = [tokenizer.eos_token_id, *(settings if isinstance(settings, list) else [settings])]
    ends = list(dict.fromkeys(int(token) for token in named if token is not None))
    if not ends:
        raise UserError("tokenizer: no token ends a text; give the model an eos_token.")
    return ends


def _padded(
    prompts: Sequence[Prompt], tokenizer: "PreTrainedTokenizerBase", blank: int, place: torch.device
) -> tuple[Tensor, Tensor]:
    rows = [begun_tokens(prompt, tokenizer) for prompt in prompts]
    width = max(map(len, rows))
    tokens = [[blank] * (width - len(row)) + list(row) for row in rows]
    asked = [[False] * (width - len(row)) + [True] * len(row) for row in rows]
    return torch.tensor(tokens, device=place), torch.tensor(asked, device=place)


def _require_room(network: "PreTrainedModel", tokens: int) -> None:
    room = longest(network)
    if tokens > room:
        raise UserError(f"prompts: {tokens} tokens with those to be made, where the model takes {room}; shorten them.")
