"""JSON that can't be changed, so that versions, snapshots and answers may share it without copies."""

import math
from collections.abc import Mapping
from typing import Any, NoReturn

from vesalius.worlds.fhir.refusals import Refusal, shown

MAX_DEPTH = 64
"""Nesting that is read; FHIR's own types need some ten levels."""


LARGEST = 1e308
"""Number that is read; a larger one would be none as a float."""


class FrozenDict(dict[str, Any]):
    """A dict that refuses changes; ``copy.deepcopy`` gives a plain one."""

    __slots__ = ()

    def __deepcopy__(self, memo: object) -> dict[str, Any]:
        return {name: thaw(value) for name, value in self.items()}

    def copy(self) -> dict[str, Any]:
        """A plain dict of the same values, which are still frozen."""
        return dict(self)


class FrozenList(list[Any]):
    """A list that refuses changes; ``copy.deepcopy`` gives a plain one."""

    __slots__ = ()

    def __deepcopy__(self, memo: object) -> list[Any]:
        return [thaw(value) for value in self]


def _refuse(*_: object, **__: object) -> NoReturn:
    raise TypeError("kept JSON can't be changed; thaw() gives a copy that can.")


for _kind, _names in (
    (FrozenDict, "__setitem__ __delitem__ __ior__ clear pop popitem setdefault update"),
    (FrozenList, "__setitem__ __delitem__ __iadd__ __imul__ append clear extend insert pop remove reverse sort"),
):
    for _name in _names.split():
        setattr(_kind, _name, _refuse)


class _Wrong(Exception):
    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.path: list[str] = []


def freeze(value: Mapping[str, Any]) -> FrozenDict:
    """A JSON object that can't be changed; what is frozen already is shared.

    >>> kept = freeze({"name": [{"family": "Lee"}]})
    >>> kept["name"][0]["family"] = "Li"
    Traceback (most recent call last):
    ...
    TypeError: kept JSON can't be changed; thaw() gives a copy that can.

    Raises:
        Refusal: naming the field that is no JSON, not finite or too large, empty or null (which FHIR does not allow), nested too
            deep, or half a character.
    """
    try:
        frozen = _frozen(value, 0)
    except _Wrong as wrong:
        path = ".".join(reversed(wrong.path)) or "the resource"
        raise Refusal(400, f"field {shown(path)}: {wrong}; correct or leave it out.", code="structure") from None
    if not isinstance(frozen, FrozenDict):
        raise Refusal(400, "the body is not a JSON object; send a resource.", code="structure")
    return frozen


def _frozen(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        if not value or halved(value):
            raise _Wrong("half a character" if value else "empty text")
        return value
    if kind is FrozenDict or kind is FrozenList or kind is bool or value is None:
        return value
    if kind is int:
        if abs(value) > LARGEST:
            raise _Wrong("a number that is too large")
        return value
    if kind is float:
        if not math.isfinite(value):
            raise _Wrong("not a finite number")
        return value
    if kind is not dict and kind is not list:
        raise _Wrong("not JSON")
    if not value or depth >= MAX_DEPTH:
        raise _Wrong("nested too deep" if value else "empty")
    return _frozen_items(value, depth + 1)


def _frozen_items(value: Any, depth: int) -> Any:
    place: object = None
    try:
        if type(value) is list:
            items: list[Any] = []
            for item in value:
                place = len(items)
                items.append(_frozen(item, depth))
            return FrozenList(items)
        fields = {}
        for place, item in value.items():
            if type(place) is not str:
                raise _Wrong("a name that is no text")
            _frozen(place, depth)
            if item is None:
                raise _Wrong("null")
            fields[place] = _frozen(item, depth)
        return FrozenDict(fields)
    except _Wrong as wrong:
        wrong.path.append(str(place))
        raise


def halved(text: str) -> bool:
    r"""Whether half a character stands in a text, which can be neither sent nor written.

    >>> halved("naïve"), halved("\ud83d")
    (False, True)
    """
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def too_deep(value: Any) -> bool:
    """Whether JSON is nested deeper than is read; it is not entered deeper than that.

    >>> import json
    >>> too_deep([[]]), too_deep(json.loads("[" * 900 + "]" * 900))
    (False, True)
    """
    level = [value]
    for _ in range(MAX_DEPTH):
        inner = [one for one in level if isinstance(one, dict | list)]
        level = [item for one in inner for item in (one.values() if isinstance(one, dict) else one)]
    return any(isinstance(one, dict | list) for one in level)


def thaw(value: Any) -> Any:
    """A copy that can be changed.

    >>> thaw(freeze({"name": [{"family": "Lee"}]})) | {"active": True}
    {'name': [{'family': 'Lee'}], 'active': True}
    """
    if isinstance(value, dict):
        return {name: thaw(item) for name, item in value.items()}
    if isinstance(value, list):
        return [thaw(item) for item in value]
    return value
