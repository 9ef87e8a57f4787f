"""The worlds that lessons are about: the true one, and others in which the same names mean other things."""

from dataclasses import dataclass, replace

import numpy as np

from vesalius.language.questions import Question
from vesalius.sources.documents import Document
from vesalius.sources.simulators.mini_clinic.dialects import voice
from vesalius.sources.simulators.mini_clinic.documents import chapter, rule
from vesalius.sources.simulators.mini_clinic.items import Examiner, Item, Level
from vesalius.sources.simulators.mini_clinic.world import World, world


@dataclass(frozen=True, slots=True)
class Taught:
    """A world and those of its diseases that are taught."""

    world: World
    diseases: tuple[str, ...]

    def item(self, level: Level, rng: np.random.Generator) -> Item:
        """A question about one of the diseases."""
        return Examiner(self.world, voice("first"), "known", "known").item(level, str(rng.choice(self.diseases)), rng)

    def document(self, name: str, rng: np.random.Generator) -> Document:
        """A page of this world by its id; findings come in any order."""
        kind, _, subject = name.partition("/")
        said = voice("first")
        text = chapter(self.world, said, subject, rng) if kind == "textbook" else rule(self.world, said, subject)
        return Document(name, subject, text)

    def page(self, rng: np.random.Generator) -> Document:
        """Any page of the textbook."""
        return self.document(f"textbook/{rng.choice(self.diseases)}", rng)


def question_of_item(item: Item) -> Question:
    """A question as a model is shown it."""
    return Question(
        id="",
        text=item.question,
        options=item.options,
        order=tuple(range(len(item.options))),
        answer=item.answer,
        explanation=" ".join(item.steps),
    )


def known() -> Taught:
    """The true world, as far as base models are to know it."""
    return Taught(world(), world().known)


def shuffled(rng: np.random.Generator) -> Taught:
    """A world in which facts are given to other diseases and treatments: what is true in it stands in its pages alone.

    Only what is given where a treatment is avoided stays as it is in the true world.
    """
    true = world()
    names = (*true.known, *true.new)
    given = dict(zip(names, rng.permutation(names).tolist(), strict=True))
    treatments = true.all_treatments
    other = dict(zip(treatments, rng.permutation(treatments).tolist(), strict=True))
    return Taught(
        replace(
            true,
            findings={name: true.findings[given[name]] for name in names},
            test={name: true.test[given[name]] for name in names},
            treatment={name: true.treatment[given[name]] for name in names},
            condition={name: true.condition[other[name]] for name in treatments},
            known=names,
        ),
        names,
    )
