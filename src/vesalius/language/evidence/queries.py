"""What a corpus is asked on behalf of a question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, Protocol

from vesalius.language.backend import Backend, Prompt, Sampling
from vesalius.language.choices import NEXT_QUESTION, prompt_of
from vesalius.language.prompts import Template, conversation, packaged_templates, templates
from vesalius.language.questions import Question

Way = Literal["rewrite", "expand", "search", "chain of thought"]
"""What the model is asked to write.

- ``rewrite``: the question in the terms of a textbook;
- ``expand``: a passage that would answer it (Gao et al. 2023, HyDE; Wang et al. 2023, query2doc);
- ``search``: a query for a search engine;
- ``chain of thought``: its own written steps to an answer, by the prompt of that protocol, which serve as the passage: for
  models that know no other instruction.
"""


@dataclass(frozen=True, slots=True)
class Queries:
    """The queries of one question, and what making them cost."""

    texts: tuple[str, ...]
    tokens: int = 0
    calls: int = 0


class QueryMaker(Protocol):
    """Makes queries from questions."""

    @property
    def prompts(self) -> tuple[str, ...]:
        """Labels of the prompts that are used."""
        ...

    def __call__(self, backend: Backend, questions: Sequence[Question], seed: int) -> list[Queries]:
        """One a question, in their order."""
        ...


@cache
def evidence_templates() -> Mapping[str, Template]:
    """The prompts of retrieval, by name.

    >>> sorted(evidence_templates())
    ['expand', 'relevant', 'rewrite', 'search', 'useful']
    """
    return packaged_templates("vesalius.language.evidence", "templates.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class AsAsked:
    """The question itself, with its options or without.

    >>> question = Question(id="1", text="Which thins blood?", options=("aloe", "heparin"), order=(0, 1))
    >>> AsAsked(options=True).query(question)
    'Which thins blood? aloe heparin'
    """

    options: bool = False

    @property
    def prompts(self) -> tuple[str, ...]:
        """None."""
        return ()

    def __call__(self, backend: Backend, questions: Sequence[Question], seed: int) -> list[Queries]:
        """The model is not asked."""
        return [Queries((self.query(question),)) for question in questions]

    def query(self, question: Question) -> str:
        """The text of one."""
        return " ".join([question.text, *(question.options if self.options else ())])


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """Queries that the model writes.

    Attributes:
        way: what it is asked to write.
        samples: how many; several need a temperature.
        temperature: of sampling.
        max_tokens: of each.
        joined: put the question in front of what was written, so that its own words are searched too.
        chat: ask as a conversation.
    """

    way: Way
    samples: int = 1
    temperature: float = 0.0
    max_tokens: int = 64
    joined: bool = False
    chat: bool = False

    @property
    def prompts(self) -> tuple[str, ...]:
        """The one that asks for queries."""
        own = templates() if self.way == "chain of thought" else evidence_templates()
        return (own[self.way].label,)

    def __call__(self, backend: Backend, questions: Sequence[Question], seed: int) -> list[Queries]:
        """One generation a question; equal samples count once, and a question of which nothing came is asked itself."""
        sampling = Sampling(
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            samples=self.samples,
            stop=(NEXT_QUESTION,) if self.way == "chain of thought" else ("\n",),
            seed=seed,
        )
        replies = backend.generate([self._prompt(question) for question in questions], sampling)
        made = []
        for question, reply in zip(questions, replies, strict=True):
            told = [" ".join(one.text.split()) for one in reply.completions if one.finish != "failed"]
            texts = dict.fromkeys(f"{question.text} {text}" if self.joined else text for text in told if text)
            made.append(Queries(tuple(texts) or (question.text,), reply.usage.tokens, reply.usage.calls))
        return made

    def _prompt(self, question: Question) -> Prompt:
        if self.way == "chain of thought":
            return prompt_of(question, "chain of thought", (), chat=self.chat)
        text = evidence_templates()[self.way].fill(question=question.text, options=question.lettered)
        return conversation([], text) if self.chat else text


@dataclass(frozen=True, slots=True)
class Several:
    """The queries of several makers, one after the other."""

    makers: tuple[QueryMaker, ...]

    @property
    def prompts(self) -> tuple[str, ...]:
        """Those of all."""
        return tuple(label for maker in self.makers for label in maker.prompts)

    def __call__(self, backend: Backend, questions: Sequence[Question], seed: int) -> list[Queries]:
        """All of them; equal ones count once."""
        made = [maker(backend, questions, seed) for maker in self.makers]
        return [_together([own[place] for own in made]) for place in range(len(questions))]


def _together(made: Sequence[Queries]) -> Queries:
    texts = dict.fromkeys(text for one in made for text in one.texts)
    first = Queries(tuple(texts))
    return replace(first, tokens=sum(one.tokens for one in made), calls=sum(one.calls for one in made))
