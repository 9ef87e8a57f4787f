"""A model that judges what was found for it before it reads it: re-ranking, then two filters (Wang et al. 2023, LLM-AMT)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from vesalius.language.backend import Backend, Scored
from vesalius.language.evidence.context import told, with_evidence
from vesalius.language.evidence.queries import evidence_templates
from vesalius.language.evidence.selecting import Chosen
from vesalius.language.evidence.uncertainty import Belief, beliefs
from vesalius.language.prompts import conversation, templates
from vesalius.language.questions import Question
from vesalius.language.retrieval import Document

Judge = Literal["asked", "likelihood"]
"""How the model judges a passage.

- ``asked``: it is asked, and ``yes`` must be likelier than ``no``, as the paper does with models that follow instructions;
- ``likelihood``: for models that do not. A passage is relevant if the question is likelier behind it than behind nothing, and
  useful if some option gains probability and becomes likelier than any was without it.
"""

_Pairs = Sequence[tuple[Question, Document]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refined:
    """The knowledge self-refiner: what is read is likely, relevant and useful by the model's own judgement.

    Documents are put in the order of log P(question | document) under the model (Sachan et al. 2022, UPR); then those that the
    model finds irrelevant are dropped, then those that it finds useless. Where none is left, none is read.

    Attributes:
        keep: at most so many are read.
        words: of a document that are shown to the model.
        judge: how relevance and usefulness are had.
        rerank, relevance, usefulness: whether each part is on.
        chat: ask as a conversation; likelihoods of a question are then still of plain text.
    """

    keep: int
    words: int
    judge: Judge = "asked"
    rerank: bool = True
    relevance: bool = True
    usefulness: bool = True
    chat: bool = False

    @property
    def prompts(self) -> tuple[str, ...]:
        """Those of the filters that are on."""
        if self.judge == "likelihood":
            return (templates()["letter"].label,) if self.usefulness else ()
        named = {"relevant": self.relevance, "useful": self.usefulness}
        return tuple(evidence_templates()[name].label for name, on in named.items() if on)

    def __call__(self, backend: Backend, questions: Sequence[Question], found: Sequence[Sequence[Document]]) -> list[Chosen]:
        """Each part that is on asks once for every document that the part before it left."""
        kept = [Chosen(tuple(own)) for own in found]
        if self.rerank or (self.relevance and self.judge == "likelihood"):
            kept = self._by_likelihood(backend, questions, kept)
        if self.relevance and self.judge == "asked":
            kept = self._agreed(backend, questions, kept, "relevant")
        if self.usefulness:
            asked = self._agreed if self.judge == "asked" else self._surer
            kept = asked(backend, questions, kept, "useful")
        return [Chosen(one.documents[: self.keep], one.tokens, one.calls) for one in kept]

    def _by_likelihood(self, backend: Backend, questions: Sequence[Question], kept: Sequence[Chosen]) -> list[Chosen]:
        gains = question_gain(backend, questions, [one.documents for one in kept], self.words)
        done = []
        for one, (own, tokens, calls) in zip(kept, gains, strict=True):
            places = list(range(len(own)))
            if self.rerank:
                places.sort(key=lambda place: -own[place])
            if self.relevance and self.judge == "likelihood":
                places = [place for place in places if own[place] > 0]
            done.append(Chosen(tuple(one.documents[place] for place in places), one.tokens + tokens, one.calls + calls))
        return done

    def _agreed(self, backend: Backend, questions: Sequence[Question], kept: Sequence[Chosen], name: str) -> list[Chosen]:
        template = evidence_templates()[name]
        pairs = _paired(questions, kept)
        texts = [
            template.fill(
                **{"passage": _cut(document, self.words), "question": question.text}
                | ({"options": question.lettered} if "options" in template.fields else {})
            )
            for question, document in pairs
        ]
        begin = "" if self.chat else " "
        prompts = [conversation([], text) if self.chat else text for text in texts]
        scored = iter(backend.score(prompts, [[f"{begin}yes", f"{begin}no"]] * len(prompts)))
        return [_those(one, [next(scored) for _ in one.documents]) for one in kept]

    def _surer(self, backend: Backend, questions: Sequence[Question], kept: Sequence[Chosen], name: str) -> list[Chosen]:
        needed = [(question, one) for question, one in zip(questions, kept, strict=True) if one.documents]
        plain = iter(beliefs(backend, [question for question, _ in needed], chat=self.chat))
        pairs = _paired(questions, kept)
        read = iter(beliefs(backend, [with_evidence(q, (d,), self.words) for q, d in pairs], chat=self.chat))
        return [_confident(one, next(plain), [next(read) for _ in one.documents]) if one.documents else one for one in kept]


def question_gain(
    backend: Backend, questions: Sequence[Question], found: Sequence[Sequence[Document]], words: int
) -> Iterator[tuple[list[float], int, int]]:
    """How much likelier each question is behind each of its documents, log P(question | document) − log P(question).

    Args:
        backend: whose likelihoods are taken.
        questions: the text of each is scored, without its options.
        found: documents of each.
        words: of a document that are shown.

    Returns:
        For each question the gains in nats, and the tokens and calls spent. Nothing is asked for a question without documents.
    """
    asked = [(question, own) for question, own in zip(questions, found, strict=True) if own]
    flat = [pair for question, own in asked for pair in _framed(question, own, words)]
    scored = iter(backend.score([prompt for prompt, _ in flat], [[text] for _, text in flat]))
    for own in found:
        if not own:
            yield [], 0, 0
            continue
        said = [next(scored) for _ in range(len(own) + 1)]
        values = [one.likelihoods[0].log_probability for one in said]
        gains = [-math.inf if math.isnan(value - values[0]) else value - values[0] for value in values[1:]]
        yield gains, sum(one.usage.tokens for one in said), sum(one.usage.calls for one in said)


def _framed(question: Question, documents: Sequence[Document], words: int) -> list[tuple[str, str]]:
    """The question behind nothing and behind each document, set as the package's prompts set them."""
    fronts = ["Question:", *(f"Question: {_cut(document, words)}" for document in documents)]
    return [(front, f"\n\n{question.text}") for front in fronts]


def _cut(document: Document, words: int) -> str:
    return " ".join(told(document).split()[:words])


def _paired(questions: Sequence[Question], kept: Sequence[Chosen]) -> _Pairs:
    return [(question, document) for question, one in zip(questions, kept, strict=True) for document in one.documents]


def _those(one: Chosen, scored: Sequence[Scored]) -> Chosen:
    """The documents to which yes is likelier than no."""
    agreed = [said.likelihoods[0].log_probability > said.likelihoods[1].log_probability for said in scored]
    documents = tuple(document for document, yes in zip(one.documents, agreed, strict=True) if yes)
    tokens, calls = sum(said.usage.tokens for said in scored), sum(said.usage.calls for said in scored)
    return Chosen(documents, one.tokens + tokens, one.calls + calls)


def _confident(one: Chosen, plain: Belief, read: Sequence[Belief]) -> Chosen:
    """The documents behind which the likeliest option is likelier than without."""
    most = max(plain.probabilities)
    documents = tuple(document for document, said in zip(one.documents, read, strict=True) if max(said.probabilities) > most)
    tokens, calls = plain.tokens + sum(said.tokens for said in read), plain.calls + sum(said.calls for said in read)
    return Chosen(documents, one.tokens + tokens, one.calls + calls)
