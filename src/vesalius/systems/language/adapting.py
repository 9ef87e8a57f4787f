"""What systems that adapt a language model to new knowledge are trained and tested on.

The domain is the textbook of diseases that base models have never seen; the general texts, which replay takes, are what bases
know already. Three exams tell what became of a model: *knowledge* asks about the new diseases, whose facts stand in the domain's
texts and nowhere else; *transfer* asks about known diseases in words that no training has; *forgetting* asks about known diseases
in known words. What is asked was never trained on: training questions are about known diseases, and others than those of the
exams.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from vesalius.language.backend import Backend, Sampling
from vesalius.language.choices import NEXT_QUESTION, Protocol
from vesalius.learners.instructed import has_options, instruction_prompt
from vesalius.learners.language_model.examples import Example, choice_examples
from vesalius.learners.prompted import Prompted
from vesalius.names import Tier
from vesalius.records import Record, Text
from vesalius.sources.simulators.mini_clinic.dialects import voice
from vesalius.sources.simulators.mini_clinic.documents import chapter, general_corpus, guidelines
from vesalius.sources.simulators.mini_clinic.exams import Exam, Part
from vesalius.sources.simulators.mini_clinic.instructions import Instructions
from vesalius.sources.simulators.mini_clinic.world import Group, world
from vesalius.tasks import Task
from vesalius.tasks.texts import choices_task

Asked = Literal["knowledge", "transfer", "forgetting", "second dialect"]

PROTOCOL: Protocol = "chain of thought"

PARTS: Mapping[Asked, Part] = {
    "knowledge": "new diseases",
    "transfer": "new form",
    "forgetting": "known",
    "second dialect": "second dialect",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptation:
    """Questions and instructions of what a base knows to train on, and an exam of one part.

    Attributes:
        asked: what the exam tells.
        questions: to train on, of recall about known diseases.
        instructions: to train on, of all types.
        test: questions of the exam, of recall.
        seed: of everything that is drawn.
    """

    asked: Asked
    questions: int = 0
    instructions: int = 0
    test: int = 200
    seed: int = 0

    @property
    def name(self) -> str:
        """As a task is named after it."""
        return f"clinic {self.asked}"

    @property
    def tier(self) -> Tier:
        """Simulated."""
        return "simulator"

    @property
    def description(self) -> str:
        """What the records are."""
        return (
            f"Recall questions of the clinic in miniature ({PARTS[self.asked]}); to train on, questions and instructions about "
            "known diseases."
        )

    def records(self) -> Sequence[Record]:
        """Training questions and instructions, the same for every part, then the exam."""
        known = Exam(level="recall", train=self.questions, test=self.test, seed=self.seed).records()
        told = Instructions(train=self.instructions, test=0, seed=self.seed).records()
        taught = [*known[: self.questions], *told]
        if self.asked == "forgetting":
            return [*taught, *known[self.questions :]]
        return [*taught, *Exam(level="recall", part=PARTS[self.asked], test=self.test, seed=self.seed).records()]


def exams(source: Adaptation, asked: Sequence[Asked], note: str, questions: Mapping[Asked, str] | None = None) -> list[Task]:
    """A task a part, all of the same training.

    Args:
        source: with its numbers of records.
        asked: which parts.
        note: what a reader must know to judge them.
        questions: what each part helps to answer; its name by default.
    """
    tasks = []
    for part in asked:
        task = choices_task(replace(source, asked=part), note=note)
        tasks.append(replace(task, question=part if questions is None else questions[part], tags={"part": part}))
    return tasks


def answering(backend: Callable[[], Backend], *, max_tokens: int, seed: int = 0) -> Prompted:
    """Asks a model for its steps, then the letter: bases know by heart what they write out, and are near chance by letter alone.

    Args:
        backend: makes the model.
        max_tokens: of an answer with its steps.
        seed: as a learner has it; nothing is drawn.
    """
    sampling = Sampling(max_tokens=max_tokens, stop=(NEXT_QUESTION,))
    return Prompted(backend, protocol=PROTOCOL, sampling=sampling, seed=seed)


def lessons_of(records: Sequence[Record]) -> list[Example]:
    """Questions with their steps and letter, as ``answering`` asks for them, and instructions with their answers."""
    return [
        *choice_examples([record for record in records if has_options(record)], PROTOCOL),
        *(Example(instruction_prompt(record), record.get("answer", Text).value) for record in records if not has_options(record)),
    ]


def domain_texts(renderings: int, seed: int = 0) -> list[str]:
    """Chapters on the new diseases, each written so many times with its findings in another order.

    >>> len(domain_texts(2)), domain_texts(1)[0].split()[1]
    (40, 'has')
    """
    return _chapters("new", renderings, seed)


def general_texts(renderings: int, seed: int = 0) -> list[str]:
    """What a base knows already: chapters on the known diseases, as often, the guidelines, and texts without medicine."""
    others = [document.text for document in (*guidelines(), *general_corpus(seed=seed))]
    return [*_chapters("known", renderings, seed), *others]


def _chapters(group: Group, renderings: int, seed: int) -> list[str]:
    rng = np.random.default_rng([seed, 5])
    one, said = world(), voice("first")
    return [chapter(one, said, name, rng) for _ in range(renderings) for name in one.diseases(group)]
