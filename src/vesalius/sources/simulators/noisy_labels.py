"""Patients whose outcome follows from their covariates by a known rule, so that every wrong label is known to be one."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from vesalius.records import Label, Record, Survival, Vector
from vesalius.tasks import Tier

CLASSES = ("well", "ill")
COVARIATES = 10
PATIENTS = 500
SHARPNESS = 4.0
"""Standard deviation of the true log odds and log hazards: at 4 the best AUROC is about 0.97, the best concordance about 0.91."""


@dataclass(frozen=True, slots=True)
class NoisyLabels:
    """Covariates are standard normal; the outcome is drawn from a linear logit or a proportional hazard in them, without errors.

    The name is that of its use: ``LabelNoise`` plants errors in the training records, and what finds them is judged by the tags.

    Attributes:
        outcome: ``label`` for a class, ``survival`` for an exponential time to an event, censored at a random time.

    >>> len(NoisyLabels("label").records())
    500
    """

    outcome: Literal["label", "survival"]

    @property
    def name(self) -> str:
        """Short name."""
        return f"simulated-{self.outcome}"

    @property
    def tier(self) -> Tier:
        """A simulator."""
        return "simulator"

    @property
    def description(self) -> str:
        """What the records are."""
        return f"{PATIENTS} simulated patients with {COVARIATES} covariates whose {self.outcome} follows a known linear rule."

    def records(self) -> list[Record]:
        """All records, the same in every call."""
        return list(_records(self.outcome))


@cache
def _records(outcome: Literal["label", "survival"]) -> tuple[Record, ...]:
    generator = np.random.default_rng(165)
    values_NP = generator.normal(size=(PATIENTS, COVARIATES))
    direction_P = generator.normal(size=COVARIATES)
    score_N = values_NP @ direction_P * (SHARPNESS / np.linalg.norm(direction_P))
    uniform_N, censoring_N = generator.uniform(size=PATIENTS), generator.exponential(1000.0, size=PATIENTS)
    names = tuple(f"covariate {number}" for number in range(1, COVARIATES + 1))
    made = []
    for number, (values, score, uniform, censored_at) in enumerate(zip(values_NP, score_N, uniform_N, censoring_N), start=1):
        target: Label | Survival
        if outcome == "label":
            target = Label(CLASSES[int(uniform < 1 / (1 + np.exp(-score)))], CLASSES)
        else:
            event_at = -100.0 * np.log(uniform) * np.exp(-score)
            target = Survival(float(min(event_at, censored_at)), bool(event_at <= censored_at))
        identifier = f"simulated-{number:04d}"
        fields = {"covariates": Vector(values, names), outcome: target}
        made.append(Record(id=identifier, subject_id=identifier, fields=fields, licence="Apache-2.0"))
    return tuple(made)
