"""Boxes, points and counts that a vision-language model writes as JSON, which is often not quite JSON."""

import re
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["boxes", "points", "count"]

_NUMBER = r"\s*(-?\d+(?:\.\d+)?)\s*"
_BOX = re.compile(rf"\[{','.join([_NUMBER] * 4)}\]")
_POINT = re.compile(rf"\[{','.join([_NUMBER] * 2)}\]")
_NAMED_POINT = re.compile(rf'"x":{_NUMBER},\s*"y":{_NUMBER}')
_COUNT = re.compile(r'"\w*(?:count|total|number)\w*"\s*:\s*"?(\d+)\b(?!\.)')
_ONLY = re.compile(r'"\w+"\s*:\s*"?(\d+)\b(?!\.)')
_NONE = re.compile(r"\[\s*\]|\bnone\b|\bno such\b|isn't in the image|is not in the image", re.IGNORECASE)


def named_objects(text: str, kind: Kind) -> NDArray[np.float64] | None:
    """What a text names.

    Lists of two or four numbers are read wherever they stand, so that a missing bracket costs nothing; "There are none" is an
    answer. Without a count that is named so, the objects that are listed are counted.

    Args:
        text: as the model wrote it, with x before y.
        kind: what is asked for.

    Returns:
        Boxes N×4 (row, column, row, column), points N×2 (row, column), or the count as an array of one; None where the text
        names none of that kind.

    >>> named_objects('[{"point_2d": [106.0, 197.0], "label": "polyp"}]', "points")
    array([[197., 106.]])
    >>> named_objects('{"count": 2, "bbox_2d": [[5, 1, 9, 4], [0, 0, 3, 3]', "boxes")
    array([[1., 5., 4., 9.],
           [0., 0., 3., 3.]])
    >>> named_objects("There are none.", "count"), named_objects("I can't see it.", "count")
    (array([0.]), None)
    """
    if kind == "count":
        return _count(text)
    found = _boxes(text) if kind == "boxes" else _points(text)
    return found if len(found) or _NONE.search(text) else None


def _boxes(text: str) -> NDArray[np.float64]:
    boxes = np.array([[float(number) for number in match] for match in _BOX.findall(text)]).reshape(-1, 4)
    low, high = np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])
    return np.column_stack([low[:, ::-1], high[:, ::-1]])


def _points(text: str) -> NDArray[np.float64]:
    named = _POINT.findall(text) or _NAMED_POINT.findall(text)
    return np.array([[float(number) for number in match] for match in named]).reshape(-1, 2)[:, ::-1]


def _count(text: str) -> NDArray[np.float64] | None:
    named = _COUNT.findall(text)
    if not named and len(only := _ONLY.findall(text)) == 1:
        named = only
    if named:
        return np.array([float(named[0])])
    listed = len(_boxes(text)) or len(_points(text))
    return np.array([float(listed)]) if listed or _NONE.search(text) else None
