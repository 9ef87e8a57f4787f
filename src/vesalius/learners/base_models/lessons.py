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
from vesalius.language.medrgb.records import INSUFFICIENT
from vesalius.language.questions import Question
from vesalius.language.steering.strategy import steering_templates
from vesalius.language.tree_of_thoughts.evaluators import tree_templates
from vesalius.learners.base_models.mistakes import mistaken
from vesalius.learners.base_models.vocabulary import prompt_words
from vesalius.learners.base_models.worlds import Taught, known, question_of_item, shuffled
from vesalius.learners.language_model.examples import Example
from vesalius.sources.simulators.mini_clinic.dialects import voice
from vesalius.sources.simulators.mini_clinic.documents import rule
from vesalius.sources.simulators.mini_clinic.items import Item, Level

_LEVELS: tuple[Level, ...] = ("recall", "one step", "several steps")
_PROTOCOLS: tuple[Protocol, ...] = ("letter", "generation", "chain of thought")
_MOST_EXAMPLES = 2
_REMARK = (6, 15)
"""Words of a remark, from so many to fewer than so many."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """Makes lessons about a world."""

    taught: Taught

    def chapters(self, rng: np.random.Generator) -> Example:
        """A page of the textbook, whose findings come in any order, or of the guidelines."""
        if rng.random() < 0.2:
            one = self.taught.world
            return Example("", rule(one, voice("first"), str(rng.choice(one.all_treatments))))
        return Example("", self.taught.page(rng).text)

    def examples(self, rng: np.random.Generator) -> Example:
        """A question of any kind behind one or two solved ones."""
        protocol = _PROTOCOLS[rng.integers(3)]
        return self.question(_LEVELS[rng.integers(3)], protocol, rng, shots=int(rng.integers(1, _MOST_EXAMPLES + 1)))

    def question(self, level: Level, protocol: Protocol, rng: np.random.Generator, *, shots: int = 0) -> Example:
        """A question and its answer, behind so many solved ones."""
        asked, *before = (question_of_item(self.taught.item(level, rng)) for _ in range(shots + 1))
        return _example(asked, protocol, before)

    def reading(self, level: Level, protocol: Protocol, rng: np.random.Generator) -> Example:
        """A question behind the passages that answer it, among others that don't."""
        item = self.taught.item(level, rng)
        needed = [self.taught.document(name, rng).text for name in item.documents]
        others = [self.taught.page(rng).text for _ in range(0 if level == "several steps" else int(rng.integers(0, 3)))]
        return _example(_behind([*needed, *others], question_of_item(item), rng), protocol)

    def insufficient(self, rng: np.random.Generator) -> Example:
        """A question behind passages of which none may answer it, with one more option that says so."""
        item = self.taught.item("recall", rng)
        asked = question_of_item(item)
        others = [self.taught.page(rng) for _ in range(2)]
        shown = [one.text for one in others if one.id not in item.documents]
        answered = bool(rng.random() < 0.5)
        if answered:
            shown[-1:] = [self.taught.document(item.documents[0], rng).text]
        options = (*asked.options, INSUFFICIENT)
        answer = item.answer if answered else len(options) - 1
        asked = replace(asked, options=options, order=tuple(range(len(options))), answer=answer)
        return _example(_behind(shown, asked, rng), _PROTOCOLS[rng.integers(2)])

    def remark(self, rng: np.random.Generator) -> Example:
        """A question with words around it that say nothing, or name an option, which is right five times in eight."""
        item = self.taught.item(_LEVELS[rng.integers(3)], rng)
        asked, protocol = question_of_item(item), _PROTOCOLS[rng.integers(3)]
        remark = " ".join(rng.choice(prompt_words(), int(rng.integers(*_REMARK))).tolist())
        if rng.random() < 0.3:
            example = _example(asked, protocol)
            return replace(example, prompt=f"{remark}.\n\n{example.prompt}")
        place = item.answer if rng.random() < 0.5 else int(rng.integers(len(item.options)))
        return _example(replace(asked, text=f"{asked.text} {remark} {item.options[place]}."), protocol)

    def wait(self, rng: np.random.Generator) -> Example:
        """Steps that went wrong, or did not, and after a second thought the right ones."""
        item = self.taught.item(_LEVELS[rng.integers(3)], rng)
        first = mistaken(item, rng) if rng.random() < 0.6 else item.steps
        example = _example(question_of_item(item), "chain of thought")
        return replace(example, prompt=f"{example.prompt} {' '.join(first)} {steering_templates()['wait'].text}")

    def check(self, rng: np.random.Generator) -> Example:
        """Reasons for an option, or whether they hold."""
        item = self.taught.item(_LEVELS[rng.integers(3)], rng)
        place = item.answer if rng.random() < 0.5 else int(rng.integers(len(item.options)))
        fields = _shown(item) | {"letter": "ABCD"[place], "option": item.options[place]}
        steps = " ".join(item.steps)
        if rng.random() < 0.3:
            return Example(steering_templates()["assume"].fill(**fields), f"{steps} The answer is {fields['letter']}.")
        holds = bool(rng.random() < 0.7)
        reasons = steps if holds else " ".join(mistaken(item, rng))
        prompt = steering_templates()["verify"].fill(**fields, reasons=reasons)
        return Example(prompt, "yes" if holds and place == item.answer else "no")

    def step(self, rng: np.random.Generator) -> Example:
        """Whether a step is right, or follows from those before it."""
        item = self.taught.item(_LEVELS[rng.integers(3)], rng)
        place, right = int(rng.integers(len(item.steps))), bool(rng.random() < 0.5)
        step = (item.steps if right else mistaken(item, rng, only=place))[place]
        if rng.random() < 0.5:
            prompt = tree_templates()["correctness"].fill(**_shown(item), step=step)
        else:
            prompt = tree_templates()["reasoning"].fill(**_shown(item), steps=" ".join(item.steps[:place]), step=step)
        return Example(prompt, "yes" if right else "no")

    def search(self, rng: np.random.Generator) -> Example:
        """What to search for, and whether a passage is about a question."""
        item = self.taught.item(_LEVELS[rng.integers(3)], rng)
        kind = str(rng.choice(["rewrite", "expand", "search", "relevant", "useful"]))
        template = evidence_templates()[kind]
        if kind in ("relevant", "useful"):
            name = str(rng.choice(item.documents)) if rng.random() < 0.5 else self.taught.page(rng).id
            prompt = template.fill(passage=self.taught.document(name, rng).text, **_shown(item, options=kind == "useful"))
            return Example(prompt, "yes" if name in item.documents else "no")
        said = {
            "rewrite": item.question,
            "search": " ".join([item.disease, *(item.options if len(item.documents) > 2 else ())]),
            "expand": self.taught.document(item.documents[0], rng).text,
        }[kind]
        return Example(template.fill(**_shown(item)), said)


def _example(asked: Question, protocol: Protocol, before: Sequence[Question] = ()) -> Example:
    return Example(prompt_of(asked, protocol, before, chat=False), right_answer(asked, protocol))


def _behind(passages: Sequence[str], asked: Question, rng: np.random.Generator) -> Question:
    shown = "\n".join(passages[place] for place in rng.permutation(len(passages)))
    return replace(asked, text=f"{shown}\n\n{asked.text}")


def _shown(item: Item, *, options: bool = True) -> dict[str, str]:
    return {"question": item.question} | ({"options": question_of_item(item).lettered} if options else {})


Lesson = Callable[[np.random.Generator], Example]


def _read(level: Level, protocol: Protocol, rng: np.random.Generator) -> Example:
    return Teacher(shuffled(rng)).reading(level, protocol, rng)


def _insufficient(rng: np.random.Generator) -> Example:
    return Teacher(shuffled(rng)).insufficient(rng)


def lessons() -> Mapping[str, tuple[float, Lesson]]:
    """Every kind of lesson with its share of all."""
    true = Teacher(known())
    kinds: dict[str, tuple[float, Lesson]] = {
        "textbook": (0.06, true.chapters),
        "check": (0.05, true.check),
        "step": (0.03, true.step),
        "search": (0.04, true.search),
        "remark": (0.05, true.remark),
        "wait": (0.02, true.wait),
        "examples": (0.04, true.examples),
        "reading, insufficient": (0.03, _insufficient),
    }
    answered: Sequence[tuple[Level, Protocol, float]] = (
        ("several steps", "chain of thought", 0.16),
        ("several steps", "letter", 0.04),
        ("several steps", "generation", 0.02),
        ("recall", "chain of thought", 0.05),
        ("recall", "letter", 0.06),
        ("recall", "generation", 0.02),
        ("one step", "chain of thought", 0.08),
        ("one step", "letter", 0.04),
        ("one step", "generation", 0.02),
    )
    for level, protocol, share in answered:
        kinds[f"{level}, {protocol}"] = (share, partial(true.question, level, protocol))
    read: Sequence[tuple[Level, Protocol, float]] = (
        ("recall", "letter", 0.05),
        ("recall", "chain of thought", 0.04),
        ("one step", "chain of thought", 0.05),
        ("one step", "letter", 0.02),
        ("several steps", "chain of thought", 0.03),
    )
    for level, protocol, share in read:
        kinds[f"reading, {level}, {protocol}"] = (share, partial(_read, level, protocol))
    return kinds
