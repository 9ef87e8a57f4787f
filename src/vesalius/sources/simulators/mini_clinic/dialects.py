"""The controlled language: two dialects of sentences, whose names are single words."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np

from vesalius.sources.simulators.mini_clinic.world import invented, world

Dialect = Literal["first", "second"]
"""The second has a word of its own for every name and word, and says each clause backwards: another language."""

_SEED = 7
_SPLIT = ".?:,"
_FIELD = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True, slots=True)
class Voice:
    """Says sentences in a dialect.

    >>> voice("first").say("textbook", "findings", disease="gout", findings=("pain", "redness"))
    'gout has pain, redness.'
    """

    dialect: Dialect
    words: Mapping[str, str]

    def say(self, group: str, name: str, **values: str | Sequence[str]) -> str:
        """A sentence with its fields; a list stands with commas."""
        filled = {key: value if isinstance(value, str) else ", ".join(value) for key, value in values.items()}
        text = _FIELD.sub(lambda field: filled[field[1]], frames()[group][name])
        return text if self.dialect == "first" else " ".join(self._turned(sentence) for sentence in _sentences(text))

    def name(self, term: str) -> str:
        """A name of the world, such as an option of a question."""
        return self.words.get(term, term)

    def _turned(self, sentence: str) -> str:
        """Clauses keep their place, the words in each are put backwards."""
        body, end = (sentence[:-1], sentence[-1]) if sentence[-1] in _SPLIT else (sentence, "")
        clauses = []
        for clause in body.split(", "):
            parts = [" ".join(self.name(word.lower()) for word in reversed(part.split())) for part in clause.split(": ")]
            clauses.append(": ".join(parts))
        return ", ".join(clauses) + end


def _sentences(text: str) -> list[str]:
    return [one for one in text.replace(". ", ".\n").replace("? ", "?\n").split("\n") if one]


@cache
def frames() -> Mapping[str, Mapping[str, str]]:
    """All sentences, by group and name."""
    return tomllib.loads(files(__package__).joinpath("frames.toml").read_text(encoding="utf-8"))


@cache
def voice(dialect: Dialect) -> Voice:
    """The voice of a dialect."""
    if dialect == "first":
        return Voice("first", {})
    own = sorted({word for group in frames().values() for frame in group.values() for word in _words(frame)} | {"yes", "no"})
    meant = [*world().terms, *own]
    taken = set(world().terms)
    said = [word for word in invented(len(meant) + len(taken), np.random.default_rng(_SEED)) if word not in taken]
    return Voice("second", dict(zip(meant, said, strict=False)))


def _words(text: str) -> list[str]:
    return [word.strip(_SPLIT).lower() for word in text.split() if "{" not in word]
