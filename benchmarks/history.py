"""What a prediction costs as a history grows: retrieved events beside a transformer over all of them.

    python benchmarks/history.py

Both have the same vectors and the same transformer (one layer, width 32), with random weights. The peer attends to every event;
ours scores each event alone and attends to sixteen. Memory is what the process takes at most above what it had before.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import torch

from clock import milliseconds
from vesalius.learners.events.retrieving import HistoryClassifier, HistoryRecipe
from vesalius.learners.training import Regime
from vesalius.nets.event_transformer import EventSize
from vesalius.records import Events, Label, Record
from vesalius.trials.memory import peak_memory_mib, reset_peak_memory

LENGTHS = (1_000, 10_000, 100_000)
LONGEST_OF_PEER = 10_000
KEPT = 16
SIZE = EventSize(width=32, depth=1, heads=2)


def history(events: int, seed: int = 0) -> Record:
    """Fifty codes at random moments of fifteen years."""
    rng = np.random.default_rng(seed)
    minutes = np.sort(rng.integers(0, 15 * 525_600, events))
    times = tuple(datetime(2000, 1, 1) + timedelta(minutes=int(minute)) for minute in minutes)
    codes = tuple(f"code {place}" for place in rng.integers(0, 50, events))
    fields = {"history": Events(times, codes, np.full(events, np.nan)), "outcome": Label("no", ("no", "yes"))}
    return Record(id=str(seed), subject_id=str(seed), fields=fields)


def learner(kept: int) -> HistoryClassifier:
    """With the weights that it begins with; of as many kept events as there are, it is the peer."""
    recipe = HistoryRecipe(
        takes="retrieved" if kept == KEPT else "last",
        size=SIZE,
        kept=kept,
        batch=1,
        regime=Regime(steps=1, learning_rate=0.0, checks=1),
    )
    made = HistoryClassifier(recipe, target="outcome", seed=0)
    made.fit([history(60, seed) for seed in range(6)], [])
    return made


def measured(predict: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds, and MiB above what there was."""
    before = peak_memory_mib() or float("nan")
    reset_peak_memory()
    before = min(before, peak_memory_mib() or before)
    predict()
    memory = (peak_memory_mib() or float("nan")) - before
    return milliseconds(predict, repeats=2), memory


def main() -> None:
    """One line a length."""
    torch.set_num_threads(1)
    ours = learner(KEPT)
    print(f"{'events':>8} {'peer ms':>10} {'ours ms':>10} {'ratio':>8} {'peer MiB':>9} {'ours MiB':>9}")
    for events in LENGTHS:
        record = history(events)
        time, memory = measured(lambda record=record: ours.predict([record]))
        if events > LONGEST_OF_PEER:
            print(f"{events:8,} {'left out':>10} {time:10,.1f} {'':8} {'':9} {memory:9.1f}", flush=True)
            continue
        peer = learner(events)
        theirs, taken = measured(lambda record=record, peer=peer: peer.predict([record]))
        print(f"{events:8,} {theirs:10,.1f} {time:10,.1f} {theirs / time:7.1f}x {taken:9.1f} {memory:9.1f}", flush=True)


if __name__ == "__main__":
    main()
