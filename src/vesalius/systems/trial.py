"""From a system to the trial of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from vesalius import catalogue
from vesalius.errors import UserError
from vesalius.language.models import SHIPPED, TAG, conversing_with, folder_of, opened, told
from vesalius.names import Size
from vesalius.systems.system import System
from vesalius.tasks import Task
from vesalius.trials.trial import Arms, Trial

ALL = "all"
_SMOKE_SEEDS = 2
_MOST_SEEDS = 10_000


def trial_of(
    system: System,
    *,
    size: Size = "default",
    data: Sequence[str] = (),
    seeds: int | Sequence[int] | None = None,
    model: str | None = None,
    chat: bool = False,
    request: Mapping[str, Any] | None = None,
    per_minute: float | None = None,
) -> Trial:
    """The system's learners against its baselines.

    Args:
        system: what to try.
        size: ``smoke`` for seconds, ``default`` for minutes on two cores, ``paper`` for the published configuration.
        data: names among the system's tasks, ``all`` for those whose records are at hand, or a folder of the user's own where the
            system takes one; by default the first at hand.
        seeds: how many, or which; by default five (two at smoke size), or one where nothing is random.
        model: the language model to build on, as ``vesalius.language.models.opened`` takes it; by default the system's own.
        chat: ask that model in conversation.
        request: further fields of every request to that model, where it is a server; None takes one away.
        per_minute: requests at most to that server.

    Raises:
        UserError: for a name that the system does not have, data that is not at hand, no seeds, a model where none is taken, one
            that can't be trained where that is needed, or one that is no server where a server is told something.
    """
    names, tasks = _chosen(system, size, data)
    if model is None and (chat or request is not None or per_minute is not None):
        raise UserError("--chat, --request, --per-minute: name the model that is asked so with --model.")
    if model is not None:
        model = told(model, request=request, per_minute=per_minute)
        model = conversing_with(model) if chat else model
    settings = _model_settings(system, model)
    if model is not None:
        tasks = [replace(task, tags={**task.tags, TAG: model}) for task in tasks]
    chosen_seeds = _seeds(system, size, seeds)
    row = catalogue.row(system.id)
    return Trial(
        name=system.id,
        tasks=tuple(tasks),
        arms=lambda task: Arms(system.learners(task, size), system.baselines(task, size)),
        seeds=chosen_seeds,
        claim=system.claim.text,
        claimed=system.claim.gains,
        settings={"title": row.title, "number": str(row.number), "size": size, "data": ",".join(names), **settings},
    )


def _model_settings(system: System, model: str | None) -> dict[str, str]:
    """The model that arms are built on, by a digest of its weights, which so are part of the trial's address."""
    if not system.takes_model:
        if model is not None:
            raise UserError(f"--model {model}: {system.id} is not built on a language model that can be named; leave it out.")
        return {}
    if model is not None and system.takes_model == "trained":
        folder_of(model)
    if model is None and system.stand_in:
        return {"model": system.stand_in}
    return {"model": opened(model or SHIPPED).identity}


def available(system: System, size: Size) -> Iterator[tuple[str, Sequence[Task]]]:
    """The system's tasks by name, where their records are at hand."""
    for name, tasks in system.tasks.items():
        try:
            found = tasks(size)
        except UserError:
            continue
        yield name, found


def _chosen(system: System, size: Size, data: Sequence[str]) -> tuple[list[str], list[Task]]:
    chosen: dict[str, Sequence[Task]] = {}
    if not data or ALL in data:
        chosen |= available(system, size) if data else islice(available(system, size), 1)
        if not chosen:
            raise UserError(f"{system.id}: none of its data ({', '.join(system.tasks)}) is at hand; see vesalius data list.")
    for name in data:
        if name != ALL and name not in chosen:
            chosen[name] = _named(system, size, name)
    return list(chosen), [task for tasks in chosen.values() for task in tasks]


def _named(system: System, size: Size, name: str) -> Sequence[Task]:
    if name in system.tasks:
        return system.tasks[name](size)
    if system.own is not None and Path(name).is_dir():
        return system.own(Path(name), size)
    own = "" if system.own is None else ", or a folder of your own (docs/events.md)"
    raise UserError(f"--data {name}: {system.id} has {', '.join(system.tasks)}, or {ALL} for those at hand{own}.")


def _seeds(system: System, size: Size, seeds: int | Sequence[int] | None) -> tuple[int, ...]:
    if seeds is None:
        seeds = min(system.seeds, _SMOKE_SEEDS) if size == "smoke" else system.seeds
    if isinstance(seeds, int) and seeds > _MOST_SEEDS:
        raise UserError(f"--seeds {seeds}: at most {_MOST_SEEDS}.")
    chosen = tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)
    if not chosen or min(chosen) < 0 or max(chosen) >= _MOST_SEEDS:
        raise UserError("--seeds: give a number of seeds from 1, or different seeds from 0, such as 0,1,2.")
    return chosen
