"""What a task asks for, and whether what an agent left behind is that: right resource, right fields, nothing else touched."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from vesalius.worlds.difference import StateDifference
from vesalius.worlds.fhir.layers import Key
from vesalius.worlds.requirements import ABSENT, Requirement, all_met, matching

MODIFIERS = ("modifierExtension", "implicitRules", "doNotPerform")
"""Fields that turn the meaning of a resource round; one that a goal doesn't name has to be absent."""

Outcome = Literal["right", "wrong patient", "wrong change", "nothing done", "wrong answer", "no answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A resource that has to differ at the end.

    Attributes:
        kind: type.
        change: how.
        identifier: of a resource that was there; any where None.
        fields: what has to stand at which path.
        others: whether fields that are not named may be there too in a resource that is created. In one that is changed, what
            changes has to stand at one of the paths, or within.
    """

    kind: str
    change: Literal["created", "changed", "deleted"] = "created"
    identifier: str | None = None
    fields: Mapping[str, Requirement] = field(default_factory=dict)
    others: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What has to be so at the end of a task.

    Attributes:
        patient: id; whoever touches anything of another one has failed.
        expected: resources that have to differ, each once; nothing else may.
        answer: what has to be answered; where None, any answer will do, and none is needed.
    """

    patient: str | None = None
    expected: tuple[Expected, ...] = ()
    answer: Requirement | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict on what was done.

    Attributes:
        score: 1 where all is right, otherwise 0.
        outcome: what is wrong first, in the order in which ``Outcome`` has them.
        difference: what was judged.
    """

    score: float
    outcome: Outcome
    difference: StateDifference


def judge(goal: Goal, difference: StateDifference, answer: Any = None) -> Judgement:
    """Judges the state, and the answer where one is asked for; how the agent came there doesn't count.

    >>> from vesalius.worlds.requirements import Near
    >>> goal = Goal(answer=Near(6.5, 0.1))
    >>> judge(goal, StateDifference(), 6.45).score, judge(goal, StateDifference(), "about 6.5").outcome
    (1.0, 'wrong answer')
    """
    outcome = _outcome(goal, difference, answer)
    return Judgement(float(outcome == "right"), outcome, difference)


def _outcome(goal: Goal, difference: StateDifference, answer: Any) -> Outcome:
    touched = list(_touched(difference))
    if goal.patient is not None and any(_others(resource, key, goal.patient) for key, resource in _seen(difference)):
        return "wrong patient"
    if goal.expected and not touched:
        return "nothing done"
    fits = [[_fits(one, *each) for each in touched] for one in goal.expected]
    if len(touched) != len(goal.expected) or matching(fits) is None:
        return "wrong change"
    if goal.answer is None:
        return "right"
    if answer is None:
        return "no answer"
    values = answer if isinstance(answer, list | tuple) else [answer]
    return "right" if goal.answer.met(values) else "wrong answer"


Touched = tuple[Key, str, Mapping[str, Any], tuple[str, ...]]


def _touched(difference: StateDifference) -> Iterator[Touched]:
    for key, resource in difference.created.items():
        yield key, "created", resource, ()
    for key, change in difference.changed.items():
        yield key, "changed", change.after, change.paths
    for key, resource in difference.deleted.items():
        yield key, "deleted", resource, ()


def _seen(difference: StateDifference) -> Iterator[tuple[Key, Mapping[str, Any]]]:
    """All resources that are touched, before as well as after: one that is moved to another patient touches both."""
    yield from difference.created.items()
    yield from difference.deleted.items()
    for key, change in difference.changed.items():
        yield key, change.before
        yield key, change.after


def _others(resource: Mapping[str, Any], key: Key, patient: str) -> bool:
    """Whether a resource belongs to another patient."""
    if key[0] == "Patient":
        return key[1] != patient
    references = (resource.get(name) for name in ("subject", "patient"))
    targets = [one.get("reference", "") for one in references if isinstance(one, dict)]
    return any(target.startswith("Patient/") and target.partition("/_history/")[0] != f"Patient/{patient}" for target in targets)


def _fits(expected: Expected, key: Key, change: str, resource: Mapping[str, Any], paths: tuple[str, ...]) -> bool:
    if (key[0], change) != (expected.kind, expected.change) or expected.identifier not in (None, key[1]):
        return False
    if change == "deleted":
        return True
    named = {path.partition(".")[0] for path in expected.fields}
    if not all(ABSENT.met([resource[name]] if name in resource else []) for name in MODIFIERS if name not in named):
        return False
    if change == "created" and not expected.others and resource.keys() - named - {"resourceType", "id", "meta"}:
        return False
    if change == "changed" and not all(_within(path, expected.fields) for path in paths):
        return False
    return all_met(expected.fields, resource)


def _within(path: str, named: Mapping[str, Requirement]) -> bool:
    """Whether a changed path, without its places in lists, stands at a named path or within."""
    steps = ".".join(step for step in path.split(".") if not step.isdecimal())
    return any(steps == name or steps.startswith(f"{name}.") for name in named)
