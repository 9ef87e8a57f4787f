"""Steps that go wrong, as a model's might."""

import re

import numpy as np

from vesalius.sources.simulators.mini_clinic.items import Item

_VERDICT = re.compile(r"\b(yes|no)\b(?=[,.])")
_COUNT = re.compile(r"\d+(?=\.$)")
_NAMED = re.compile(r"[\w-]+(?=( is given)?\.$)")


def mistaken(item: Item, rng: np.random.Generator, *, only: int | None = None) -> tuple[str, ...]:
    """The steps of a question with a mistake in one of them.

    Args:
        item: whose steps.
        rng: decides on the step and the mistake.
        only: the step in which it is.
    """
    place = int(rng.integers(len(item.steps))) if only is None else only
    return (*item.steps[:place], _wrong(item, item.steps[place], rng), *item.steps[place + 1 :])


def _wrong(item: Item, step: str, rng: np.random.Generator) -> str:
    """A verdict turned round, with the count that follows from it; where there is none, another name at the end."""
    verdicts = list(_VERDICT.finditer(step))
    if verdicts:
        turned = verdicts[rng.integers(len(verdicts))]
        said = "no" if turned[1] == "yes" else "yes"
        step = step[: turned.start()] + said + step[turned.end() :]
        return _COUNT.sub(str(sum(one[1] == "yes" for one in _VERDICT.finditer(step))), step)
    named = _NAMED.search(step)
    assert named is not None
    others = [option for option in item.options if option != named[0]]
    return step[: named.start()] + str(rng.choice(others)) + step[named.end() :]
