"""Simulated lives as events, and as records of a time to an outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vesalius.names import Tier
from vesalius.records import Record, Survival
from vesalius.records.events import EventTable
from vesalius.sources.simulators.patients.simulate import DAYS, Lives, live
from vesalius.sources.simulators.patients.world import LABS, OUTCOMES, Hospital

EPOCH = np.datetime64("2010-01-01T00:00:00", "us")
_DAY = np.timedelta64(86_400_000_000, "us")
_SEXES = ("GENDER//male", "GENDER//female")
_ASKED = (1.0, 2.0)
"""Years after entry at which a prediction is asked for; who has left by then is not asked about."""


def event_table(lives: Lives, hospital: Hospital) -> EventTable:
    """Everything that the hospital knows: static events (sex, hospital), birth, and what came; labs with their unit."""
    count = len(lives.born)
    everyone = np.arange(count)
    patient = np.concatenate([everyone, everyone, everyone, lives.patient])
    days = np.concatenate([np.full(2 * count, np.nan), lives.born, lives.days])
    sexes = [_SEXES[int(female)] for female in lives.female]
    codes = [*sexes, *[f"SITE//{hospital}"] * count, *["MEDS_BIRTH"] * count, *lives.codes]
    units = {f"LOINC//{lab.code}": lab.unit for lab in LABS.values()}
    return EventTable.build(
        pa.array([f"{hospital}-{place}" for place in range(count)]).take(pa.array(patient)),
        moments(days),
        codes,
        np.concatenate([np.full(3 * count, np.nan), lives.numbers]),
        extra={"unit": pa.array([units.get(code) for code in codes], pa.string())},
    )


def moments(days: NDArray[np.float64]) -> NDArray[np.datetime64]:
    """Times from days after ``EPOCH``, to the second; NaT for NaN.

    >>> moments(np.array([0.5, np.nan]))
    array(['2010-01-01T12:00:00.000000',                        'NaT'],
          dtype='datetime64[us]')
    """
    known = ~np.isnan(days)
    found = np.full(len(days), np.datetime64("NaT"), dtype="datetime64[us]")
    found[known] = EPOCH + (np.round(days[known] * 86_400).astype(np.int64) * 1_000_000).astype("timedelta64[us]")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Patients:
    """Patients of a hospital with an outcome: their history until a moment, and the time from then to the outcome.

    Attributes:
        outcome: of ``OUTCOMES``.
        count: of patients; those who had the outcome before the moment, or were observed no longer, are left out.
        hospital: which.
        seed: of everything.
    """

    outcome: str
    count: int
    hospital: Hospital = "north"
    seed: int = 0

    @property
    def name(self) -> str:
        """As a task is named after it."""
        return f"patients {self.hospital}, {self.outcome}"

    @property
    def tier(self) -> Tier:
        """Simulated."""
        return "simulator"

    @property
    def description(self) -> str:
        """What the records are."""
        return f"Simulated histories of the hospital in the {self.hospital}, and the time until {self.outcome}."

    def records(self) -> Sequence[Record]:
        """``history`` and ``time to event`` in quarters of a year; censored where observation ends first. Tags: hospital, sex.

        What is known without a time stands in the history at birth.
        """
        return _records(self)


@cache
def _lives(count: int, hospital: Hospital, seed: int) -> tuple[Lives, EventTable]:
    lives = live(count, hospital, seed)
    return lives, event_table(lives, hospital)


@cache
def _records(source: Patients) -> tuple[Record, ...]:
    lives, table = _lives(source.count, source.hospital, source.seed)
    place = list(OUTCOMES).index(source.outcome)
    came = np.full(source.count, np.inf)
    struck = lives.spans.came == place
    came[lives.spans.patient[struck]] = lives.spans.end[struck]
    asked = lives.entered + np.random.default_rng([source.seed, 7]).uniform(*_ASKED, source.count) * DAYS
    until, times = np.minimum(came, lives.end), moments(asked)
    return tuple(
        Record(
            id=f"{subject}, {source.outcome}",
            subject_id=subject,
            fields={
                "history": table.known(patient, times[patient]),
                "time to event": Survival(
                    float(until[patient] - asked[patient]) / (DAYS / 4), bool(came[patient] <= lives.end[patient]), "quarters"
                ),
            },
            time=times[patient].item(),
            licence="CC0-1.0",
            tags={"hospital": source.hospital, "sex": "female" if lives.female[patient] else "male"},
        )
        for patient, subject in enumerate(table.subjects)
        if until[patient] > asked[patient]
    )
