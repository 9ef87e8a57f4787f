"""What is true in the clinic in miniature: diseases, findings, tests, treatments and what forbids them.

Which disease has which findings is real (Human Phenotype Ontology). Tests, treatments, conditions, points and everything said of
them are invented, drawn once with a fixed seed: they have no bearing on medicine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from vesalius.sources.simulators.mini_clinic.annotations import annotations

Group = Literal["known", "new"]
"""Diseases that base models are taught, and those that they never see."""

NEW_DISEASES = 20
_SEED = 20_250_116
_TESTS = (
    *("echocardiogram", "electroencephalogram", "spirometry", "ultrasound", "radiograph", "endoscopy", "biopsy", "karyotype"),
    *("exome", "lumbar-puncture", "angiogram", "blood-smear", "urinalysis", "audiogram", "slit-lamp", "bone-scan"),
)
_CONDITIONS = (
    *("pregnancy", "renal-failure", "liver-failure", "asthma", "glaucoma", "gout", "anaemia", "diabetes"),
    *("heart-block", "porphyria", "epilepsy", "neutropenia"),
)
_TREATMENTS = 24
_MOST_POINTS = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class World:
    """All facts.

    Attributes:
        findings: of each disease.
        known, new: diseases, in the order of their names.
        test, treatment: of each disease.
        condition: in which a treatment is avoided.
        alternative: what is given then.
        points: of each finding, for the burden score: the sum over a patient's findings.
    """

    findings: Mapping[str, frozenset[str]]
    known: tuple[str, ...]
    new: tuple[str, ...]
    test: Mapping[str, str]
    treatment: Mapping[str, str]
    condition: Mapping[str, str]
    alternative: Mapping[str, str]
    points: Mapping[str, int]

    def diseases(self, group: Group) -> tuple[str, ...]:
        """Those of a group."""
        return self.known if group == "known" else self.new

    @property
    def all_findings(self) -> tuple[str, ...]:
        """In the order of their names."""
        return tuple(self.points)

    @property
    def all_tests(self) -> tuple[str, ...]:
        """In a fixed order."""
        return _TESTS

    @property
    def all_conditions(self) -> tuple[str, ...]:
        """In a fixed order."""
        return _CONDITIONS

    @property
    def all_treatments(self) -> tuple[str, ...]:
        """In a fixed order."""
        return tuple(self.condition)

    @property
    def terms(self) -> tuple[str, ...]:
        """Every name of the world."""
        return (*self.known, *self.new, *self.all_findings, *self.all_tests, *self.all_treatments, *self.all_conditions)

    def given(self, disease: str, condition: str) -> str:
        """The treatment of a disease in a patient with a condition."""
        first = self.treatment[disease]
        return self.alternative[first] if self.condition[first] == condition else first


@cache
def world() -> World:
    """The clinic's world, the same on every machine.

    >>> one = world()
    >>> len(one.known), len(one.new), len(one.all_findings)
    (40, 20, 80)
    """
    rng = np.random.default_rng(_SEED)
    findings = annotations()
    diseases = list(findings)
    new = set(rng.permutation(diseases)[:NEW_DISEASES].tolist())
    treatments = invented(_TREATMENTS, rng)
    kinds = sorted({finding for one in findings.values() for finding in one})
    following = dict(zip(treatments, (*treatments[1:], treatments[0]), strict=True))
    return World(
        findings=findings,
        known=tuple(disease for disease in diseases if disease not in new),
        new=tuple(disease for disease in diseases if disease in new),
        test=_assigned(diseases, _TESTS, rng),
        treatment=_assigned(diseases, treatments, rng),
        condition=_assigned(treatments, _CONDITIONS, rng),
        alternative=following,
        points={finding: int(rng.integers(1, _MOST_POINTS + 1)) for finding in kinds},
    )


def invented(count: int, rng: np.random.Generator) -> list[str]:
    """Different words that no language has, of three syllables each."""
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(rng.choice(list("bdfgklmnprstvz")) + rng.choice(list("aeiou")) for _ in range(3))] = None
    return list(found)


def _assigned(keys: Sequence[str], values: Sequence[str], rng: np.random.Generator) -> dict[str, str]:
    """Every value about equally often."""
    repeated = [values[place % len(values)] for place in range(len(keys))]
    return {key: repeated[place] for key, place in zip(keys, rng.permutation(len(keys)), strict=True)}
