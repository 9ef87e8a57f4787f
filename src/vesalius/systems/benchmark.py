"""A language model on the published questions: each way of asking against the first, so that what the protocol is worth shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from vesalius.errors import UserError
from vesalius.language.backend import Backend
from vesalius.language.choices import PROTOCOLS
from vesalius.language.models import opened, told
from vesalius.language.several import SEVERAL_PROTOCOLS, AskSeveral
from vesalius.language.steering import Ask, Strategy
from vesalius.learners.steered import Steered
from vesalius.records import Record
from vesalius.records.places import place
from vesalius.sources.public.public_set import PublicSet
from vesalius.sources.public.text_sets import SEVERAL, SINGLE
from vesalius.sources.splits import hold_out
from vesalius.tasks import Split, Task
from vesalius.tasks.texts import by_release, choices_task
from vesalius.trials.trial import Arms, Trial

SETS = {each.name: each for each in (*SINGLE, *SEVERAL)}
"""What can be asked, by name."""

_SEVERAL = frozenset(each.name for each in SEVERAL)


def benchmark_trial(
    model: str,
    data: Sequence[str],
    *,
    protocols: Sequence[str] = (),
    orders: int = 0,
    shots: int = 0,
    limit: int | None = None,
    chat: bool = False,
    request: Mapping[str, Any] | None = None,
    per_minute: float | None = None,
    answers: Path,
) -> Trial:
    """A model on sets of questions: an arm a protocol, the first of which is the baseline.

    Args:
        model: as ``vesalius.language.models.opened`` takes it.
        data: names of ``SETS``.
        protocols: of ``PROTOCOLS`` or ``SEVERAL_PROTOCOLS``; by default all that the sets have.
        orders: ask each question in so many orders of its options, a seed each; 0 is the release's own order.
        shots: examples before each question, drawn by seed.
        limit: of test questions, chosen by the hash of their ids.
        chat: ask as a conversation.
        request: further fields of every request to a server; None takes one away.
        per_minute: requests at most to a server.
        answers: folder in which answers are kept as they come, so that a stopped run asks nothing twice.

    Raises:
        UserError: for a set or protocol that there is not, one that is not at hand, a model that can't be read, or one that
            is no server where a server is told something.
    """
    tasks = [_task(name, shots, limit) for name in data]
    named = told(model, request=request, per_minute=per_minute)
    asked = partial(opened, named, answers, turns=chat)
    build = partial(_build, asked, shots)
    arms = {task.name: _arms(_chosen(task, protocols, shuffle=orders > 0, chat=chat), build) for task in tasks}
    return Trial(
        name="ask",
        tasks=tuple(tasks),
        arms=lambda task: arms[task.name],
        seeds=tuple(range(orders or 1)),
        settings={
            "title": f"Questions, asked in several ways: {Path(model).name}",
            "model": asked().identity,
            "shots": str(shots),
            "orders": str(orders),
            "limit": str(limit or "none"),
            "chat": str(chat),
        },
    )


def _task(name: str, shots: int, limit: int | None) -> Task:
    if name not in SETS:
        raise UserError(f"--data {name}: the sets of questions are {', '.join(SETS)}.")
    source: PublicSet = SETS[name]
    if shots and name in _SEVERAL:
        raise UserError(f"--shots {shots}: questions with several right options ({name}) are asked without examples here.")
    context = "context" in source.records()[0].fields
    task = choices_task(source, context=context, several=name in _SEVERAL)
    return replace(task, split=partial(_split, shots, limit))


def _split(shots: int, limit: int | None, records: Sequence[Record]) -> Split:
    """Examples are drawn from the training questions, or where there are none from as many test questions that are held out."""
    released = by_release(records)
    train, test = released.train, released.test or released.validation
    if not shots:
        train = ()
    elif not train:
        test, train = hold_out(test, shots)
    chosen = sorted(test, key=lambda record: place(record.id))[:limit]
    return Split(train=train, validation=(), test=chosen)


def _chosen(task: Task, protocols: Sequence[str], *, shuffle: bool, chat: bool) -> Mapping[str, Strategy]:
    """Each protocol that is asked for, in that order, as a strategy."""
    known: Mapping[str, Strategy]
    if task.source.name in _SEVERAL:
        known = {name: AskSeveral(protocol=name, shuffle=shuffle, chat=chat) for name in SEVERAL_PROTOCOLS}
    else:
        known = {name: Ask(protocol=name, shuffle=shuffle, chat=chat) for name in PROTOCOLS}
    wrong = [name for name in protocols if name not in known]
    if wrong:
        raise UserError(f"--protocol {wrong[0]!r}: {task.source.name} is asked by {', '.join(known)}.")
    chosen = {name: known[name] for name in protocols or known}
    if len(chosen) < 2:
        raise UserError(f"--protocol {', '.join(map(repr, chosen))}: name at least two, of which the first is the baseline.")
    return chosen


def _arms(strategies: Mapping[str, Strategy], build: Callable[[Strategy, int], Steered]) -> Arms:
    (first, baseline), *others = ((name, partial(build, strategy)) for name, strategy in strategies.items())
    return Arms(learners=dict(others), baselines={first: baseline})


def _build(model: Callable[[], Backend], shots: int, strategy: Strategy, seed: int) -> Steered:
    return Steered(model, strategy, shots=shots, seed=seed)
