"""Stays in intensive care: vitals at irregular times, notes now and then, and a death that follows from both."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from vesalius.names import Tier
from vesalius.records import Events, Field, Label, Record, Text, Vector

Floats = NDArray[np.float64]

HOURS = 48
MOST_NOTES = 10
NOTES = tuple(f"note {number}" for number in range(1, MOST_NOTES + 1))
CLASSES = ("survived", "died")
ADMISSION = "ICU_ADMISSION"


@dataclass(frozen=True, slots=True)
class Vital:
    """A variable: its usual value and spread, what a step of the body's course does to it, and how often a round has it."""

    middle: float
    spread: float
    loading: float
    share: float
    low: float
    high: float


VITALS: Mapping[str, Vital] = {
    "heart rate": Vital(85, 15, 0.9, 0.9, 20, 250),
    "respiratory rate": Vital(18, 4, 0.8, 0.7, 2, 60),
    "systolic pressure": Vital(120, 18, -0.8, 0.8, 40, 260),
    "oxygen saturation": Vital(96, 2, -0.7, 0.8, 50, 100),
    "temperature": Vital(37, 0.6, 0.5, 0.3, 30, 43),
    "urine output": Vital(60, 25, -0.6, 0.3, 0, 800),
}

EFFECTS: Mapping[str, float] = {"body": 1.2, "mind": 1.2, "worry": 0.9, "together": 4.0}
"""What changes the log odds of death: both courses over the last twelve hours, the worry, and how far the courses go together."""

_INTERCEPT = -1.1
_STEP = 0.5
_LATE = 12
_RELAXES = 8.0
"""Hours over which the chance part of a course is forgotten."""

_SPREADS = {"level": 0.7, "trend": 0.8, "chance": 0.7}
_ROUNDS, _MOST_ROUNDS = 0.45, 3.0
_WRITTEN = 0.09
_PHRASES = 4
_START = np.datetime64("2150-01-01", "s")


@dataclass(frozen=True, slots=True, eq=False)
class Courses:
    """What is true of S stays, of which records show parts.

    Attributes:
        hours_T: the middles of half hours.
        body_ST: how the body does, which only vitals show; higher is worse.
        mind_ST: how the mind does, which only notes tell; higher is worse.
        worry_S: what nurses feel, of which nothing but the number of rounds tells.
        rounds_ST: an hour; more where the body does badly, and where there is worry.
        written_ST: notes an hour after the first; more where the mind does badly.
        effects: what each thing of ``EFFECTS`` adds to the log odds of each stay.
        died_S: what became of it.
    """

    hours_T: Floats
    body_ST: Floats
    mind_ST: Floats
    worry_S: Floats
    rounds_ST: Floats
    written_ST: Floats
    effects: Mapping[str, Floats]
    died_S: NDArray[np.bool_]


def courses(count: int, rng: np.random.Generator) -> Courses:
    """Stays as they truly go.

    A course is a level, a trend and an Ornstein-Uhlenbeck process. The log odds of death are linear in the mean of each course
    over the last twelve hours, in the worry, and in the covariance of the two courses over time, which only who lays vitals and
    notes side by side can see.

    >>> found = courses(4, np.random.default_rng(0))
    >>> found.body_ST.shape, sorted(found.effects)
    ((4, 96), ['body', 'mind', 'together', 'worry'])
    """
    hours_T = np.arange(0, HOURS, _STEP) + _STEP / 2
    body_ST, mind_ST = _course(count, hours_T, rng), _course(count, hours_T, rng)
    worry_S = rng.normal(0, 1, count)
    late_T = hours_T > HOURS - _LATE
    centred = [one - one.mean(axis=1, keepdims=True) for one in (body_ST, mind_ST)]
    causes = {
        "body": body_ST[:, late_T].mean(axis=1),
        "mind": mind_ST[:, late_T].mean(axis=1),
        "worry": worry_S,
        "together": (centred[0] * centred[1]).mean(axis=1),
    }
    effects = {name: EFFECTS[name] * cause for name, cause in causes.items()}
    odds = np.exp(_INTERCEPT + sum(effects.values()))
    return Courses(
        hours_T=hours_T,
        body_ST=body_ST,
        mind_ST=mind_ST,
        worry_S=worry_S,
        rounds_ST=np.minimum(_ROUNDS * np.exp(0.4 * body_ST + 0.7 * worry_S[:, None]), _MOST_ROUNDS),
        written_ST=_WRITTEN * np.exp(0.4 * mind_ST),
        effects=effects,
        died_S=rng.random(count) < odds / (1 + odds),
    )


def _course(count: int, hours_T: Floats, rng: np.random.Generator) -> Floats:
    level, trend = rng.normal(0, _SPREADS["level"], (count, 1)), rng.normal(0, _SPREADS["trend"], (count, 1))
    kept = np.exp(-_STEP / _RELAXES)
    steps = rng.normal(0, _SPREADS["chance"], (count, len(hours_T)))
    steps[:, 1:] *= np.sqrt(1 - kept**2)
    for place in range(1, len(hours_T)):
        steps[:, place] += kept * steps[:, place - 1]
    return np.asarray(level + trend * hours_T / HOURS + steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class IcuStays:
    """Stays of 48 hours: ``vitals``, notes, and the outcome.

    Notes are texts ``note 1``, ``note 2``, ... in order of time, as many as there are; the vector ``note hours`` names them and
    says when each was written, in hours after admission. Vitals begin with the admission, which has no value.

    Attributes:
        train, validation, test: how many.
        seed: of everything.
    """

    train: int
    validation: int
    test: int
    seed: int = 0

    @property
    def name(self) -> str:
        """As a task is named after it."""
        return "icu stays"

    @property
    def tier(self) -> Tier:
        """Simulated."""
        return "simulator"

    @property
    def description(self) -> str:
        """What the records are."""
        return f"Simulated stays of {HOURS} hours in intensive care: vitals and notes, at times that themselves tell something."

    def records(self) -> Sequence[Record]:
        """``vitals``, ``note hours``, notes and ``outcome``; tag ``split``."""
        found = []
        for place, (split, count) in enumerate((("train", self.train), ("validation", self.validation), ("test", self.test))):
            rng = np.random.default_rng([self.seed, 58, place])
            whole = courses(count, rng)
            found += [_record(f"{split}-{stay}", split, whole, stay, rng) for stay in range(count)]
        return found


def _record(name: str, split: str, whole: Courses, stay: int, rng: np.random.Generator) -> Record:
    fields: dict[str, Field] = {
        "vitals": _vitals(whole, stay, rng),
        **_notes(whole, stay, rng),
        "outcome": Label(CLASSES[int(whole.died_S[stay])], CLASSES),
    }
    return Record(id=name, subject_id=name, fields=fields, licence="CC0-1.0", tags={"split": split})


def _moments(rate_T: Floats, rng: np.random.Generator) -> Floats:
    """Hours of a Poisson process whose rate changes each half hour, to the minute, in order."""
    begun = np.repeat(np.arange(len(rate_T)) * _STEP, rng.poisson(rate_T * _STEP))
    return np.sort(np.floor((begun + rng.random(len(begun)) * _STEP) * 60) / 60)


def _at(course_T: Floats, hours: Floats) -> Floats:
    """A course at moments."""
    return np.asarray(course_T[np.minimum((hours / _STEP).astype(int), len(course_T) - 1)])


def _vitals(whole: Courses, stay: int, rng: np.random.Generator) -> Events:
    hours_R = _moments(whole.rounds_ST[stay], rng)
    body_R = _at(whole.body_ST[stay], hours_R)
    minutes, codes, values = [np.zeros(1)], [ADMISSION], [np.full(1, np.nan)]
    for code, vital in VITALS.items():
        own = 0.5 * rng.normal()
        values_R = vital.loading * body_R + own + 0.6 * rng.normal(0, 1, len(hours_R))
        values_R = np.clip(vital.middle + vital.spread * values_R, vital.low, vital.high).round(1)
        measured_R = rng.random(len(hours_R)) < vital.share
        minutes.append(np.round(60 * hours_R[measured_R]))
        values.append(values_R[measured_R])
        codes += [code] * len(values[-1])
    order = np.argsort(np.concatenate(minutes), kind="stable")
    times: list[datetime] = (_START + np.concatenate(minutes)[order].astype("timedelta64[m]")).tolist()
    return Events(tuple(times), tuple(codes[place] for place in order), np.concatenate(values)[order])


def _notes(whole: Courses, stay: int, rng: np.random.Generator) -> dict[str, Field]:
    """The first within an hour of admission; of more than can be told, the last."""
    hours = np.concatenate([rng.integers(0, 60, 1) / 60, _moments(whole.written_ST[stay], rng)])
    hours = np.sort(hours)[-MOST_NOTES:]
    names = NOTES[: len(hours)]
    texts = {name: Text(_text(mind, rng)) for name, mind in zip(names, _at(whole.mind_ST[stay], hours), strict=True)}
    return {"note hours": Vector(hours, names), **texts}


def _text(mind: float, rng: np.random.Generator) -> str:
    """Some sentences, each of what the writer thinks of the mind at that moment, or of something else."""
    said: dict[str, None] = {}
    while len(said) < _PHRASES:
        thought = mind + 0.8 * rng.normal()
        level = "always" if rng.random() < 0.4 else "calm" if thought < -0.6 else "guarded" if thought < 0.6 else "grave"
        possible = phrases()[level]
        said[possible[int(rng.integers(len(possible)))]] = None
    return " ".join(said)


@cache
def phrases() -> Mapping[str, Sequence[str]]:
    """The sentences of notes, by what they tell.

    >>> sorted(phrases())
    ['always', 'calm', 'grave', 'guarded']
    """
    found: Mapping[str, Sequence[str]] = tomllib.loads(files(__package__).joinpath("icu_stays.toml").read_text(encoding="utf-8"))
    return found
