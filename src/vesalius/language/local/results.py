"""What local backends make of what their networks say."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from vesalius.language.backend import UNKNOWN, Completion, Likelihood, Reply, Sampling, Scored, Usage
from vesalius.language.local.rows import Tokens
from vesalius.language.local.texts import seed_of
from vesalius.progress import track

Asked = TypeVar("Asked")
T = TypeVar("T")


def by_batch(batches: Iterable[list[int]], asked: Sequence[Asked], run: Callable[[list[Asked]], list[T]]) -> list[T]:
    """What each gives, in the order of ``asked``; a batch is the places of those that run together."""
    answers = ((place, one) for places in batches for place, one in zip(places, run([asked[at] for at in places]), strict=True))
    found = dict(track(answers, "answering", len(asked)))
    return [found[place] for place in range(len(asked))]


def where_room(
    asked: Sequence[Asked], fits: Callable[[Asked], bool], run: Callable[[list[Asked]], list[T]], otherwise: Callable[[Asked], T]
) -> list[T]:
    """What those that fit are given when they run together, and what the others are given, in the order of ``asked``.

    >>> where_room(["ab", "abcd"], lambda one: len(one) < 3, lambda some: [one.upper() for one in some], lambda one: "too long")
    ['AB', 'too long']
    """
    given = iter(run([one for one in asked if fits(one)]))
    return [next(given) if fits(one) else otherwise(one) for one in asked]


def failed(reason: str, sampling: Sampling) -> Reply:
    """To a prompt that was not run."""
    return Reply(completions=(Completion(text=reason, tokens=0, finish="failed"),) * sampling.samples, usage=Usage())


def unscored(continuations: Sequence[Tokens]) -> Scored:
    """Of a prompt that was not run: NaN for each of its continuations."""
    return Scored(likelihoods=(UNKNOWN,) * len(continuations), usage=Usage())


def forks_of(sampling: Sampling) -> int:
    """Continuations of a prompt that differ: without temperature, all samples are the same."""
    return sampling.samples if sampling.temperature > 0 else 1


def seeds_of(asked: Sequence[Tokens], sampling: Sampling) -> list[list[int]]:
    """What each fork of each prompt draws from, prompt by prompt."""
    return [seed_of(tokens, sampling.seed, fork) for tokens in asked for fork in range(forks_of(sampling))]


def replies(
    asked: Sequence[Tokens], made: Sequence[Completion], sampling: Sampling, reused: Sequence[int] | None = None
) -> list[Reply]:
    """One a prompt, from the completions of its forks, prompt by prompt.

    Args:
        asked: the prompts.
        made: completions of all forks.
        sampling: how they were made.
        reused: of each prompt, how many tokens had been run before; none by default.
    """
    forks, found = forks_of(sampling), []
    for place, (tokens, known) in enumerate(zip(asked, reused or [0] * len(asked), strict=True)):
        own = made[place * forks : (place + 1) * forks]
        usage = Usage(prompt=len(tokens), completion=sum(one.tokens for one in own), reused=known, calls=1)
        found.append(Reply(completions=tuple(own) * (sampling.samples // forks), usage=usage))
    return found


def likelihood(tokens: Tokens, surprises_LV: Tensor) -> Likelihood:
    """Of a continuation.

    Args:
        tokens: its own; none has log-probability 0.
        surprises_LV: log-probabilities at each of its tokens, and at any behind them.
    """
    if not tokens:
        return Likelihood(log_probability=0.0, tokens=0, greedy=True)
    own_LV, wanted_L = surprises_LV[: len(tokens)], torch.tensor(tokens, device=surprises_LV.device)
    return Likelihood(
        log_probability=float(own_LV.gather(1, wanted_L[:, None]).double().sum()),
        tokens=len(tokens),
        greedy=bool((own_LV.argmax(dim=-1) == wanted_L).all()),
    )
