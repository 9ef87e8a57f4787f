"""Admissions to a hospital, as codes and as text, whose codes decide who dies, who comes back, and how long each stays.

Every effect is planted (``admissions.tsv`` and ``INTERACTIONS``): log odds of dying in the hospital and of readmission, and the
change of the logarithm of the days in it. The codes are real ones of ICD-10-CM, ICD-10-PCS and RxNorm; how often they stand and
what they do is made up, roughly as a doctor would expect it. Drugs and procedures are given for conditions, so that codes are
correlated. Chance decides the rest, so that nobody predicts without error. The outcomes are drawn apart: readmission is that of a
patient who lives on, and is drawn for those who die as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vesalius.names import Tier
from vesalius.records import Field, Label, Record, Text, Vector

Outcome = Literal["mortality", "readmission", "length of stay"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

CLASSES: Mapping[Outcome, tuple[str, ...]] = {
    "mortality": ("no", "yes"),
    "readmission": ("no", "yes"),
    "length of stay": ("at most a week", "more than one and at most two weeks", "more than two weeks"),
}
DAYS = (7, 14)
"""The most days of the first and of the second class of length of stay."""

Kind = Literal["condition", "procedure", "drug"]
KINDS: Mapping[Kind, str] = {"condition": "Conditions", "procedure": "Procedures", "drug": "Drugs"}
"""Kinds of codes, and what each is called in a text."""

ANSWER = " answer"
"""Behind the name of an outcome, that of its class as ``Text``."""

AGES = (18, 95)
INDICATED = 2.5
"""Log odds by which a drug or procedure is more frequent where its condition is."""

INTERCEPTS: Mapping[Outcome, float] = {"mortality": -3.6, "readmission": -2.9, "length of stay": 1.2}
DECADE: Mapping[Outcome, float] = {"mortality": 0.35, "readmission": 0.05, "length of stay": 0.03}
"""Effect of ten years of age, beyond 65."""

MALE: Mapping[Outcome, float] = {"mortality": 0.15, "readmission": 0.1, "length of stay": 0.0}
INTERACTIONS: Mapping[Outcome, tuple[tuple[str, str, float], ...]] = {
    "mortality": (("A41.9", "N17.9", 1.0),),
    "readmission": (("I50.9", "4603", -1.0),),
    "length of stay": (("S72.001A", "F03.90", 0.5),),
}
"""Two codes, and the effect of both together beyond those of each."""

SPREAD = 0.5
"""Standard deviation of the logarithm of the days, given the codes."""

_COLUMN: Mapping[Outcome, str] = {"mortality": "death", "readmission": "readmission", "length of stay": "stay"}
_WORLD = 20_241_110


@dataclass(frozen=True, slots=True)
class Code:
    """One code of the simulated hospital.

    Attributes:
        kind, system, code, name: what it is.
        share: of admissions that have it, where nothing makes it more frequent.
        indication: code of the condition for which it is given; empty where there is none.
        effects: on each outcome.
    """

    kind: Kind
    system: str
    code: str
    name: str
    share: float
    indication: str
    effects: Mapping[Outcome, float]


@cache
def codes() -> tuple[Code, ...]:
    """All, conditions first.

    >>> codes()[0].code, codes()[0].name, len(codes())
    ('I10', 'hypertension', 66)
    """
    text = files("vesalius.sources.simulators").joinpath("admissions.tsv").read_text(encoding="utf-8")
    header, *lines = (line.split("\t") for line in text.splitlines())
    rows = [dict(zip(header, line, strict=True)) for line in lines]
    known: dict[str, Kind] = {kind: kind for kind in KINDS}
    return tuple(
        Code(
            known[row["kind"]],
            row["system"],
            row["code"],
            row["name"],
            float(row["share"]),
            row["with"],
            {outcome: float(row[column]) for outcome, column in _COLUMN.items()},
        )
        for row in rows
    )


def names() -> tuple[str, ...]:
    """Of the covariates: age in years, whether male, then whether each code is there.

    >>> names()[:3]
    ('age', 'male', 'ICD10CM//I10')
    """
    return ("age", "male", *(f"{one.system}//{one.code}" for one in codes()))


def expected(covariates: NDArray[np.float64], outcome: Outcome) -> NDArray[np.float64]:
    """What is planted: log odds of an outcome, or of length of stay the mean logarithm of the days.

    Args:
        covariates: admissions × ``names()``.
        outcome: which.

    >>> well = np.zeros((1, len(names())))
    >>> well[0, 0] = 65
    >>> float(expected(well, "mortality")[0])
    -3.6
    """
    age, male, has = covariates[:, 0], covariates[:, 1], covariates[:, 2:]
    places = {one.code: place for place, one in enumerate(codes())}
    main = has @ np.array([one.effects[outcome] for one in codes()])
    for first, second, effect in INTERACTIONS[outcome]:
        main = main + effect * has[:, places[first]] * has[:, places[second]]
    found: NDArray[np.float64] = INTERCEPTS[outcome] + DECADE[outcome] * (age - 65) / 10 + MALE[outcome] * male + main
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Admissions:
    """Admissions, one a patient, each as ``covariates`` (a ``Vector``) and as ``patient`` (a ``Text`` that says the same).

    The outcomes are ``Label``, and their classes also ``Text`` (the name of the outcome and ``ANSWER``).

    Attributes:
        train, validation, test: how many.
        seed: of the patients.
    """

    train: int
    validation: int
    test: int
    seed: int = 0

    @property
    def name(self) -> str:
        """As a task is named after it."""
        return "admissions"

    @property
    def tier(self) -> Tier:
        """Simulated."""
        return "simulator"

    @property
    def description(self) -> str:
        """What the records are."""
        return "Simulated admissions: age, sex, conditions, procedures and drugs, with death, readmission and length of stay."

    def records(self) -> Sequence[Record]:
        """Tag ``split``."""
        rng = np.random.default_rng([_WORLD, self.seed])
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return [record for split, count in parts.items() for record in self._part(split, count, rng)]

    def _part(self, split: str, count: int, rng: np.random.Generator) -> list[Record]:
        covariates = _drawn(count, rng)
        came = {
            outcome: (rng.random(count) < 1 / (1 + np.exp(-expected(covariates, outcome)))).astype(np.int64)
            for outcome in OUTCOMES[:2]
        }
        days = np.exp(expected(covariates, "length of stay") + rng.normal(0, SPREAD, count))
        came["length of stay"] = np.searchsorted(DAYS, days)
        return [
            _record(
                f"{self.name}-{self.seed}-{split}-{row}",
                split,
                covariates[row],
                {name: int(own[row]) for name, own in came.items()},
            )
            for row in range(count)
        ]


def _drawn(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Covariates of so many patients, each with one condition at least."""
    age = np.clip(np.round(rng.normal(65, 16, count)), *AGES)
    has = np.zeros((count, len(codes())))
    places = {one.code: place for place, one in enumerate(codes())}
    for place, one in enumerate(codes()):
        odds = np.full(count, np.log(one.share / (1 - one.share)))
        if one.indication:
            odds += INDICATED * has[:, places[one.indication]]
        has[:, place] = rng.random(count) < 1 / (1 + np.exp(-odds))
    conditions = sum(one.kind == "condition" for one in codes())
    has[~has[:, :conditions].any(axis=1), 0] = 1
    return np.column_stack([age, rng.random(count) < 0.55, has])


def _record(name: str, split: str, covariates: NDArray[np.float64], came: Mapping[Outcome, int]) -> Record:
    fields: dict[str, Field] = {"covariates": Vector(covariates, names()), "patient": Text(described(covariates))}
    for outcome, place in came.items():
        classes = CLASSES[outcome]
        fields |= {outcome: Label(classes[place], classes), outcome + ANSWER: Text(classes[place])}
    return Record(id=name, subject_id=name, fields=fields, licence="CC0-1.0", tags={"split": split})


def described(covariates: NDArray[np.float64]) -> str:
    """The same in words: age, sex, and the names of the codes, kind by kind.

    Args:
        covariates: of one admission, in the order of ``names()``.

    >>> covariates = np.zeros(len(names()))
    >>> covariates[[0, 1, 2]] = 71, 1, 1
    >>> print(described(covariates))
    Age: 71
    Sex: male
    Conditions: hypertension
    Procedures: none
    Drugs: none
    """
    lines = [f"Age: {covariates[0]:.0f}", f"Sex: {'male' if covariates[1] else 'female'}"]
    for kind, title in KINDS.items():
        there = [one.name for one, value in zip(codes(), covariates[2:], strict=True) if one.kind == kind and value]
        lines.append(f"{title}: {', '.join(there) or 'none'}")
    return "\n".join(lines)
