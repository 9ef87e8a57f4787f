"""Exam questions with the chain of steps that leads to the answer.

- ``recall``: a fact of the textbook.
- ``one step``: a fact of the textbook and a rule of the guidelines, joined.
- ``several steps``: each of four close diseases is compared with each of four findings.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vesalius.sources.simulators.mini_clinic.dialects import Voice
from vesalius.sources.simulators.mini_clinic.world import Group, World

Level = Literal["recall", "one step", "several steps"]
Form = Literal["known", "new form"]
"""How a question is worded; base models see the first only."""

OPTIONS = 4
FINDINGS = 4
LETTERS = "ABCD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A question.

    Attributes:
        question: what is asked.
        options: four.
        answer: place of the right one.
        steps: sentences that lead to it.
        disease: that it is about.
        documents: ids of the documents that hold all that is needed.
    """

    question: str
    options: tuple[str, ...]
    answer: int
    steps: tuple[str, ...]
    disease: str
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Examiner:
    """Asks about diseases of a group, in a voice and form."""

    world: World
    voice: Voice
    group: Group
    form: Form

    def item(self, level: Level, disease: str, rng: np.random.Generator) -> Item:
        """A question about a disease."""
        return _ASKED[level](self, disease, rng)

    def _several(self, disease: str, rng: np.random.Generator) -> Item:
        found = rng.permutation(sorted(self.world.findings[disease]))[:FINDINGS].tolist()
        close = self._close(disease, found, rng)
        options, answer = _shuffled(disease, close, rng)
        steps = tuple(self._compared(option, found) for option in options)
        return self._item("several", disease, options, answer, steps, [f"textbook/{one}" for one in options], findings=found)

    def _close(self, disease: str, found: Sequence[str], rng: np.random.Generator) -> list[str]:
        """Diseases that share two or three of the findings where there are enough, and never all."""
        others = [name for name in rng.permutation(self.world.diseases(self.group)).tolist() if name != disease]
        shared = {name: len(self.world.findings[name] & set(found)) for name in others}
        ranked = sorted((name for name in others if shared[name] < len(found)), key=lambda name: shared[name] not in (2, 3))
        return ranked[: OPTIONS - 1]

    def _compared(self, option: str, found: Sequence[str]) -> str:
        has = self.world.findings[option]
        count = sum(finding in has for finding in found)
        return self.voice.say("steps", "option", disease=option, compared=verdicts(found, has), count=str(count))

    def _recall(self, disease: str, rng: np.random.Generator) -> Item:
        kind = rng.choice(["finding", "finding", "test", "treatment"])
        documents = [f"textbook/{disease}"]
        if kind == "finding":
            has = self.world.findings[disease]
            right = str(rng.choice(sorted(has)))
            wrong = rng.permutation([one for one in self.world.all_findings if one not in has])[: OPTIONS - 1].tolist()
            options, answer = _shuffled(right, wrong, rng)
            step = self.voice.say("steps", "findings", disease=disease, compared=verdicts(options, {right}))
            return self._item("finding", disease, options, answer, (step,), documents)
        right, pool = (
            (self.world.test[disease], self.world.all_tests)
            if kind == "test"
            else (self.world.treatment[disease], self.world.all_treatments)
        )
        wrong = rng.permutation([one for one in pool if one != right])[: OPTIONS - 1].tolist()
        options, answer = _shuffled(right, wrong, rng)
        step = self.voice.say("steps", kind, **{"disease": disease, kind: right})
        return self._item(kind, disease, options, answer, (step, self._chosen(options, right)), documents)

    def _chosen(self, options: Sequence[str], right: str) -> str:
        return self.voice.say("steps", "options", compared=verdicts(options, {right}))

    def _one(self, disease: str, rng: np.random.Generator) -> Item:
        first = self.world.treatment[disease]
        forbids = self.world.condition[first]
        harmless = [one for one in self.world.all_conditions if one != forbids]
        condition = forbids if rng.random() < 0.5 else str(rng.choice(harmless))
        right = self.world.given(disease, condition)
        other = self.world.alternative[first] if right == first else first
        pool = [one for one in self.world.all_treatments if one not in (right, other)]
        options, answer = _shuffled(right, [other, *rng.permutation(pool)[: OPTIONS - 2].tolist()], rng)
        steps = (
            self.voice.say("steps", "treatment", disease=disease, treatment=first),
            self.voice.say("steps", "avoided", treatment=first, condition=forbids),
            self.voice.say("steps", "given", treatment=right),
            self._chosen(options, right),
        )
        documents = [f"textbook/{disease}", f"guideline/{first}"]
        return self._item("condition", disease, options, answer, steps, documents, condition=condition)

    def _item(
        self,
        frame: str,
        disease: str,
        options: Sequence[str],
        answer: int,
        steps: tuple[str, ...],
        documents: Sequence[str],
        **values: str | Sequence[str],
    ) -> Item:
        if frame != "several":
            values = {"disease": disease, **values}
        return Item(
            question=self.voice.say(self.form, frame, **values),
            options=tuple(self.voice.name(option) for option in options),
            answer=answer,
            steps=steps,
            disease=disease,
            documents=tuple(documents),
        )


def verdicts(names: Sequence[str], fit: Container[str]) -> list[str]:
    """Each name with ``yes`` or ``no``, as steps compare: ``fit`` are those that get a ``yes``."""
    return [f"{name} {'yes' if name in fit else 'no'}" for name in names]


def _shuffled(right: str, wrong: Sequence[str], rng: np.random.Generator) -> tuple[list[str], int]:
    options = [right, *wrong]
    places = rng.permutation(len(options)).tolist()
    return [options[place] for place in places], places.index(0)


_ASKED: Mapping[Level, Callable[[Examiner, str, np.random.Generator], Item]] = {
    "recall": Examiner._recall,
    "one step": Examiner._one,
    "several steps": Examiner._several,
}
