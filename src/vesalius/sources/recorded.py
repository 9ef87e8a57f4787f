"""What was recorded of one answer: its raw text and what it cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedAnswer:
    """One answer as a file of recorded answers has it.

    Attributes:
        text: what was said, unparsed; None where nothing was recorded.
        tokens, calls, seconds: spent on it, where known.
    """

    text: str | None
    tokens: int | None = None
    calls: int | None = None
    seconds: float | None = None
