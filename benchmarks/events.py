"""Events beside meds-torch-data (tensors, batches) and meds_reader (iteration), on the same MEDS dataset, in one process.

    python benchmarks/events.py [--events 2400000] [--subjects 12000] [--peers FOLDER]

The dataset is made from a seed: codes by Zipf's law, of which two in five have numbers of one decimal, a static event and a
skewed number of timed ones a subject, to the minute. ``--peers`` is a folder into which the peers were installed (pip install
--target); one that is absent is said to be so. Both sides tensorise in a process that they start, from the same parquet files;
an epoch of batches has each subject's last 512 events, 32 subjects a batch; iteration shows Python each event's time, code
and number, ours from parquet, meds_reader from the database into which it had to convert the dataset first.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from clock import Row, print_rows

LENGTH, BATCH, CODES = 512, 32, 3000
TENSORISE = (
    "import sys, pathlib as p; from vesalius.records.events.tensors import tensorise; tensorise(*map(p.Path, sys.argv[1:]))"
)


def write_dataset(folder: Path, events: int, subjects: int) -> None:
    """Seeded events of subjects whose histories differ in length, in the standard's three splits."""
    from vesalius.records.events import EventTable
    from vesalius.records.events.meds_write import write_meds
    from vesalius.records.events.splits import split_by_hash

    random = np.random.default_rng(0)
    weight = random.lognormal(0, 0.8, subjects)
    whose = np.repeat(np.arange(subjects), 1 + random.multinomial(events - subjects, weight / weight.sum()))
    minutes = random.integers(20_000_000, 27_000_000, subjects)[whose] + random.exponential(400_000, events).astype(np.int64)
    times = minutes.astype("M8[m]").astype("M8[us]")
    times[np.flatnonzero(np.diff(whose, prepend=-1))] = np.datetime64("NaT")
    codes = np.minimum(random.zipf(1.3, events) - 1, CODES - 1).astype(np.int32)
    vocabulary = pa.array([f"SYSTEM//{number:05}" for number in range(CODES)])
    means = random.uniform(1, 150, CODES)
    numbers = np.where(codes % 5 < 2, np.round(means[codes] * random.normal(1, 0.2, events), 1), np.nan)
    names = pa.DictionaryArray.from_arrays(whose.astype(np.int32), pa.array([str(10_000 + one) for one in range(subjects)]))
    table = EventTable.build(names, times, pa.DictionaryArray.from_arrays(codes, vocabulary), numbers)
    write_meds(table, folder, splits=split_by_hash(table.subjects, tuning=0.1, held_out=0.1))


def size(folder: Path, pattern: str = "*") -> float:
    """MB of the files of a folder."""
    return sum(file.stat().st_size for file in folder.rglob(pattern) if file.is_file()) / 1e6


def seconds(work: Callable[[], object], *, repeats: int = 1) -> float:
    """Best of a few runs, none before them."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def tool(name: str, *arguments: str) -> Callable[[], object]:
    """A command of a peer; what it says is shown where it fails."""

    def run() -> None:
        done = subprocess.run([name, *arguments], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{name} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")

    return run


def epoch_of_ours(folder: Path, subjects: list[str]) -> int:
    """Events in all batches."""
    from vesalius.records.events.batches import open_tensors

    tensors = open_tensors(folder)
    late = np.full(BATCH, np.datetime64("2100-01-01", "us"))
    starts = range(0, len(subjects), BATCH)
    groups = [subjects[start : start + BATCH] for start in starts]
    return sum(int(tensors.batch(group, late[: len(group)], length=LENGTH).mask_BL.sum()) for group in groups)


def epoch_of_meds_torch(folder: Path) -> int:
    """Events in all batches of the training split."""
    from meds_torchdata import MEDSPytorchDataset, MEDSTorchDataConfig
    from torch.utils.data import DataLoader

    config = MEDSTorchDataConfig(
        tensorized_cohort_dir=folder, max_seq_len=LENGTH, seq_sampling_strategy="to_end", static_inclusion_mode="omit"
    )
    data = MEDSPytorchDataset(config, split="train")
    return sum(int((batch.code != 0).sum()) for batch in DataLoader(data, batch_size=BATCH, collate_fn=data.collate))


def iterated_by_ours(folder: Path) -> tuple[int, float]:
    """How many events, and the sum of their numbers, one event after another."""
    from vesalius.records.events.meds_read import read_meds_shards

    count, total = 0, 0.0
    for table in read_meds_shards(folder, bare=True):
        for subject in range(len(table.subjects)):
            rows = table.rows(subject)
            codes = [table.vocabulary[code] for code in table.codes[rows].tolist()]
            for when, code, number in zip(table.times[rows].tolist(), codes, table.numbers[rows].tolist()):
                count += when is not None and code is not None
                total += number if number == number else 0
    return count, total


def iterated_by_meds_reader(folder: Path) -> tuple[int, float]:
    """The same."""
    from meds_reader import SubjectDatabase

    count, total = 0, 0.0
    with SubjectDatabase(str(folder)) as database:
        for subject in database:
            for event in database[subject].events:
                count += event.time is not None and event.code is not None
                total += event.numeric_value or 0
    return count, total


def rows(folder: Path) -> Iterator[Row]:
    """Ours beside each peer; what was found on the way is printed."""
    from vesalius.records.events.meds_read import read_meds, read_splits

    meds, ours, theirs, database = (folder / name for name in ("meds", "ours", "theirs", "database"))
    train = [subject for subject, split in read_splits(meds).items() if split == "train"]
    print(f"read whole into columns: {seconds(lambda: read_meds(meds), repeats=3):.2f} s")
    took = seconds(tool(sys.executable, "-c", TENSORISE, str(meds), str(ours)))
    own_epoch = seconds(lambda: epoch_of_ours(ours, train), repeats=3)
    own_iteration = seconds(lambda: iterated_by_ours(meds), repeats=3)
    print(f"ours: tensorised in {took:.2f} s, epoch {own_epoch:.2f} s, iterated in {own_iteration:.2f} s")
    print(f"disk: parquet {size(meds, 'data/**/*.parquet'):.1f} MB, our tensors {size(ours):.1f} MB")
    if present("meds_torchdata"):
        peer = seconds(tool("MTD_preprocess", f"MEDS_dataset_dir={meds}", f"output_dir={theirs}"))
        print(f"disk: tensors of meds-torch-data {size(theirs, '*.nrt'):.1f} MB, with all that it left {size(theirs):.1f} MB")
        yield "tensorise, beside MTD_preprocess", 1e3 * peer, 1e3 * took
        print(f"events in an epoch: {epoch_of_meds_torch(theirs):,}; ours has static ones too: {epoch_of_ours(ours, train):,}")
        peer = seconds(lambda: epoch_of_meds_torch(theirs))
        yield f"an epoch of batches of {BATCH} × {LENGTH}, beside its DataLoader", 1e3 * peer, 1e3 * own_epoch
    if present("meds_reader"):
        print(f"meds_reader converted in {seconds(tool('meds_reader_convert', str(meds), str(database))):.2f} s")
        print(f"disk: database of meds_reader {size(database):.1f} MB")
        (count, total), (peer_count, peer_total) = iterated_by_ours(meds), iterated_by_meds_reader(database)
        assert count == peer_count and abs(total - peer_total) < 1e-5 * abs(total)
        peer = seconds(lambda: iterated_by_meds_reader(database), repeats=3)
        yield f"iterate over {count:,} timed events, beside meds_reader", 1e3 * peer, 1e3 * own_iteration


def present(package: str) -> bool:
    """Whether a peer can be imported; it is said where not."""
    from importlib.util import find_spec

    there = find_spec(package) is not None
    if not there:
        print(f"{package}: absent; install it into a folder and name that by --peers")
    return there


def main() -> None:
    """Make the dataset, and print a line for each peer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=2_400_000)
    parser.add_argument("--subjects", type=int, default=12_000)
    parser.add_argument("--peers", type=Path)
    options = parser.parse_args()
    if options.peers is not None:
        peers = str(options.peers.resolve())
        sys.path.append(peers)
        os.environ["PYTHONPATH"] = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), peers])
        os.environ["PATH"] = os.pathsep.join([f"{peers}/bin", os.environ["PATH"]])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = seconds(lambda: write_dataset(folder / "meds", options.events, options.subjects))
        print(f"{options.events:,} events of {options.subjects:,} subjects made and written in {made:.2f} s")
        print_rows(rows(folder))


if __name__ == "__main__":
    main()
