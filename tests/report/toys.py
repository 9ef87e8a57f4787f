"""Small trials of every family, whose learners answer by a script."""

import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np

from vesalius.metrics import METRICS
from vesalius.records import Choices, Geometry, Image, Label, Mask, Record, Survival, Text, Vector, Volume
from vesalius.tasks import Measure, Prediction, Split, Task, Tier
from vesalius.tasks.task import Family
from vesalius.trials.trial import Arms, Trial

HOSTILE = '<script>alert("x")</script>'
QUESTIONS = ("Do agents help with hard questions?", "Do agents help with all questions?")
Answer = Callable[[int, Record], Prediction]


@dataclass
class Scripted:
    """Answers a blind record by a function of the seed and that record."""

    seed: int
    answer: Answer
    trained_parameters: int = 0

    def fit(self, train: Sequence[Record], validation: Sequence[Record]) -> None:
        """Learn nothing."""

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        return [self.answer(self.seed, record) for record in records]

    def save(self, folder: Path) -> None:
        (folder / "scripted.txt").write_text(str(self.seed))

    def load(self, folder: Path) -> None:
        self.seed = int((folder / "scripted.txt").read_text())


@dataclass(frozen=True)
class Made:
    """Records made by a function, with the first fifth to train on."""

    name: str
    make: Callable[[], Sequence[Record]] = field(hash=False)
    tier: Tier = "simulator"
    description: str = "Made-up records whose truth is known."

    def records(self) -> Sequence[Record]:
        return self.make()


def _split(records: Sequence[Record]) -> Split:
    cut = len(records) // 5
    return Split(records[:cut], [], records[cut:])


def _task(
    name: str, family: Family, make: Callable[[], Sequence[Record]], inputs: tuple[str, ...], target: str, *measures: Measure
) -> Task:
    source = Made(f"toy-{family}", make)
    return Task(name=name, family=family, source=source, inputs=inputs, target=target, split=_split, measures=measures)


def _rng(*parts: object) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(str(part).encode()) for part in parts])


def _arms(learners: dict[str, Answer], baselines: dict[str, Answer]) -> Callable[[Task], Arms]:
    def build(answers: dict[str, Answer]) -> dict[str, Callable[[int], Scripted]]:
        return {name: lambda seed, answer=answer: Scripted(seed, answer, 1234) for name, answer in answers.items()}

    return lambda task: Arms(build(learners), build(baselines))


# --- segmentation: two kinds of bright cells on a textured ground, pixels 1 by 0.7 mm


@cache
def cells() -> tuple[Record, ...]:
    return tuple(_cell_record(number) for number in range(20))


def _cell_record(number: int) -> Record:
    random = _rng("cells", number)
    rows, columns = np.mgrid[:110, :140]
    labels = np.zeros((110, 140), dtype=np.uint8)
    image = 60 + 14 * np.sin(rows / 9 + number) * np.cos(columns / 13) + random.normal(0, 9, labels.shape)
    for cell in range(7):
        row, column, radius = random.uniform(14, 96), random.uniform(14, 126), random.uniform(6, 15)
        inside = (rows - row) ** 2 + ((columns - column) * 0.8) ** 2 < radius**2
        labels[inside] = 1 + cell % 2
        image[inside] = 130 + 40 * (cell % 2) + random.normal(0, 12, inside.sum())
    fields = {"image": Image(image, spacing=(1.0, 0.7)), "mask": Mask(labels, ("round cell", "dark cell"))}
    return Record(id=f"cell-{number:02d}", subject_id=f"dish-{number // 2}", fields=fields, licence="CC0-1.0")


def _threshold(smooth: int, silent: float) -> Answer:
    def answer(seed: int, record: Record) -> Prediction:
        random = _rng(record.id, seed, smooth)
        if random.random() < silent:
            return Prediction(record_id=record.id, value=None, outcome="empty")
        image = record.get("image", Image).pixels.astype(float)
        for axis in (0, 1):
            image = sum(np.roll(image, shift, axis) for shift in range(-smooth, smooth + 1)) / (2 * smooth + 1)
        shift = random.normal(0, 5)
        labels = (image > 100 + shift).astype(np.uint8) + (image > 148 + shift).astype(np.uint8)
        return Prediction(record_id=record.id, value=labels)

    return answer


def segmentation_trial(seeds: tuple[int, ...] = (0, 1, 2)) -> Trial:
    task = _task(
        "cells", "segmentation", cells, ("image",), "mask", Measure(METRICS["dice"], 0.02), Measure(METRICS["iou"], 0.02)
    )
    arms = _arms({"smooth": _threshold(2, 0.0)}, {"threshold": _threshold(0, 0.0), "coarse": _threshold(5, 0.08)})
    return Trial(
        name="toy-segmentation",
        tasks=(task,),
        arms=arms,
        seeds=seeds,
        claim="Smoothing before a threshold outlines cells better than the threshold alone.",
        settings={"title": "Smooth thresholds for cells in culture", "number": "0", "size": "smoke", "data": "cells"},
    )


# --- volumes: a cube in noise, stored from head to foot and from left to right, with learners that keep their curves


@cache
def cubes() -> tuple[Record, ...]:
    return tuple(_cube_record(number) for number in range(10))


def _cube_record(number: int) -> Record:
    random = _rng("cubes", number)
    labels = np.zeros((20, 24, 28), dtype=np.uint8)
    first = random.integers(3, 10, 3)
    labels[tuple(slice(start, start + 8) for start in first)] = 1
    affine = np.array([[0.0, 0, -1.5, 0], [0, 1.5, 0, 0], [-2.0, 0, 0, 0], [0, 0, 0, 1]])
    voxels = (labels * 900.0 - 700 + random.normal(0, 60, labels.shape)).astype(np.float32)
    fields = {"image": Volume(voxels, Geometry(affine)), "mask": Mask(labels, ("cube",))}
    return Record(id=f"cube-{number}", subject_id=f"cube-{number}", fields=fields, licence="CC0-1.0")


@dataclass
class Curved(Scripted):
    """Keeps a curve of each of two trainings."""

    def save(self, folder: Path) -> None:
        super().save(folder)
        losses = [4.0 / (1 + step / 10) + 0.05 * np.sin(step + self.seed) for step in range(200)]
        history = {"losses": losses, "learning_rates": [0.1] * 200, "scores": [[step, 1 - 1 / step] for step in (50, 100, 200)]}
        reward = {"reward": [step / 50 for step in range(50)]}
        content = {"pretraining": {**history, "scores": []}, "fine-tuning": {**history, "curves": reward}}
        (folder / "histories.json").write_text(json.dumps(content))


def _cut(level: float) -> Answer:
    def answer(seed: int, record: Record) -> Prediction:
        voxels = record.get("image", Volume).voxels
        return Prediction(record_id=record.id, value=(voxels > level + 40 * seed).astype(np.uint8))

    return answer


def volumes_trial(seeds: tuple[int, ...] = (0, 1)) -> Trial:
    task = _task("cubes", "segmentation", cubes, ("image",), "mask", Measure(METRICS["dice"], 0.02))
    arms = Arms({"cut": lambda seed: Curved(seed, _cut(-250), 9)}, {"low cut": lambda seed: Scripted(seed, _cut(-600), 9)})
    return Trial(name="toy-volumes", tasks=(task,), arms=lambda task: arms, seeds=seeds)


# --- choices: an exam with recorded answers, tokens and seconds


@cache
def exam(name: str = "exam", n: int = 60) -> tuple[Record, ...]:
    return tuple(
        Record(
            id=f"{name}-{number}",
            subject_id=f"{name}-{number}",
            fields={
                "question": Text(
                    f"A {30 + number}-year-old woman has had fever and a new murmur for {number + 2} days. {HOSTILE}\n"
                    f"Which of the following is the next step in case {number * 7919}?"
                ),
                "options": Choices(("Blood cultures", "Aspirin", f"Watchful waiting {HOSTILE}", "Valve replacement")),
                "answer": Text("ABCD"[number % 4]),
            },
            licence="CC0-1.0",
        )
        for number in range(n)
    )


def _candidate(chance: float, tokens: int, silent: float = 0.0) -> Answer:
    def answer(seed: int, record: Record) -> Prediction:
        random = _rng(record.id, seed, tokens)
        draw, silence, spread = random.random(3)
        cost = {"tokens": int(tokens * (0.5 + spread)), "calls": 1 + tokens // 1000, "seconds": tokens / 90 * (0.5 + spread)}
        if silence < silent:
            return Prediction(record_id=record.id, value=None, outcome="refused", raw=f"I cannot help. {HOSTILE}", **cost)
        right = int(record.id.rpartition("-")[2]) % 4
        letter = "ABCD"[right if draw < chance else (right + 1) % 4]
        raw = (
            f"The answer is {letter}."
            if tokens < 1000
            else f"Step by step: {'the murmur is new. ' * 30}\nAnswer: {letter} {HOSTILE}"
        )
        return Prediction(record_id=record.id, value=letter, raw=raw, **cost)

    return answer


def choices_trial(tasks: int = 1, seeds: tuple[int, ...] = (0,)) -> Trial:
    names = [f"exam-{place}" if tasks > 1 else "exam" for place in range(tasks)]
    measure = Measure(METRICS["accuracy"], 0.05)
    made = tuple(
        replace(
            _task(name, "choices", lambda name=name: exam(name), ("question", "options"), "answer", measure),
            question=QUESTIONS[place % 2] if tasks > 1 else "",
        )
        for place, name in enumerate(names)
    )
    learners = {"debate <b>of three</b>": _candidate(0.92, 9000), "two agents": _candidate(0.75, 3200, 0.05)}
    baselines = {
        "direct": _candidate(0.55, 260),
        "chain of thought": _candidate(0.74, 900),
        "self-consistency": _candidate(0.76, 4600, 0.02),
    }
    return Trial(name="toy-choices", tasks=made, arms=_arms(learners, baselines), seeds=seeds, claim=f"Agents help. {HOSTILE}")


# --- classification and survival: two covariates, of which one matters


@cache
def patients(target: str) -> tuple[Record, ...]:
    return tuple(_patient(number, target) for number in range(150))


def _patient(number: int, target: str) -> Record:
    random = _rng("patient", number)
    age, marker = random.normal(size=2)
    outcome = (
        Label("ill" if random.random() < 1 / (1 + np.exp(-1.4 * marker)) else "well", ("well", "ill"))
        if target == "label"
        else Survival(float(random.exponential(400 * np.exp(-0.9 * marker))) + 1, bool(random.random() < 0.7))
    )
    fields = {"covariates": Vector(np.array([age, marker]), ("age", "marker")), target: outcome}
    return Record(id=f"p{number:03d}", subject_id=f"p{number:03d}", fields=fields, licence="CC0-1.0")


def _risk(weight: float, noise: float) -> Answer:
    def answer(seed: int, record: Record) -> Prediction:
        marker = record.get("covariates", Vector).values[1]
        risk = weight * marker + noise * _rng(record.id, seed, noise).normal()
        return Prediction(record_id=record.id, value=float(1 / (1 + np.exp(-risk))))

    return answer


def cohort_trial(target: str, seeds: tuple[int, ...] = (0, 1)) -> Trial:
    family: Family = "classification" if target == "label" else "survival"
    metric = METRICS["auroc" if target == "label" else "c_index"]
    task = _task(f"cohort-{target}", family, lambda: patients(target), ("covariates",), target, Measure(metric, 0.01))
    arms = _arms({"with marker": _risk(1.4, 0.3)}, {"noisy": _risk(0.8, 1.5), "coin": _risk(0.0, 1.0)})
    return Trial(name=f"toy-{family}", tasks=(task,), arms=arms, seeds=seeds)
