"""The bench: patients, tasks of ten families as records, and the environment in which they are done.

A record carries the instruction, which is all that an agent is told, and in the field ``needs`` how many resources have to be
written, against which the conduct of an agent is held. What has to be written or answered stands in no record: the environment
makes the task anew from the record's id and holds its goal.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from vesalius.errors import UserError
from vesalius.names import Tier
from vesalius.records import Record, Text
from vesalius.worlds.environment import Environment, Start
from vesalius.worlds.fhir.access import ROLES, Caller
from vesalius.worlds.fhir.clinic import Clinic
from vesalius.worlds.medagentbench.codes import NOW
from vesalius.worlds.medagentbench.families import FAMILIES, FamilyName, maker
from vesalius.worlds.medagentbench.patients import chart, people
from vesalius.worlds.medagentbench.posing import Posed

INSTRUCTION, NEEDS = "instruction", "needs"
STEPS = 8
"""Actions that an episode may have, as in the paper."""

_ID = re.compile(r"([a-z0-9 ]{1,40}) (\d{1,6})", re.ASCII)
_SEEDS_A_BENCH, _SEEDS_A_FAMILY = 1_000_000_000, 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """MedAgentBench in the clinic: a source of records.

    Attributes:
        patients: in the clinic.
        visits: of each, with vital signs and laboratory results.
        tasks: of each family.
        seed: of patients and tasks.
        families: which.

    >>> bench = Bench(patients=12, visits=1, tasks=2)
    >>> records = bench.records()
    >>> len(records), records[0].id, list(records[0].fields)
    (20, 'record number 0', ['instruction', 'needs'])
    """

    patients: int = 100
    visits: int = 6
    tasks: int = 30
    seed: int = 0
    families: tuple[FamilyName, ...] = field(default=tuple(FAMILIES))

    @property
    def name(self) -> str:
        """As a task is named after it."""
        which = "ten families" if self.families == tuple(FAMILIES) else ", ".join(self.families)
        return f"medagentbench/{which}"

    @property
    def tier(self) -> Tier:
        """Simulated."""
        return "simulator"

    @property
    def description(self) -> str:
        """What the records are."""
        return f"Tasks in the record system of {self.patients} simulated patients, {self.tasks} of each family."

    def records(self) -> Sequence[Record]:
        """``instruction`` and ``needs``, tag ``family``; ``subject_id`` is the patient whom the task is about."""
        return [self._record(name, number) for name in self.families for number in range(self.tasks)]

    def environment(self) -> Environment:
        """The clinic at the beginning, made once a process; an agent is a physician."""
        return _environment(self.patients, self.visits, self.seed)

    def begin(self, record: Record) -> Start:
        """The task of a record, begun in the environment.

        Raises:
            UserError: if the record is none of this bench.
        """
        start = self._reset(*self._task(record.id))
        if record.get(INSTRUCTION, Text).value != start.task.instruction:
            raise UserError(f"record {record.id!r}, field {INSTRUCTION!r}: of another bench; use the one that made the record.")
        return start

    def _task(self, identifier: str) -> tuple[FamilyName, int]:
        found = _ID.fullmatch(identifier)
        name = next((one for one in FAMILIES if found is not None and found[1] == one), None)
        if found is None or name is None:
            raise UserError(f"record {identifier!r}: no task of this bench; use records that it made.")
        return name, int(found[2])

    def _reset(self, name: FamilyName, number: int) -> Start:
        seed = self.seed * _SEEDS_A_BENCH + list(FAMILIES).index(name) * _SEEDS_A_FAMILY + number
        return self.environment().reset(maker(people(self.patients, self.seed), name, number), seed)

    def _record(self, name: FamilyName, number: int) -> Record:
        task = self._reset(name, number).task
        assert isinstance(task, Posed)
        return Record(
            id=task.identifier,
            subject_id=task.person.id,
            fields={
                INSTRUCTION: Text(task.instruction),
                NEEDS: Text(json.dumps({"writes": len(task.goal.expected)})),
            },
            licence="CC0-1.0",
            tags={"family": name},
        )


def clinic_of(patients: int, *, visits: int = 6, seed: int = 0) -> Clinic:
    """The clinic of a bench, to be used without its tasks.

    >>> clinic_of(12, visits=1).now.isoformat()
    '2023-11-13T10:15:00+00:00'
    """
    resources = (one for person in people(patients, seed).known for one in chart(person, visits=visits, seed=seed))
    return Clinic(resources, now=NOW)


@lru_cache(maxsize=4)
def _environment(patients: int, visits: int, seed: int) -> Environment:
    clinic = clinic_of(patients, visits=visits, seed=seed)
    return Environment(clinic, Caller("agent", ROLES["physician"]), max_steps=STEPS)
