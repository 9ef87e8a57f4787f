"""Drills: what all lessons rest on, practised alone, with many verdicts in each text.

A network this small learns late to look things up, if questions are all that it sees: a question has one letter, and nothing on
the way there tells it what it lacks. A drill has a dozen places at which something must be found, and only those are learnt.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vesalius.language.choices import prompt_of
from vesalius.language.questions import Question
from vesalius.learners.base_models.worlds import shuffled
from vesalius.learners.language_model.examples import Example
from vesalius.sources.simulators.mini_clinic.dialects import voice
from vesalius.sources.simulators.mini_clinic.documents import chapter, rule
from vesalius.sources.simulators.mini_clinic.items import LETTERS, verdicts
from vesalius.sources.simulators.mini_clinic.world import World, world

_DRILLED = 12
_NAMED = 4
_VERDICTS = frozenset({"yes", "no"})


@dataclass(frozen=True, slots=True)
class Drill(Example):
    """A text in which some words are learnt, wherever they stand, save at the beginning of a sentence."""

    learnt: frozenset[str]


def facts(rng: np.random.Generator, size: int = 1) -> Drill:
    """Which of a dozen findings a known disease has, half of them its own."""
    return Drill("", _membership(world(), str(rng.choice(world().known)), rng), _VERDICTS)


def pages(rng: np.random.Generator, size: int = 3) -> Drill:
    """The same of so many diseases on whose pages it stands, in a world where nothing else tells it; of one, a part."""
    teacher = shuffled(rng)
    shown = [str(name) for name in rng.choice(teacher.diseases, size, replace=False)]
    world_read = teacher.world
    if size == 1:
        few = rng.permutation(sorted(world_read.findings[shown[0]]))[: int(rng.integers(1, _DRILLED))].tolist()
        world_read = replace(world_read, findings={**world_read.findings, shown[0]: frozenset(few)})
    texts = [chapter(world_read, voice("first"), name, rng) for name in shown]
    asked = [_membership(world_read, str(name), rng) for name in rng.permutation(shown)]
    return Drill("\n".join(texts) + "\n\n", " ".join(asked), _VERDICTS)


def sentences(rng: np.random.Generator, size: int = 4) -> Drill:
    """What stands in a few sentences for each of ``size``, said once more in another order."""
    one = shuffled(rng).world
    named = rng.choice([*one.test, *one.condition], 2 * size, replace=False).tolist()
    said = [sentence for name in named for sentence in _sentences(one, name)]
    learnt = frozenset({*one.all_tests, *one.all_treatments, *one.all_conditions})
    first, second = (" ".join(rng.permutation(said).tolist()) for _ in range(2))
    return Drill(f"{first}\n\n", second, learnt)


def letters(rng: np.random.Generator, size: int = 1) -> Drill:
    """Which option of a question a step has named, and its letter; drawn anew each time, so that those before don't tell it."""
    one, said = world(), voice("first")
    pools = (one.all_findings, one.all_tests, one.all_treatments, one.known)
    options = [str(name) for name in rng.choice(pools[int(rng.integers(len(pools)))], len(LETTERS), replace=False)]
    disease = str(rng.choice(one.known))
    ways: Sequence[Callable[[str], str]] = (
        lambda option: said.say("steps", "given", treatment=option),
        lambda option: said.say("steps", "test", disease=disease, test=option),
        lambda option: said.say("steps", "treatment", disease=disease, treatment=option),
    )
    closed = []
    for place in rng.integers(len(options), size=_NAMED).tolist():
        step = ways[int(rng.integers(len(ways)))](options[place])
        chosen = said.say("steps", "options", compared=verdicts(options, {options[place]}))
        closed.append(f"{step} {chosen} The answer is {LETTERS[place]}.")
    question = Question(id="", text=f"Which is it for {disease}?", options=tuple(options), order=tuple(range(len(options))))
    learnt = _VERDICTS | frozenset(LETTERS)
    return Drill(prompt_of(question, "chain of thought", (), chat=False), " ".join(closed), learnt)


def _membership(one: World, disease: str, rng: np.random.Generator) -> str:
    has = one.findings[disease]
    own = rng.permutation(sorted(has))[: _DRILLED // 2].tolist()
    others = rng.permutation([name for name in one.all_findings if name not in has])[: _DRILLED - len(own)].tolist()
    compared = verdicts(rng.permutation([*own, *others]).tolist(), has)
    return voice("first").say("steps", "findings", disease=disease, compared=compared)


def _sentences(one: World, name: str) -> list[str]:
    said = voice("first")
    if name in one.condition:
        return [rule(one, said, name)]
    return [
        said.say("steps", "test", disease=name, test=one.test[name]),
        said.say("steps", "treatment", disease=name, treatment=one.treatment[name]),
    ]


@dataclass(frozen=True, slots=True)
class Practice:
    """A drill in training.

    Attributes:
        share: of the batches.
        counts: drills in a batch by their size, from 1; the sizes come equally often. Short ones are learnt first, and the long
            ones, which nothing is learnt from alone, after them.
        drill: makes one of a size.
    """

    share: float
    counts: tuple[int, ...]
    drill: Callable[[np.random.Generator, int], Drill]


DRILLS: Mapping[str, Practice] = {
    "facts": Practice(0.30, (32,), facts),
    "pages": Practice(0.30, (20, 9, 6), pages),
    "sentences": Practice(0.25, (28, 14, 10, 7), sentences),
    "letters": Practice(0.15, (8,), letters),
}
