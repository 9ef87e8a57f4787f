"""Reading only some of the documents that stand before a question."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vesalius.language.backend import Backend
from vesalius.language.choices import Answered, Shots
from vesalius.language.evidence.context import with_evidence
from vesalius.language.evidence.selecting import Chosen, Selector
from vesalius.language.medrgb.records import INSUFFICIENT, context_parted
from vesalius.language.questions import Question
from vesalius.language.retrieval import Document
from vesalius.language.steering import Strategy

_ROOM = 10**6


def evidence_parted(question: Question) -> tuple[list[Document], Question]:
    r"""The documents before a question, a line each, and the question without them.

    A question that has blank lines itself must stand behind documents: its first paragraph would be taken for them.

    >>> asked = Question(id="1", text="one\ntwo\n\nWhich?", options=("a", "b"), order=(0, 1))
    >>> documents, bare = evidence_parted(asked)
    >>> [document.text for document in documents], bare.text
    (['one', 'two'], 'Which?')
    """
    lines, asked = context_parted(question.text)
    return [Document(str(place), "", line) for place, line in enumerate(lines)], replace(question, text=asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """Documents that stand before a question are chosen from before it is answered.

    Where none is left and an option says that the information is insufficient, that is the answer.

    Attributes:
        select: what chooses; one that keeps none makes the model answer from memory.
        then: how the question is answered behind those that are left.
        abstain: whether that option is taken where none is left.
    """

    select: Selector
    then: Strategy
    abstain: bool = True

    @property
    def prompts(self) -> tuple[str, ...]:
        """Labels of the prompts of choosing and answering."""
        return (*self.select.prompts, *self.then.prompts)

    def __call__(self, backend: Backend, questions: Sequence[Question], shots: Sequence[Shots], seed: int) -> list[Answered]:
        """Choose, then ask; what choosing cost is told with the answer."""
        parts = [evidence_parted(question) for question in questions]
        chosen = self.select(backend, [bare for _, bare in parts], [documents for documents, _ in parts])
        read = [with_evidence(bare, one.documents, _ROOM) for (_, bare), one in zip(parts, chosen, strict=True)]
        open_ones = [place for place, one in enumerate(chosen) if not self._abstains(read[place], one)]
        said = iter(self.then(backend, [read[place] for place in open_ones], [shots[place] for place in open_ones], seed))
        answers = [next(said) if place in open_ones else _insufficient(read[place]) for place in range(len(read))]
        return [
            replace(answer, tokens=answer.tokens + one.tokens, calls=answer.calls + one.calls)
            for answer, one in zip(answers, chosen, strict=True)
        ]

    def _abstains(self, question: Question, chosen: Chosen) -> bool:
        return self.abstain and not chosen.documents and INSUFFICIENT in question.options


def _insufficient(question: Question) -> Answered:
    letter = question.original(question.options.index(INSUFFICIENT))
    return Answered(letter=letter, outcome="answered", raw=INSUFFICIENT, tokens=0, calls=0)
