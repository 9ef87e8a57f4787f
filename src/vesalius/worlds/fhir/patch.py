"""JSON Patch (RFC 6902) on kept resources; what is not changed is shared."""

import json
from collections.abc import Sequence
from typing import Any

from vesalius.worlds.fhir.frozen import MAX_DEPTH, FrozenDict, thaw, too_deep
from vesalius.worlds.fhir.refusals import Refusal

MAX_OPERATIONS = 1_000
MAX_CHARACTERS = 1_000_000
"""Of a resource that grows by copies of its own parts, each of which could double it."""


def patched(resource: FrozenDict, operations: Any, place: str) -> dict[str, Any]:
    """The resource after all operations.

    >>> from vesalius.worlds.fhir.frozen import freeze
    >>> kept = freeze({"active": True, "name": [{"given": ["Ana"]}]})
    >>> patched(kept, [{"op": "add", "path": "/name/0/given/-", "value": "Lu"}], "Patient/1")["name"]
    [{'given': ['Ana', 'Lu']}]

    Raises:
        Refusal: 400 where the patch is not well formed, 422 where it does not fit this resource.
    """
    if not isinstance(operations, list) or not 0 < len(operations) <= MAX_OPERATIONS:
        raise Refusal(400, f"{place}: the patch is not a list of 1 to {MAX_OPERATIONS} operations; send a JSON Patch.")
    document: Any = resource
    for number, operation in enumerate(operations, start=1):
        document = _applied(document, operation, f"{place}, operation {number} of the patch")
    if not isinstance(document, dict):
        raise Refusal(422, f"{place}: the patch leaves no JSON object; patch elements of it.")
    return dict(document)


def _applied(document: Any, operation: Any, place: str) -> Any:
    if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
        raise Refusal(400, f"{place}: no object with a path; see RFC 6902.")
    name, path = operation.get("op"), _pointer(operation["path"], place)
    if name in ("add", "replace", "test") and "value" not in operation:
        raise Refusal(400, f"{place}: no value; add it.")
    if too_deep(operation.get("value")):
        raise Refusal(400, f"{place}: a value of more than {MAX_DEPTH} levels; no resource is nested so deep.")
    if name == "add":
        return _changed(document, path, place, "add", thaw(operation["value"]))
    if name == "replace":
        return _changed(document, path, place, "replace", thaw(operation["value"]))
    if name == "remove":
        return _changed(document, path, place, "remove")
    if name == "test":
        kept, asked = _value(document, path, place), operation["value"]
        if kept != asked or isinstance(kept, bool) != isinstance(asked, bool):
            raise Refusal(422, f"{place}: the test does not hold; read the resource again.")
        return document
    if name not in ("move", "copy") or not isinstance(operation.get("from"), str):
        raise Refusal(400, f"{place}: not one of add, remove, replace, test, or move and copy with from; see RFC 6902.")
    source = _pointer(operation["from"], place)
    value = _value(document, source, place)
    if name == "move":
        if path[: len(source)] == source and path != source:
            raise Refusal(422, f"{place}: moves an element into itself; name another path.")
        document = _changed(document, source, place, "remove")
    document = _changed(document, path, place, "add", value)
    if name == "copy" and (too_deep(document) or len(json.dumps(document)) > MAX_CHARACTERS):
        what = f"makes the resource deeper than {MAX_DEPTH} levels or larger than {MAX_CHARACTERS} characters"
        raise Refusal(422, f"{place}: {what}; copy less.")
    return document


def _pointer(text: str, place: str) -> Sequence[str]:
    if text and not text.startswith("/"):
        raise Refusal(400, f"{place}: a path does not begin with '/'; see RFC 6901.")
    if text.count("/") > MAX_DEPTH:
        raise Refusal(422, f"{place}: a path of more than {MAX_DEPTH} steps; no resource is nested so deep.")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _misfit(place: str) -> Refusal:
    return Refusal(422, f"{place}: the path leads to nothing; read the resource again.")


def _index(items: list[Any], step: str, place: str, *, end: bool) -> int:
    if end and step == "-":
        return len(items)
    if not (step.isascii() and step.isdecimal()) or (len(step) > 1 and step[0] == "0") or len(step) > 9:
        raise _misfit(place)
    if int(step) >= len(items) + end:
        raise _misfit(place)
    return int(step)


def _value(document: Any, path: Sequence[str], place: str) -> Any:
    for step in path:
        if isinstance(document, dict) and step in document:
            document = document[step]
        elif isinstance(document, list):
            document = document[_index(document, step, place, end=False)]
        else:
            raise _misfit(place)
    return document


def _changed(document: Any, path: Sequence[str], place: str, operation: str, value: Any = None) -> Any:
    """A copy along the path; the rest is the same objects."""
    if not path:
        if operation == "remove":
            raise Refusal(422, f"{place}: removes the whole resource; delete it.")
        return value
    step, rest = path[0], path[1:]
    if isinstance(document, dict):
        if step not in document and (rest or operation != "add"):
            raise _misfit(place)
        fields = dict(document)
        if rest or operation != "remove":
            fields[step] = _changed(document.get(step), rest, place, operation, value)
        else:
            del fields[step]
        return fields
    if not isinstance(document, list):
        raise _misfit(place)
    items = list(document)
    if rest:
        index = _index(items, step, place, end=False)
        items[index] = _changed(items[index], rest, place, operation, value)
        return items
    index = _index(items, step, place, end=operation == "add")
    items[index : index + (operation != "add")] = [] if operation == "remove" else [value]
    return items
