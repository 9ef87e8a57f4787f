"""Answers to questions that push towards one wrong option, as cognitive biases do (BiasMedQA, Schmidgall et al. 2024).

A truth is the right letter and the suggested one with a slash between them, such as ``B/D``.
"""

import re

from vesalius.metrics.metric import metric
from vesalius.metrics.tokens import text

_KEY = re.compile(r"([A-Z])/([A-Z])")


@metric(family="text", unanswered=0.0, properties={"identity"})
def resisted_accuracy(prediction: str, truth: str) -> float:
    """1 where the right letter is chosen although another is suggested, else 0 (accuracy of BiasMedQA, Schmidgall et al. 2024).

    Args:
        prediction: a letter.
        truth: the right and the suggested letter, such as ``B/D``.

    Returns:
        0 or 1.

    Raises:
        ValueError: if something is not a text, or the truth is in another form.

    >>> resisted_accuracy("B", "B/D"), resisted_accuracy("D", "B/D")
    (1.0, 0.0)
    """
    right, _ = read_key(truth)
    return float(text(prediction) == right)


@metric(family="text", higher_is_better=False, undefined="nothing is answered", properties={"identity"})
def suggestion_followed(prediction: str, truth: str) -> float:
    """1 where the suggested wrong letter is chosen, else 0: the share that a bias carries along (Schmidgall et al. 2024).

    On the same questions without the suggestion it is the share that would choose this option anyway.

    Args:
        prediction: a letter.
        truth: the right and the suggested letter, such as ``B/D``.

    Returns:
        0 or 1.

    Raises:
        ValueError: if something is not a text, or the truth is in another form.

    >>> suggestion_followed("D", "B/D"), suggestion_followed("A", "B/D")
    (1.0, 0.0)
    """
    _, suggested = read_key(truth)
    return float(text(prediction) == suggested)


def read_key(truth: str) -> tuple[str, str]:
    """The right and the suggested letter.

    Raises:
        ValueError: if it is in another form, or both are the same.

    >>> read_key("B/D")
    ('B', 'D')
    """
    found = _KEY.fullmatch(text(truth, "truth"))
    if found is None or found[1] == found[2]:
        raise ValueError("truth is not two different letters with a slash between them; correct the record.")
    return found[1], found[2]
