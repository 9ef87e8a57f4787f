"""Histories of many events of which a few, anywhere in the past, decide what comes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from vesalius.names import Tier
from vesalius.records import Events, Label, Record

CLASSES = ("no", "yes")
TELLING: Mapping[str, float] = {
    "toxic drug": 1.6,
    "transplant": 1.4,
    "rare infection": 1.2,
    "family risk": 1.0,
    "prophylaxis": -1.4,
    "screened well": -1.0,
}
"""Codes that change the log odds of the outcome by so much where they occur, and how much."""

_OCCURS = 0.35
_MIDDLE = -0.9
_OTHERS = 200
_START = np.datetime64("2000-01-01", "s")
_YEARS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class LongHistories:
    """Patients whose events are nearly all by the way.

    Two hundred codes come by chance, some often and some rarely; each telling code comes once to a third of the patients, at any
    moment of fifteen years, and the label follows from which came.

    Attributes:
        train, validation, test: how many.
        events: of a history, on average; between half and one and a half of it.
        seed: of everything.
    """

    train: int
    validation: int
    test: int
    events: int
    seed: int = 0

    @property
    def name(self) -> str:
        """As a task is named after it."""
        return f"histories of {self.events} events"

    @property
    def tier(self) -> Tier:
        """Simulated."""
        return "simulator"

    @property
    def description(self) -> str:
        """What the records are."""
        return f"Simulated histories of about {self.events} events, of which a few, mostly long ago, decide the outcome."

    def records(self) -> Sequence[Record]:
        """``history`` and ``outcome``; tag ``split``."""
        rng = np.random.default_rng([self.seed, 41])
        parts = (("train", self.train), ("validation", self.validation), ("test", self.test))
        return [self._record(f"{split}-{place}", split, rng) for split, count in parts for place in range(count)]

    def _record(self, name: str, split: str, rng: np.random.Generator) -> Record:
        occurs = rng.random(len(TELLING)) < _OCCURS
        told = [code for code, there in zip(TELLING, occurs, strict=True) if there]
        count = int(rng.integers(self.events // 2, self.events * 3 // 2 + 1))
        # every other one of the codes comes less often, as codes do
        frequent = np.minimum(rng.zipf(1.3, count) - 1, _OTHERS - 1)
        codes = [f"code {place}" for place in frequent] + told
        seconds = rng.integers(0, int(_YEARS * 365.25 * 86_400), len(codes))
        order = np.argsort(seconds, kind="stable")
        values = np.where(np.arange(len(codes)) % 3 == 0, rng.normal(0, 1, len(codes)), np.nan)
        values[count:] = np.nan
        odds = _MIDDLE + sum(TELLING[code] for code in told)
        came = rng.random() < 1 / (1 + np.exp(-odds))
        times: list[datetime] = (_START + seconds[order].astype("timedelta64[s]")).tolist()
        history = Events(tuple(times), tuple(codes[place] for place in order), values[order])
        return Record(
            id=name,
            subject_id=name,
            fields={"history": history, "outcome": Label(CLASSES[int(came)], CLASSES)},
            licence="CC0-1.0",
            tags={"split": split},
        )
