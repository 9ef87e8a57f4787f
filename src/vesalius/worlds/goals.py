"""What a task asks for, and whether what an agent left behind is that: right resource, right fields, nothing else touched.

In a resource that is created nothing may stand that a goal does not look at, at whatever depth, but for a short list of what
neither changes nor adds to what is meant: names and free texts, what it is for, who asked for it and during which encounter, and
defaults that are said. In one that is changed, only what a goal looks at may change.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from vesalius.worlds.difference import COUNTED, MISSING, StateDifference
from vesalius.worlds.fhir.kinds import kinds
from vesalius.worlds.fhir.layers import Key
from vesalius.worlds.fhir.values import at, references_in, unversioned
from vesalius.worlds.requirements import Requirement, all_met, judged, matching

HARMLESS = re.compile(
    r"resourceType|id|language|meta\.(profile|source)|text\.(status|div)|identifier\.(use|system|value)|(.+\.)?display"
    r"|note\.(text|time|authorString)|dosageInstruction\.(text|patientInstruction|additionalInstruction\.text)"
    r"|(category|reasonCode|performerType|dosageInstruction\.doseAndRate\.type)\.(text|coding\.(system|code|version|userSelected))"
    r"|(subject|patient|encounter|performer|requester|recorder|reasonReference)\.(reference|type)"
)
"""Paths, without places in lists, at which anything may stand in a resource that is created; a reference may lead to no other
patient."""

DEFAULTS: Mapping[str, Any] = {
    "doNotPerform": False,
    "asNeededBoolean": False,
    "reportedBoolean": False,
    "priority": "routine",
    "sequence": 1,
    "count": 1,
    "numberOfRepeatsAllowed": 0,
}
"""What fields mean where they are left out; one that says so counts as left out."""

Outcome = Literal["right", "wrong patient", "not finished", "nothing done", "wrong change", "no answer", "wrong answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A resource that has to differ at the end.

    Attributes:
        kind: type.
        change: how.
        identifier: of a resource that was there; any where None.
        fields: what has to stand at which path.
    """

    kind: str
    change: Literal["created", "changed", "deleted"] = "created"
    identifier: str | None = None
    fields: Mapping[str, Requirement] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What has to be so at the end of a task.

    Attributes:
        patient: id; whoever touches anything of another one, or newly refers to it, has failed.
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


def judge(goal: Goal, difference: StateDifference, answer: Any = None, *, finished: bool = True) -> Judgement:
    """Judges the state, and the answer where one is asked for; how the agent came there doesn't count.

    Args:
        goal: of the task.
        difference: what was done.
        answer: what was answered.
        finished: whether the agent said that it is done.

    >>> from vesalius.worlds.requirements import Near
    >>> goal = Goal(answer=Near(6.5, 0.1))
    >>> judge(goal, StateDifference(), 6.45).score, judge(goal, StateDifference(), "about 6.5").outcome
    (1.0, 'wrong answer')
    """
    outcome = _outcome(goal, difference, answer, finished)
    return Judgement(float(outcome == "right"), outcome, difference)


def _outcome(goal: Goal, difference: StateDifference, answer: Any, finished: bool) -> Outcome:
    touched = list(_touched(difference))
    if goal.patient is not None and any(_another_s(key, resource, goal.patient) for key, resource in _seen(difference)):
        return "wrong patient"
    if not finished:
        return "not finished"
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


Resource = Mapping[str, Any]
Touched = tuple[Key, str, Resource, Resource]
"""Type and id, what was done, and the resource before and after; empty where it was not there."""


def _touched(difference: StateDifference) -> Iterator[Touched]:
    for key, resource in difference.created.items():
        yield key, "created", {}, resource
    for key, change in difference.changed.items():
        yield key, "changed", change.before, change.after
    for key, resource in difference.deleted.items():
        yield key, "deleted", resource, {}


def _seen(difference: StateDifference) -> Iterator[tuple[Key, Resource]]:
    """All resources that are touched, and those that they newly refer to.

    They count before as well as after: one that is moved to another patient touches both.
    """
    for key, _, before, after in _touched(difference):
        yield from ((key, one) for one in (before, after) if one)
        for target in set(references_in(after)) - set(references_in(before)):
            resource = difference.referred.get(target)
            if resource is not None:
                yield (resource["resourceType"], resource["id"]), resource


def _another_s(key: Key, resource: Resource, patient: str) -> bool:
    """Whether a resource belongs to another patient."""
    if key[0] == "Patient":
        return key[1] != patient
    parameter = kinds()[key[0]].parameters.get("patient")
    targets = [target for path in parameter.paths for target in at(resource, f"{path}.reference")] if parameter else []
    own = f"Patient/{patient}"
    return any(str(one).startswith("Patient/") and unversioned(str(one)) != own for one in targets)


def _fits(expected: Expected, key: Key, change: str, before: Resource, after: Resource) -> bool:
    if (key[0], change) != (expected.kind, expected.change) or expected.identifier not in (None, key[1]):
        return False
    if change == "deleted":
        return True
    earlier, later = dict(_said(before)), dict(_said(after))
    differ = [place for place in earlier.keys() | later.keys() if earlier.get(place, MISSING) != later.get(place, MISSING)]
    paths = {".".join(step for step in place if isinstance(step, str)) for place in differ}
    looked_at = tuple(judged(expected.fields))
    return all_met(expected.fields, after) and all(
        _within(path, looked_at) or (change == "created" and HARMLESS.fullmatch(path)) for path in paths
    )


def _said(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """What a resource says, with its places; neither defaults nor what the server counts."""
    if isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _said(item, (*place, step))
    elif not _default(place[-1], value) and ".".join(map(str, place)) not in COUNTED:
        yield place, value


def _default(name: str | int, value: Any) -> bool:
    default = DEFAULTS.get(str(name), MISSING)
    return bool(value == default) and isinstance(value, bool) == isinstance(default, bool)


def _within(path: str, looked_at: tuple[str, ...]) -> bool:
    return any(path == one or path.startswith(f"{one}.") for one in looked_at)
