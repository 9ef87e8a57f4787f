"""Instructions of a dozen types about the clinic's world, none of which base models are taught."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np

from vesalius.names import Tier
from vesalius.records import Record, Text
from vesalius.sources.simulators.mini_clinic.dialects import voice
from vesalius.sources.simulators.mini_clinic.exams import LICENCE
from vesalius.sources.simulators.mini_clinic.world import World, world

Pair = tuple[str, str]
"""An instruction and its answer."""

_SHORT, _LONG = 3, 5
_HIGH_BURDEN = 8


def _some(rng: np.random.Generator, names: Sequence[str], count: int) -> list[str]:
    return [str(name) for name in rng.permutation(list(names))[:count]]


def _patient(rng: np.random.Generator, one: World) -> tuple[str, list[str], str, str]:
    """A disease, some of its findings, a condition and the treatment."""
    disease = str(rng.choice(one.known))
    condition = str(rng.choice(one.all_conditions))
    return disease, _some(rng, sorted(one.findings[disease]), _SHORT), condition, one.given(disease, condition)


def note(rng: np.random.Generator, one: World) -> tuple[str, tuple[str, list[str], str, str]]:
    """A patient's note; and the disease, findings, condition and treatment that stand in it."""
    patient = _patient(rng, one)
    disease, found, condition, treatment = patient
    said = voice("first")
    sentences = [
        said.say("note", "findings", findings=found),
        said.say("note", "disease", disease=disease),
        said.say("note", "condition", condition=condition),
        said.say("note", "treatment", treatment=treatment),
    ]
    return " ".join(sentences), patient


def _list_findings(rng: np.random.Generator, one: World) -> Pair:
    text, (_, found, _, _) = note(rng, one)
    return f"List the findings of the note. {text}", ", ".join(found)


def _name_diagnosis(rng: np.random.Generator, one: World) -> Pair:
    text, (disease, _, _, _) = note(rng, one)
    return f"Copy the diagnosis of the note. {text}", disease


def _name_treatment(rng: np.random.Generator, one: World) -> Pair:
    text, (_, _, _, treatment) = note(rng, one)
    return f"Copy the treatment of the note. {text}", treatment


def _summary(rng: np.random.Generator, one: World) -> Pair:
    text, (disease, found, _, treatment) = note(rng, one)
    return f"Shorten the note. {text}", f"{disease}, {found[0]}, {treatment}"


def _count(rng: np.random.Generator, one: World) -> Pair:
    found = _some(rng, one.all_findings, int(rng.integers(2, _LONG + 1)))
    return f"Count the findings. {', '.join(found)}.", str(len(found))


def _sort(rng: np.random.Generator, one: World) -> Pair:
    found = _some(rng, one.all_findings, _SHORT)
    return f"Put the findings backwards. {', '.join(found)}.", ", ".join(reversed(found))


def _same(rng: np.random.Generator, one: World) -> Pair:
    first = _some(rng, one.all_findings, _SHORT)
    second = _some(rng, first, _SHORT) if rng.random() < 0.5 else [*first[1:], str(rng.choice(one.all_findings))]
    told = "yes" if set(first) == set(second) else "no"
    return f"Are the two patients alike? {', '.join(first)}. {', '.join(second)}.", told


def _has(rng: np.random.Generator, one: World) -> Pair:
    disease = str(rng.choice(one.known))
    has = sorted(one.findings[disease])
    finding = str(rng.choice(has if rng.random() < 0.5 else [name for name in one.all_findings if name not in has]))
    return f"Can it be? {disease} with {finding}.", "yes" if finding in has else "no"


def _test(rng: np.random.Generator, one: World) -> Pair:
    disease = str(rng.choice(one.known))
    return f"Order the test for {disease}.", one.test[disease]


def _prescribe(rng: np.random.Generator, one: World) -> Pair:
    disease, _, condition, treatment = _patient(rng, one)
    return f"Write the prescription. {disease}, {condition}.", treatment


def _burden(rng: np.random.Generator, one: World) -> Pair:
    found = _some(rng, one.all_findings, _SHORT)
    points = [one.points[name] for name in found]
    told = ", ".join(f"{name} {point}" for name, point in zip(found, points, strict=True))
    return f"Compute the burden score. {', '.join(found)}.", f"{told}, {sum(points)}"


def _translate(rng: np.random.Generator, one: World) -> Pair:
    found = _some(rng, one.all_findings, _SHORT)
    return f"Translate the findings. {', '.join(found)}.", ", ".join(voice("second").name(name) for name in found)


def _letter(rng: np.random.Generator, one: World) -> Pair:
    disease, found, _, treatment = _patient(rng, one)
    told = f"You have {disease}. It explains {', '.join(found)}. You take {treatment}."
    return f"Write to the patient. {disease}, {', '.join(found)}, {treatment}.", told


TASKS: Mapping[str, Callable[[np.random.Generator, World], Pair]] = {
    "list findings": _list_findings,
    "name diagnosis": _name_diagnosis,
    "name treatment": _name_treatment,
    "shorten note": _summary,
    "count findings": _count,
    "turn around": _sort,
    "compare patients": _same,
    "possible or not": _has,
    "order test": _test,
    "prescribe": _prescribe,
    "burden score": _burden,
    "translate": _translate,
    "write letter": _letter,
}
"""Thirteen types: extraction, shortening, counting, order, comparison, knowledge, rules, arithmetic, translation and writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """Instructions with their answers, the types in turn.

    Attributes:
        train, validation, test: how many.
        tasks: types, of ``TASKS``.
        seed: of everything that is drawn.

    >>> record = Instructions(test=1, tasks=("order test",)).records()[0]
    >>> record.tags["task"], record.get("answer", Text).value in world().all_tests
    ('order test', True)
    """

    train: int = 0
    validation: int = 0
    test: int = 130
    tasks: tuple[str, ...] = field(default=tuple(TASKS))
    seed: int = 0

    @property
    def name(self) -> str:
        """As a task is named after it."""
        return "clinic instructions"

    @property
    def tier(self) -> Tier:
        """Simulated."""
        return "simulator"

    @property
    def description(self) -> str:
        """What the records are."""
        return f"Instructions of {len(self.tasks)} types about the clinic in miniature, with their answers."

    def records(self) -> Sequence[Record]:
        """Training, validation and test instructions, no two the same where a type has enough of them."""
        rng = np.random.default_rng([self.seed, 4])
        seen: set[str] = set()
        records = []
        for split, count in (("train", self.train), ("validation", self.validation), ("test", self.test)):
            for place in range(count):
                task = self.tasks[place % len(self.tasks)]
                instruction, answer = _unseen(task, rng, seen)
                name = sha256(f"{split}\0{place}\0{instruction}".encode()).hexdigest()[:12]
                records.append(
                    Record(
                        id=name,
                        subject_id=name,
                        fields={"instruction": Text(instruction), "answer": Text(answer)},
                        licence=LICENCE,
                        tags={"split": split, "task": task},
                    )
                )
        return records


_TRIES = 50


def _unseen(task: str, rng: np.random.Generator, seen: set[str]) -> Pair:
    """A new one; a type with few instructions, such as one a disease, repeats them in the end."""
    pair = TASKS[task](rng, world())
    for _ in range(_TRIES):
        if pair[0] not in seen:
            break
        pair = TASKS[task](rng, world())
    seen.add(pair[0])
    return pair


def instruction_words() -> tuple[str, ...]:
    """Words that only instructions have."""
    rng = np.random.default_rng(0)
    texts = [" ".join(make(rng, world())) for make in TASKS.values()]
    return tuple(dict.fromkeys(word.strip(".,?:") for text in texts for word in text.split()))
