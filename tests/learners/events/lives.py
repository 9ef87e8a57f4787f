"""Small histories whose truth is known."""

from datetime import datetime, timedelta

import numpy as np

from vesalius.records import Events, Record, Survival

BIRTH = datetime(1960, 1, 1)


def history(*events):
    """From (day after birth, code) or (day, code, value), in order."""
    times = tuple(BIRTH + timedelta(days=float(event[0])) for event in events)
    values = np.array([event[2] if len(event) > 2 else np.nan for event in events])
    return Events(times, tuple(event[1] for event in events), values)


def record(name, events, time=None, came=True):
    fields = {"history": history(*events)}
    if time is not None:
        fields["time to event"] = Survival(time, came, "quarters")
    return Record(id=name, subject_id=name, fields=fields, licence="CC0-1.0")


def risky(count, seed, ratio=6.0, labelled=True):
    """Half of the patients bear a code that multiplies a hazard of 0.05 a quarter; censored at 12 quarters."""
    rng = np.random.default_rng(seed)
    records = []
    for place in range(count):
        ill = place % 2 == 1
        time = rng.exponential(1 / (0.05 * (ratio if ill else 1.0)))
        events = [(0, "MEDS_BIRTH"), (20_000, "VISIT"), (20_010 + rng.integers(50), "ill" if ill else "well"), (20_100, "VISIT")]
        records.append(record(f"p{seed}-{place}", events, *((min(time, 12.0), time <= 12.0) if labelled else ())))
    return records
