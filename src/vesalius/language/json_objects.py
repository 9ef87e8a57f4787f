"""JSON objects that stand in a text, among words and fences."""

import json
from collections.abc import Iterator
from typing import Any

_DECODER = json.JSONDecoder()


def json_objects(text: str, *, most: int) -> Iterator[dict[str, Any]]:
    """The outermost objects, in their order; what only looks like one is passed over.

    Args:
        text: as a model wrote it.
        most: braces at which an object is looked for, so that a text with very many of them is read from its first ones only.

    >>> list(json_objects('First {"a": {"b": 1}}, then {broken, then {"c": 2}.', most=9))
    [{'a': {'b': 1}}, {'c': 2}]
    """
    place = text.find("{")
    for _ in range(most):
        if place < 0:
            return
        try:
            found, end = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = place + 1
        else:
            yield found
        place = text.find("{", end)
