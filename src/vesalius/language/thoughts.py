"""What models that think before they answer write between ``<think>`` and ``</think>``."""

import re

OPENS, CLOSES = "<think>", "</think>"

# a thought that was opened by the prompt only ends in what is said
_THOUGHT = re.compile(rf"(?:{OPENS}|\A(?=(?:(?!{OPENS}).)*?{CLOSES})).*?(?:(?P<end>{CLOSES})|\Z)", re.DOTALL | re.IGNORECASE)


def without_thoughts(text: str, *, unclosed: bool = False) -> str:
    """A text without its thoughts.

    Args:
        text: what was said.
        unclosed: leave out one that was not ended, too.

    >>> without_thoughts("<think>Is it A? No.</think>B."), without_thoughts("<think>Is it A? No.")
    ('B.', '<think>Is it A? No.')
    >>> without_thoughts("<think>Is it A? No.", unclosed=True), without_thoughts("Is it A? No.</think>B.")
    ('', 'B.')
    """
    return _THOUGHT.sub(lambda thought: "" if unclosed or thought["end"] else thought[0], text)


def is_thinking(text: str) -> bool:
    """Whether a text ends within a thought.

    >>> is_thinking("<think>Is it A?"), is_thinking("<think>Is it A?</think> B."), is_thinking("Is it A?")
    (True, False, False)
    """
    return any(not thought["end"] for thought in _THOUGHT.finditer(text))
