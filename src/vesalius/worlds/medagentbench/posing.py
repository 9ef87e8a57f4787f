"""What the families of tasks have in common: a patient, values that are written into the chart, and ways to look them up."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from vesalius.worlds.environment import Task
from vesalius.worlds.fhir.clinic import Clinic
from vesalius.worlds.goals import Expected, Goal
from vesalius.worlds.medagentbench.codes import MRN, Lab
from vesalius.worlds.medagentbench.patients import People, Person, planted
from vesalius.worlds.requirements import Between, Equals, Requirement
from vesalius.worlds.tools import Action, Create, Finish, Search

NOBODY = "Patient not found"
NOTHING = -1
"""What is answered where there is no such value."""

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posed(Task):
    """A task, and whom it is about: a patient, or a stranger."""

    person: Person


@dataclass(frozen=True, slots=True)
class Scene:
    """What a family makes a task from.

    Attributes:
        clinic: into which values may be written; it is set back before the next task.
        people: in it, and strangers.
        draw: decides everything but the case and the person.
        family: of the task.
        number: of the task in its family.
    """

    clinic: Clinic
    people: People
    draw: random.Random
    family: str
    number: int

    @property
    def now(self) -> datetime:
        """To the second."""
        return self.clinic.now.replace(microsecond=0)

    def one_of(self, candidates: Sequence[Person]) -> Person:
        """One in turn, so that tasks of a family are about different people as long as there are enough."""
        return random.Random(self.family).sample(candidates, len(candidates))[self.number % len(candidates)]

    def patient(self, *, tested: bool = True) -> Person:
        """One of the patients who had the tests that tasks are about, or of those who never had."""
        return self.one_of([one for one in self.people.known if one.tested == tested])

    def ago(self, first: timedelta, last: timedelta, count: int = 1) -> list[datetime]:
        """Different moments, the earliest first, from ``first`` to ``last`` before now."""
        minutes = range(int(first.total_seconds()) // 60, int(last.total_seconds()) // 60)
        return [self.now - timedelta(minutes=one) for one in sorted(self.draw.sample(minutes, count), reverse=True)]

    def within_a_day(self, count: int = 1) -> list[datetime]:
        """Different moments of the last 24 hours, the earliest first."""
        return self.ago(timedelta(minutes=5), DAY - timedelta(minutes=5), count)

    def before_a_day(self) -> datetime:
        """A moment 24 to 47 hours ago."""
        return self.ago(DAY + timedelta(minutes=5), timedelta(hours=47))[0]

    def plant(self, person: Person, lab: Lab, moments: Sequence[datetime], values: Sequence[float]) -> None:
        """Writes results into a chart."""
        self.clinic.load(planted(person, lab, list(zip(moments, values, strict=True))))


Pose = Callable[[Scene, str], Posed]
"""Makes a task of a family from a scene and a case."""


def posed(
    scene: Scene,
    person: Person,
    instruction: str,
    *,
    solution: Sequence[Action],
    answer: Requirement | None = None,
    expected: Sequence[Expected] = (),
    known: bool = True,
) -> Posed:
    """A task whose text begins with the moment; ``known`` says whether the person is in the clinic."""
    text = f"It is {scene.now.isoformat()}. {instruction}"
    goal = Goal(patient=person.id if known else None, expected=tuple(expected), answer=answer)
    return Posed(identifier="", instruction=text, goal=goal, solution=tuple(solution), person=person)


def look_up(person: Person) -> Search:
    """Who has this record number."""
    return Search(resource_type="Patient", parameters={"identifier": f"{MRN}|{person.mrn}"})


def results(person: Person, lab: Lab) -> Search:
    """Results of a test, the last one first."""
    return Search(resource_type="Observation", parameters={"patient": person.id, "code": lab.short, "_sort": "-date"})


def finish(answer: Any = None) -> Finish:
    """The end, with an answer where one is asked for."""
    return Finish(answer=answer)


def ordered(kind: str, person: Person, moment: datetime, fields: Mapping[str, Any]) -> Create:
    """An active order of now."""
    common = {"status": "active", "intent": "order", "authoredOn": moment.isoformat(), "subject": subject(person)}
    return Create(resource={"resourceType": kind, **common, **fields})


def order_needed(kind: str, person: Person, moment: datetime, fields: Mapping[str, Requirement]) -> Expected:
    """What an active order of now has to be."""
    common: dict[str, Requirement] = {
        "status": Equals("active"),
        "intent": Equals("order"),
        "authoredOn": minute(moment),
        "subject.reference": Equals(f"Patient/{person.id}"),
    }
    return Expected(kind=kind, fields={**common, **fields})


def minute(moment: datetime) -> Between:
    """Any moment within the minute."""
    text = moment.isoformat(timespec="minutes")
    return Between(text, text)


def subject(person: Person) -> dict[str, str]:
    """A reference to a patient."""
    return {"reference": f"Patient/{person.id}"}


def coded(system: str, code: str) -> dict[str, Any]:
    """A concept."""
    return {"coding": [{"system": system, "code": code}]}
