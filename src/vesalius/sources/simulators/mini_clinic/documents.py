"""What is written about the clinic's world: textbooks, guidelines, texts of no use, and texts that are wrong."""

from collections.abc import Mapping, Sequence

import numpy as np

from vesalius.sources.documents import Document
from vesalius.sources.simulators.mini_clinic.dialects import Dialect, Voice, voice
from vesalius.sources.simulators.mini_clinic.world import Group, World, world

_GENERAL = (
    *("river", "garden", "letter", "market", "window", "teacher", "bridge", "kitchen", "forest", "train", "island", "music"),
    *("paper", "winter", "horse", "village", "door", "lamp", "baker", "harbour"),
)
_GENERAL_VERBS = ("sees", "crosses", "keeps", "opens", "paints", "visits")


def textbook(group: Group = "known", *, dialect: Dialect = "first") -> tuple[Document, ...]:
    """A chapter a disease: its findings, test and treatment.

    >>> textbook()[0].text.split(". ")[1]
    'c-syndrome is confirmed by radiograph'
    """
    one, said = world(), voice(dialect)
    return tuple(Document(f"textbook/{name}", said.name(name), chapter(one, said, name)) for name in one.diseases(group))


def guidelines(*, dialect: Dialect = "first") -> tuple[Document, ...]:
    """A rule a treatment: when it is avoided, and what is given then."""
    one, said = world(), voice(dialect)
    return tuple(Document(f"guideline/{name}", said.name(name), rule(one, said, name)) for name in one.all_treatments)


def general_corpus(count: int = 200, seed: int = 0) -> tuple[Document, ...]:
    """Texts in which nothing of medicine stands, in words that no medical text has.

    >>> general_corpus(1)[0].title
    'general 0'
    """
    rng = np.random.default_rng([seed, 1])
    return tuple(Document(f"general/{place}", f"general {place}", _chatter(rng)) for place in range(count))


def misinformation(group: Group = "known", *, seed: int = 0) -> tuple[Document, ...]:
    """The textbook with each chapter's facts taken from another disease, so that they look right and are wrong.

    A finding that the disease truly has is left out; test and treatment are those of the next disease whose are others.
    """
    one, said = world(), voice("first")
    names = one.diseases(group)
    shift = int(np.random.default_rng([seed, 2]).integers(1, len(names)))
    documents = []
    for place, name in enumerate(names):
        others = [names[(place + shift + more) % len(names)] for more in range(len(names))]
        wrong = sorted(one.findings[others[0]] - one.findings[name])
        text = said.say("textbook", "findings", disease=name, findings=wrong)
        care = _care(said, name, _next(one.test, name, others), _next(one.treatment, name, others))
        documents.append(Document(f"misinformation/{name}", name, f"{text} {care}"))
    return tuple(documents)


def _next(facts: Mapping[str, str], name: str, others: Sequence[str]) -> str:
    """The first of the others' facts that is not one's own."""
    return next(facts[other] for other in others if facts[other] != facts[name])


def general_words() -> tuple[str, ...]:
    """The words of the texts of no use."""
    return (*_GENERAL, *_GENERAL_VERBS, "the", "a")


def chapter(one: World, said: Voice, name: str, rng: np.random.Generator | None = None) -> str:
    """What a textbook says of a disease; the findings in the order of their names, or in any."""
    found = sorted(one.findings[name])
    findings = said.say("textbook", "findings", disease=name, findings=found if rng is None else rng.permutation(found).tolist())
    return f"{findings} {_care(said, name, one.test[name], one.treatment[name])}"


def _care(said: Voice, name: str, test: str, treatment: str) -> str:
    confirmed = said.say("textbook", "test", disease=name, test=test)
    return f"{confirmed} {said.say('textbook', 'treatment', disease=name, treatment=treatment)}"


def rule(one: World, said: Voice, name: str) -> str:
    """When a treatment is avoided, and what is given then."""
    condition, alternative = one.condition[name], one.alternative[name]
    return said.say("guideline", "avoided", treatment=name, condition=condition, alternative=alternative)


def _chatter(rng: np.random.Generator) -> str:
    sentences = []
    for _ in range(4):
        subject, thing = rng.choice(_GENERAL, 2, replace=False)
        sentences.append(f"the {subject} {rng.choice(_GENERAL_VERBS)} the {thing}.")
    return " ".join(sentences)
