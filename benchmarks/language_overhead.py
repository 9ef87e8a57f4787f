"""Documents a second through ``Prompted`` by log-likelihood, with a model that costs next to nothing: the harness's own cost.

    python benchmarks/language_overhead.py [--documents 5000] [--shots 5]

The documents are questions with four options of a usual length, 60 words of question and 4 of each option.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from vesalius.language.cached import Cached
from vesalius.language.scripted import Scripted
from vesalius.learners.prompted import Prompted
from vesalius.records import Choices, Record, Text

WANTED = 2_000


def documents(count: int) -> list[Record]:
    """Questions, every one different."""
    stem = " ".join(["A 45-year-old man has had chest pain for three hours."] * 6)
    return [
        Record(
            id=str(number),
            subject_id=str(number),
            fields={
                "question": Text(f"Case {number}. {stem}"),
                "options": Choices(tuple(f"Treatment {place} of {number}" for place in range(4))),
                "answer": Text("ABCD"[number % 4]),
            },
        )
        for number in range(count)
    ]


def rate(learner: Prompted, train: Sequence[Record], test: Sequence[Record]) -> float:
    """Documents a second, best of three."""
    learner.fit(train, [])
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        learner.predict(test)
        seconds.append(time.perf_counter() - started)
    return len(test) / min(seconds)


def main() -> None:
    """Print a line a setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=5_000)
    parser.add_argument("--shots", type=int, default=5)
    asked = parser.parse_args()
    records = documents(asked.documents + 100)
    train, test = records[:100], records[100:]
    with TemporaryDirectory() as folder:
        for what, learner in (
            ("by letter, no examples", Prompted(lambda: Scripted(lambda *_: ""))),
            (f"by letter, {asked.shots} examples", Prompted(lambda: Scripted(lambda *_: ""), shots=asked.shots)),
            (f"by text, {asked.shots} examples", Prompted(lambda: Scripted(lambda *_: ""), protocol="text", shots=asked.shots)),
            ("by letter, options permuted", Prompted(lambda: Scripted(lambda *_: ""), permute=True)),
            ("by letter, from a warm cache", Prompted(lambda: Cached(Scripted(lambda *_: ""), Path(folder)))),
        ):
            found = rate(learner, train, test)
            print(f"{found:10,.0f} documents/s  {'' if found >= WANTED else 'BELOW ' + str(WANTED) + '  '}{what}", flush=True)


if __name__ == "__main__":
    main()
