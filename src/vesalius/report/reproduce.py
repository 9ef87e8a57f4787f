"""The commands that make a run again and check it."""

import shlex
from collections.abc import Sequence

from vesalius.trials.config import RunConfig
from vesalius.trials.store import slug


def commands(config: RunConfig) -> list[str]:
    """``vesalius run``, where the settings say how the run was called, and ``vesalius verify``."""
    folder = f"{slug(config.name)}-{config.address}"
    verify = f"vesalius verify {shlex.quote(folder)}"
    if not {"size", "data"} <= config.settings.keys():
        return [verify]
    words = ["vesalius", "run", config.name, "--size", config.settings["size"]]
    for name in filter(None, config.settings["data"].split(",")):
        words += ["--data", name]
    return [shlex.join([*words, "--seeds", seeds_option(config.seeds)]), verify]


def seeds_option(seeds: Sequence[int]) -> str:
    """Seeds as ``--seeds`` takes them: how many, where they are the first; else which.

    >>> seeds_option((0, 1, 2)), seeds_option((0,)), seeds_option((3, 7)), seeds_option((3,))
    ('3', '1', '3,7', '3,')
    """
    if tuple(seeds) == tuple(range(len(seeds))):
        return str(len(seeds))
    return ",".join(str(seed) for seed in seeds) + ("," if len(seeds) == 1 else "")
