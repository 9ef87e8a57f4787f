"""Prompts as data: named, versioned, hashed, with fields in braces."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from vesalius.errors import UserError
from vesalius.language.backend import Message, Prompt

_FIELD = re.compile(r"\{\{|\}\}|\{([a-z_][a-z0-9_]*)\}|[{}]")
_BRACES = {"{{": "{", "}}": "}"}


@dataclass(frozen=True, slots=True)
class Template:
    """A text with fields such as ``{question}``; a brace is written twice.

    Attributes:
        name: what it is for.
        version: goes up with every change of the text.
        text: with its fields; a field is a name and nothing else, so that no text can reach into the program.

    Raises:
        UserError: if a brace stands alone, or what it holds is no name.

    >>> Template("short", 1, "{question} Answer:").fill(question="Why {x}?")
    'Why {x}? Answer:'
    """

    name: str
    version: int
    text: str

    def __post_init__(self) -> None:
        for match in _FIELD.finditer(self.text):
            if match[0] in ("{", "}"):
                raise UserError(
                    f"prompt {self.name!r}, place {match.start()}: a lone brace; write it twice, or a name in braces."
                )

    @property
    def fields(self) -> frozenset[str]:
        """Names of all fields."""
        return frozenset(match[1] for match in _FIELD.finditer(self.text) if match[1])

    @property
    def label(self) -> str:
        """Name, version and digest, by which a finding says which words were used.

        >>> Template("short", 1, "{question} Answer:").label
        'short@1:481c625f1dec'
        """
        return f"{self.name}@{self.version}:{sha256(self.text.encode()).hexdigest()[:12]}"

    def fill(self, **values: str) -> str:
        """The text with its fields; braces in values stay as they are.

        Raises:
            UserError: if a field has no value, or a value no field.
        """
        if values.keys() != self.fields:
            wrong = sorted(values.keys() ^ self.fields)
            raise UserError(
                f"prompt {self.name!r}: fields {', '.join(sorted(self.fields))}; missing or unknown: {', '.join(wrong)}."
            )
        return _FIELD.sub(lambda match: values[match[1]] if match[1] else _BRACES[match[0]], self.text)


def few_shot(shots: Sequence[tuple[str, str]], asked: str) -> str:
    r"""Examples, each with its answer, and the question, with a blank line between them.

    >>> few_shot([("Q: 1+1?\nA:", "2")], "Q: 2+2?\nA:")
    'Q: 1+1?\nA: 2\n\nQ: 2+2?\nA:'
    """
    return "\n\n".join([*(f"{question} {answer}" for question, answer in shots), asked])


def conversation(shots: Sequence[tuple[str, str]], asked: str, system: str = "") -> Prompt:
    """The same as turns: each example is asked and answered."""
    turns = [Message("system", system)] if system else []
    for question, answer in shots:
        turns += [Message("user", question), Message("assistant", answer)]
    return (*turns, Message("user", asked))


@cache
def templates() -> Mapping[str, Template]:
    """The package's own, by name.

    >>> sorted(templates())
    ['chain of thought', 'generation', 'letter', 'text']
    """
    return packaged_templates("vesalius.language", "templates.toml")


def packaged_templates(package: str, name: str) -> Mapping[str, Template]:
    """Templates from a file of TOML beside the modules of a package.

    >>> sorted(packaged_templates("vesalius.language.steering", "prompts.toml"))
    ['assume', 'verify', 'wait']
    """
    return read_templates(files(package).joinpath(name).read_text(encoding="utf-8"), name)


def read_templates(content: str, place: str) -> Mapping[str, Template]:
    """Templates from TOML: a table each, with ``version`` and ``text``.

    Args:
        content: the TOML.
        place: what to call it in errors.

    Raises:
        UserError: if it is not such TOML.
    """
    try:
        tables = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{place}: {error}; correct the TOML.") from error
    found = {}
    for name, table in tables.items():
        if not isinstance(table, dict) or not isinstance(table.get("version"), int) or not isinstance(table.get("text"), str):
            raise UserError(f"{place}, table {name!r}: give a whole number as version and a text as text.")
        found[name] = Template(name, table["version"], table["text"])
    return found
