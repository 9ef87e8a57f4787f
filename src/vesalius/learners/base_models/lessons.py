"""What base models of the clinic in miniature are taught: texts, and in which of them something is to be said.

Knowledge comes from the textbook of the known diseases and the guidelines. How a question is read, answered, checked and searched
for is taught with the very prompts that are used later. Reading is taught on worlds whose facts are shuffled, in which nothing
but the passages in front of a question can tell the answer; the diseases that are new to a model occur there and nowhere else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from vesalius.language.choices import Protocol, prompt_of, right_answer
from vesalius.language.evidence.queries import evidence_templates
from vesalius.language.questions import Question
from vesalius.language.steering.strategy import steering_templates
from vesalius.learners.language_model.examples import Example
from vesalius.sources.documents import Document
from vesalius.sources.simulators.mini_clinic.dialects import voice
from vesalius.sources.simulators.mini_clinic.documents import chapter, rule
from vesalius.sources.simulators.mini_clinic.items import Examiner, Item, Level
from vesalius.sources.simulators.mini_clinic.world import World, world

_LEVELS: tuple[Level, ...] = ("recall", "one step", "several steps")
_MOST_EXAMPLES = 2
_DRILLED = 12


@dataclass(frozen=True, slots=True)
class Teacher:
    """Makes lessons about a world."""

    world: World
    diseases: tuple[str, ...]

    def item(self, level: Level, rng: np.random.Generator) -> Item:
        """A question about one of the diseases."""
        return Examiner(self.world, voice("first"), "known", "known").item(level, str(rng.choice(self.diseases)), rng)

    def chapters(self, rng: np.random.Generator) -> Example:
        """A page of the textbook, whose findings come in any order, or of the guidelines."""
        if rng.random() < 0.2:
            return Example("", rule(self.world, voice("first"), str(rng.choice(self.world.all_treatments))))
        return Example("", chapter(self.world, voice("first"), str(rng.choice(self.diseases)), rng))

    def drill(self, rng: np.random.Generator) -> Example:
        """Which of a dozen findings a disease has, half of them its own, in the words of a step."""
        disease = str(rng.choice(self.diseases))
        has = self.world.findings[disease]
        own = rng.permutation(sorted(has))[: _DRILLED // 2].tolist()
        others = rng.permutation([one for one in self.world.all_findings if one not in has])[: _DRILLED - len(own)].tolist()
        compared = [f"{one} {'yes' if one in has else 'no'}" for one in rng.permutation([*own, *others]).tolist()]
        return Example("", voice("first").say("steps", "findings", disease=disease, compared=compared))

    def examples(self, rng: np.random.Generator) -> Example:
        """A question of any kind behind one or two solved ones."""
        protocol: Protocol = ("letter", "generation", "chain of thought")[rng.integers(3)]
        return self.question(_LEVELS[rng.integers(3)], protocol, rng, shots=int(rng.integers(1, _MOST_EXAMPLES + 1)))

    def question(self, level: Level, protocol: Protocol, rng: np.random.Generator, *, shots: int = 0) -> Example:
        """A question and its answer, behind so many solved ones."""
        asked, *before = (question_of_item(self.item(level, rng)) for _ in range(shots + 1))
        return Example(prompt_of(asked, protocol, before, chat=False), right_answer(asked, protocol))

    def reading(self, level: Level, protocol: Protocol, rng: np.random.Generator) -> Example:
        """A question behind the passages that answer it, among others that don't."""
        item = self.item(level, rng)
        needed = [self.document(name, rng) for name in item.documents]
        others = [self.document(f"textbook/{name}", rng) for name in rng.choice(self.diseases, int(rng.integers(0, 3)))]
        shown = [*needed, *others][: 4 if level == "several steps" else 5]
        passages = "\n".join(shown[place].text for place in rng.permutation(len(shown)))
        asked = replace(question_of_item(item), text=f"{passages}\n\n{item.question}")
        return Example(prompt_of(asked, protocol, (), chat=False), right_answer(asked, protocol))

    def check(self, rng: np.random.Generator) -> Example:
        """Reasons for an option, or whether they hold."""
        item = self.item(_LEVELS[rng.integers(3)], rng)
        place = item.answer if rng.random() < 0.5 else int(rng.integers(len(item.options)))
        steps = " ".join(item.steps)
        fields = {
            "question": item.question,
            "options": question_of_item(item).lettered,
            "letter": "ABCD"[place],
            "option": item.options[place],
        }
        if rng.random() < 0.5:
            return Example(steering_templates()["assume"].fill(**fields), f"{steps} The answer is {fields['letter']}.")
        prompt = steering_templates()["verify"].fill(**fields, reasons=steps)
        return Example(prompt, "yes" if place == item.answer else "no")

    def search(self, rng: np.random.Generator) -> Example:
        """What to search for, and whether a passage is about a question."""
        item = self.item(_LEVELS[rng.integers(3)], rng)
        question, kind = question_of_item(item), str(rng.choice(["rewrite", "expand", "search", "relevant", "useful"]))
        template = evidence_templates()[kind]
        if kind in ("relevant", "useful"):
            fits = bool(rng.random() < 0.5)
            name = str(rng.choice(item.documents)) if fits else f"textbook/{rng.choice(self.diseases)}"
            fields = {"passage": self.document(name, rng).text, "question": item.question}
            fields |= {"options": question.lettered} if kind == "useful" else {}
            return Example(template.fill(**fields), "yes" if name in item.documents else "no")
        said = {
            "rewrite": item.question,
            "search": " ".join([item.disease, *(item.options if len(item.documents) > 2 else ())]),
            "expand": self.document(item.documents[0], rng).text,
        }[kind]
        return Example(template.fill(question=item.question, options=question.lettered), said)

    def document(self, name: str, rng: np.random.Generator) -> Document:
        """A page of this world by its id."""
        kind, _, subject = name.partition("/")
        said = voice("first")
        text = chapter(self.world, said, subject, rng) if kind == "textbook" else rule(self.world, said, subject)
        return Document(name, subject, text)


def is_drill(example: Example) -> bool:
    """Whether an example is a drill: a step without a question."""
    return not example.prompt and ":" in example.answer


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


def shuffled(rng: np.random.Generator) -> Teacher:
    """A world in which the same names mean other things: every fact is given to another disease or treatment."""
    true = world()
    names = (*true.known, *true.new)
    given = dict(zip(names, rng.permutation(names).tolist(), strict=True))
    treatments = true.all_treatments
    other = dict(zip(treatments, rng.permutation(treatments).tolist(), strict=True))
    return Teacher(
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


def taught() -> Teacher:
    """The true world, as far as base models are to know it."""
    return Teacher(world(), world().known)


def _read(level: Level, protocol: Protocol, rng: np.random.Generator) -> Example:
    return shuffled(rng).reading(level, protocol, rng)


Lesson = Callable[[np.random.Generator], Example]


def lessons() -> Mapping[str, tuple[float, Lesson]]:
    """Every kind of lesson with its share of all."""
    true = taught()
    kinds: dict[str, tuple[float, Lesson]] = {
        "textbook": (0.12, true.chapters),
        "drill": (0.10, true.drill),
        "check": (0.04, true.check),
        "search": (0.04, true.search),
        "reading, examples": (0.03, true.examples),
    }
    answered: Sequence[tuple[Level, Protocol, float]] = (
        ("several steps", "chain of thought", 0.24),
        ("several steps", "letter", 0.04),
        ("several steps", "generation", 0.02),
        ("recall", "chain of thought", 0.04),
        ("recall", "letter", 0.06),
        ("recall", "generation", 0.02),
        ("one step", "chain of thought", 0.04),
        ("one step", "letter", 0.05),
        ("one step", "generation", 0.01),
    )
    for level, protocol, share in answered:
        kinds[f"{level}, {protocol}"] = (share, partial(true.question, level, protocol))
    read: Sequence[tuple[Level, Protocol, float]] = (
        ("recall", "letter", 0.04),
        ("recall", "chain of thought", 0.04),
        ("one step", "chain of thought", 0.03),
        ("one step", "letter", 0.02),
        ("several steps", "chain of thought", 0.02),
    )
    for level, protocol, share in read:
        kinds[f"reading, {level}, {protocol}"] = (
            share,
            partial(_read, level, protocol),
        )
    return kinds
