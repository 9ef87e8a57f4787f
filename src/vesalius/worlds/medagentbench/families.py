"""The ten families of tasks of MedAgentBench."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from vesalius.worlds.environment import TaskMaker
from vesalius.worlds.fhir.clinic import Clinic
from vesalius.worlds.medagentbench import orders, questions
from vesalius.worlds.medagentbench.patients import People
from vesalius.worlds.medagentbench.posing import Pose, Posed, Scene

FamilyName = Literal[
    "record number",
    "age",
    "blood pressure",
    "last magnesium",
    "magnesium order",
    "mean glucose",
    "last glucose",
    "referral",
    "potassium order",
    "hba1c order",
]


@dataclass(frozen=True, slots=True)
class TaskFamily:
    """Tasks of one kind.

    Attributes:
        pose: makes one.
        cases: in turn, so that each has its share of the tasks, whatever the seed.
        writes: whether its tasks need a change of the record; the paper's queries never do, the others are its actions.
    """

    pose: Pose
    cases: tuple[str, ...]
    writes: Literal["never", "sometimes", "always"]


FAMILIES: Mapping[FamilyName, TaskFamily] = {
    "record number": TaskFamily(questions.record_number, questions.RECORD_NUMBER_CASES, "never"),
    "age": TaskFamily(questions.age, questions.AGE_CASES, "never"),
    "blood pressure": TaskFamily(orders.blood_pressure, orders.BLOOD_PRESSURE_CASES, "always"),
    "last magnesium": TaskFamily(questions.last_magnesium, questions.LAST_OF_A_DAY_CASES, "never"),
    "magnesium order": TaskFamily(orders.magnesium_order, orders.MAGNESIUM_CASES, "sometimes"),
    "mean glucose": TaskFamily(questions.mean_glucose, questions.MEAN_OF_A_DAY_CASES, "never"),
    "last glucose": TaskFamily(questions.last_glucose, questions.LAST_CASES, "never"),
    "referral": TaskFamily(orders.referral, orders.REFERRAL_CASES, "always"),
    "potassium order": TaskFamily(orders.potassium_order, orders.POTASSIUM_CASES, "sometimes"),
    "hba1c order": TaskFamily(orders.hba1c_order, orders.HBA1C_CASES, "sometimes"),
}
"""In the order of the paper."""


def maker(people: People, name: FamilyName, number: int) -> TaskMaker:
    """What an environment makes task number ``number`` of a family with; case and patient go by the number, all else by the seed.

    >>> from vesalius.worlds.medagentbench.bench import Bench
    >>> from vesalius.worlds.medagentbench.patients import people
    >>> environment = Bench(patients=12, visits=1, tasks=1).environment()
    >>> make = maker(people(12, seed=0), "age", 0)
    >>> environment.reset(make, seed=5).task.instruction == environment.reset(make, seed=5).task.instruction
    True
    """
    family = FAMILIES[name]

    def make(clinic: Clinic, draw: random.Random) -> Posed:
        made = family.pose(Scene(clinic, people, draw, name, number), family.cases[number % len(family.cases)])
        return replace(made, identifier=f"{name} {number}")

    return make
