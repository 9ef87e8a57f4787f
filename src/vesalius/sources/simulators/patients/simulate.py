"""Patients' lives as competing exponential times, all patients side by side (Gillespie's direct method).

Between two happenings every rate is constant; after each, and at moments that come once a year on average, for age, it is made
anew. So the time of what comes next is drawn exactly, and the hazard that each patient was under at each moment is known
(``Spans``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vesalius.sources.simulators.patients.world import (
    CONDITIONS,
    DEATH,
    LABS,
    MEDICINES,
    OUTCOMES,
    PASSING,
    SITES,
    Hospital,
    Site,
    effects,
)

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DAYS = 365.25
"""A year."""

_AGES = (40.0, 85.0)
_ENTRY = (np.datetime64("2010-01-01"), 6 * DAYS)
_FOLLOWED = (2.0, 9.0)
_BASES = np.array([base for _, base in OUTCOMES.values()])
_ONSETS = np.array([condition.onset for condition in CONDITIONS.values()])
_NAMES, _ILL = list(CONDITIONS), list(OUTCOMES)


@dataclass(slots=True)
class State:
    """N patients at their own moments.

    Attributes:
        born: days from the first day of 2010, mostly negative.
        now, end: days from the first day of 2010; followed until ``end``.
        female: sex.
        ill, treated, had: conditions that are there, medicines that are taken, outcomes that came, each N × its kinds.
        level: patient's own part of each lab's logarithm, N × labs.
    """

    born: Floats
    now: Floats
    end: Floats
    female: Flags
    ill: Flags
    treated: Flags
    had: Flags
    level: Floats

    def labs(self) -> Floats:
        """Logarithm of each lab without the deviation of a measurement, N × labs."""
        raised = np.array([[lab.raised.get(name, 0.0) for lab in LABS.values()] for name in CONDITIONS])
        found: Floats = self.level + self.ill @ raised
        return found

    def factors(self) -> Floats:
        """What hazards depend on, N × ``FACTORS``."""
        spread = np.array([lab.spread for lab in LABS.values()])
        middle = np.array([lab.level for lab in LABS.values()])
        return np.column_stack(
            [
                (self.now - self.born) / DAYS / 10 - 6,
                self.female,
                self.ill,
                self.treated,
                self.had[:, :-1],
                (self.labs() - middle) / spread,
                self.ill[:, _NAMES.index("diabetes")] & self.female,
            ]
        )


@dataclass(frozen=True, slots=True)
class Spans:
    """The truth: each stretch of time over which a patient's hazards were constant.

    Attributes:
        patient: place of the patient.
        start, end: days from the first day of 2010.
        hazards: a year, spans × ``OUTCOMES``; 0 for an outcome that has come.
        came: place of the outcome at the end of the span; -1 where none came.
    """

    patient: NDArray[np.int64]
    start: Floats
    end: Floats
    hazards: Floats
    came: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lives:
    """What is known of the patients, their events as rows in any order (days from the first day of 2010), and the truth."""

    born: Floats
    entered: Floats
    end: Floats
    female: Flags
    patient: NDArray[np.int64]
    days: Floats
    codes: Sequence[str]
    numbers: Floats
    spans: Spans


@dataclass(slots=True)
class _Written:
    """Events as they come, in pieces."""

    patient: list[NDArray[np.int64]] = field(default_factory=list)
    days: list[Floats] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    numbers: list[Floats] = field(default_factory=list)

    def add(self, patient: NDArray[np.int64], days: Floats, code: str, numbers: Floats | None = None) -> None:
        if len(patient):
            self.patient.append(patient)
            self.days.append(days)
            self.codes += [code] * len(patient)
            self.numbers.append(np.full(len(patient), np.nan) if numbers is None else numbers)


def live(count: int, hospital: Hospital, seed: int) -> Lives:
    """Patients of a hospital from their entry to the end of their observation or their death.

    Args:
        count: how many.
        hospital: which.
        seed: of everything.
    """
    rng, site = np.random.default_rng([seed, list(SITES).index(hospital)]), SITES[hospital]
    state, written, spans = _entered(count, site, rng), _Written(), []
    entered, alive = state.now.copy(), np.arange(count)
    while len(alive):
        one = _part(state, alive)
        rates = _rates(one, site)
        step = rng.exponential(1 / rates.sum(axis=1)) * DAYS
        what = _drawn(rates, rng)
        stopped = one.now + step >= one.end
        until = np.minimum(one.now + step, one.end)
        outcome = what - 2 - len(CONDITIONS)
        came = np.where(stopped | (outcome < 0), -1, outcome)
        spans.append((alive, one.now, until, rates[:, 2 + len(CONDITIONS) :], came))
        state.now[alive] = until
        _happen(state, alive, np.where(stopped, 0, what), site, hospital, written, rng)
        dead = came == _ILL.index(DEATH)
        state.end[alive[dead]] = until[dead]
        alive = alive[~stopped & ~dead]
    return _told(state, entered, written, spans)


def _entered(count: int, site: Site, rng: np.random.Generator) -> State:
    age = rng.uniform(*_AGES, count)
    now = rng.uniform(0, _ENTRY[1], count)
    female = rng.random(count) < site.women
    prevalence = np.array([condition.prevalence for condition in CONDITIONS.values()])
    odds = np.log(prevalence / (1 - prevalence)) + site.prevalence + 0.04 * (age[:, None] - 60)
    level = np.column_stack([rng.normal(lab.level, lab.spread, count) for lab in LABS.values()])
    return State(
        born=now - age * DAYS,
        now=now,
        end=now + rng.uniform(*_FOLLOWED, count) * DAYS,
        female=female,
        ill=rng.random((count, len(CONDITIONS))) < 1 / (1 + np.exp(-odds)),
        treated=np.zeros((count, len(MEDICINES)), dtype=bool),
        had=np.zeros((count, len(OUTCOMES)), dtype=bool),
        level=level,
    )


def _part(state: State, at: NDArray[np.int64]) -> State:
    return State(*(getattr(state, name)[at] for name in State.__slots__))


def _rates(state: State, site: Site) -> Floats:
    """A year: the turn of a year, a visit, the onset of each condition, each outcome."""
    factors = state.factors()
    visits = site.visits * (1 + 0.5 * state.ill.sum(axis=1))
    hazards = site.hazards * _BASES * np.exp(factors @ effects().T) * ~state.had
    return np.column_stack([np.ones(len(visits)), visits, _ONSETS * ~state.ill, hazards])


def _drawn(rates: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """A column of each row, by its rate."""
    heights = rates.cumsum(axis=1)
    found: NDArray[np.int64] = (heights < rng.random((len(rates), 1)) * heights[:, -1:]).sum(axis=1)
    return found


def _happen(
    state: State,
    at: NDArray[np.int64],
    what: NDArray[np.int64],
    site: Site,
    hospital: Hospital,
    written: _Written,
    rng: np.random.Generator,
) -> None:
    """Change the patients by what came, and write down what the hospital sees of it."""
    _visit(state, at[what == 1], site, hospital, written, rng)
    for place in range(len(CONDITIONS)):
        state.ill[at[what == 2 + place], place] = True
    for place, (code, _) in enumerate(OUTCOMES.values()):
        struck = at[what == 2 + len(CONDITIONS) + place]
        state.had[struck, place] = True
        written.add(struck, state.now[struck], code if code.startswith("MEDS") else f"ICD10CM//{code}")


def _visit(
    state: State, at: NDArray[np.int64], site: Site, hospital: Hospital, written: _Written, rng: np.random.Generator
) -> None:
    now = state.now[at]
    written.add(at, now, "VISIT")
    recorded = state.ill[at] & (rng.random((len(at), len(CONDITIONS))) < site.coded)
    for place, condition in enumerate(CONDITIONS.values()):
        seen = recorded[:, place]
        code = condition.code if hospital == "north" else condition.southern
        written.add(at[seen], now[seen], f"ICD10CM//{code}")
    for code, share in PASSING.items():
        seen = rng.random(len(at)) < share
        written.add(at[seen], now[seen], f"ICD10CM//{code}")
    for place, (code, reason, chance) in enumerate(MEDICINES.values()):
        starts = recorded[:, _NAMES.index(reason)] & ~state.treated[at, place] & (rng.random(len(at)) < chance)
        state.treated[at[starts], place] = True
        written.add(at[starts], now[starts], f"RxNorm//{code}")
    _measure(state, at, recorded, site, written, rng)


def _measure(
    state: State, at: NDArray[np.int64], recorded: Flags, site: Site, written: _Written, rng: np.random.Generator
) -> None:
    """Labs: some are missing by chance, some by what is recorded, some by their own value."""
    levels = state.labs()[at]
    for place, lab in enumerate(LABS.values()):
        value = levels[:, place] + rng.normal(0, lab.deviation, len(at))
        odds = np.full(len(at), np.log(lab.measured / (1 - lab.measured)) + site.measured)
        for name, more in lab.by_condition.items():
            odds += more * recorded[:, _NAMES.index(name)]
        odds += lab.by_value * (value - lab.level) / lab.spread
        seen = rng.random(len(at)) < 1 / (1 + np.exp(-odds))
        written.add(at[seen], state.now[at[seen]], f"LOINC//{lab.code}", np.exp(value[seen]).round(2))


def _told(state: State, entered: Floats, written: _Written, spans: Sequence[Sequence[NDArray[Any]]]) -> Lives:
    patient, start, end, hazards, came = (np.concatenate(column) for column in zip(*spans, strict=True))
    return Lives(
        born=state.born,
        entered=entered,
        end=state.end,
        female=state.female,
        patient=np.concatenate(written.patient),
        days=np.concatenate(written.days),
        codes=written.codes,
        numbers=np.concatenate(written.numbers),
        spans=Spans(patient, start, end, hazards, came),
    )
