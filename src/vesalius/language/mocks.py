"""Models of known behaviour, to prove what a benchmark measures before a real model is run on it.

Each reads the lettered options of the last question in its prompt, picks one, and both says it and finds it likeliest, by its
letter and by its text. Where a prompt shows no options, it is known by the right answer that its question has.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from string import ascii_uppercase

from vesalius.language.backend import Prompt, Sampling
from vesalius.language.scripted import Scripted, text_of

Picker = Callable[[str], str | None]
"""From the text of a prompt, the letter or text that is picked; None picks nothing."""

_OPTION = re.compile(r"^([A-Z])\. (.*)$", re.MULTILINE)
_EARLIER = re.compile(r"(?:Answer:|answer is) ([A-Z])\b")
_UNLIKELY = -20.0


def options_of(text: str) -> dict[str, str]:
    r"""The lettered options that stand last in a text.

    >>> options_of("Which? Answer with one of these.\nA. aspirin\nB. heparin\nAnswer:")
    {'A': 'aspirin', 'B': 'heparin'}
    """
    found: dict[str, str] = {}
    for letter, option in _OPTION.findall(text):
        if letter == "A":
            found = {}
        found[letter] = option
    return found


def model(pick: Picker, identity: str) -> Scripted:
    """A model that answers what the function picks."""

    def answer(prompt: Prompt, sampling: Sampling, sample: int) -> str:
        picked = pick(text_of(prompt))
        return "I cannot help with that." if picked is None else f"The answer is {picked}."

    def score(prompt: Prompt, continuation: str) -> float:
        text = text_of(prompt)
        picked = pick(text)
        wanted = {picked, options_of(text).get(picked or "")}
        # a character costs something too, so that length normalisation has something to undo
        return (0.0 if continuation.strip() in wanted else _UNLIKELY) - 0.01 * len(continuation)

    return Scripted(answer, score, identity=identity)


def oracle(right: Mapping[str, str]) -> Scripted:
    r"""Always right.

    Args:
        right: text of the right option by text of the question.

    >>> backend = oracle({"Which thins blood?": "heparin"})
    >>> backend.generate(["Which thins blood?\nA. aspirin\nB. heparin\nAnswer:"], Sampling())[0].text
    'The answer is B.'
    """

    def pick(text: str) -> str | None:
        # the question itself stands behind those of the examples
        asked = max(right, key=text.rfind, default=None)
        if asked is None or asked not in text:
            return None
        letters = {option: letter for letter, option in options_of(text[text.rfind(asked) :]).items()}
        return letters.get(right[asked], right[asked])

    return model(pick, "oracle")


def first_option() -> Scripted:
    """Always A, whatever is asked."""
    return model(lambda text: "A", "first option")


def last_seen() -> Scripted:
    """Repeats the answer of the last example in its prompt; A where there is none."""
    return model(lambda text: (_EARLIER.findall(text) or ["A"])[-1], "last seen")


def refuser() -> Scripted:
    """Declines to answer; by likelihood it finds all options alike."""
    return model(lambda text: None, "refuser")


def coin(seed: int = 0) -> Scripted:
    """One of the options by chance, the same in every run of a seed."""

    def pick(text: str) -> str:
        letters = list(options_of(text)) or list(ascii_uppercase[:4])
        return letters[hashlib.sha256(f"{seed}\0{text}".encode()).digest()[0] % len(letters)]

    return model(pick, f"coin {seed}")
