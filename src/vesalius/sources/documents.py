"""Texts that are searched rather than learned from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """One text of a corpus.

    Attributes:
        id: by which it is told from the others.
        title: what it is about; may be empty.
        text: what it says.
    """

    id: str
    title: str
    text: str

    @property
    def whole(self) -> str:
        """Title and text, which are searched together."""
        return f"{self.title}\n{self.text}" if self.title else self.text
