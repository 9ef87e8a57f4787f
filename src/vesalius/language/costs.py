"""What tokens cost in money."""

from dataclasses import dataclass

from vesalius.language.backend import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Of a million tokens, in any one currency; ``reused`` is what a provider takes for prompt tokens from its own cache.

    Without a price of its own, a reused token costs what any of the prompt does.
    """

    prompt: float
    completion: float
    reused: float | None = None


def cost(usage: Usage, prices: Prices) -> float:
    """What a usage costs.

    >>> cost(Usage(prompt=2_000_000, completion=500_000, reused=1_000_000), Prices(prompt=0.15, completion=0.60, reused=0.05))
    0.5
    """
    reused = prices.prompt if prices.reused is None else prices.reused
    millions = (usage.prompt - usage.reused) * prices.prompt + usage.reused * reused + usage.completion * prices.completion
    return millions / 1e6
