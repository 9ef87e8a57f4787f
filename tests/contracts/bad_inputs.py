"""Inputs that no metric is meant for, and what spoils an input that one is."""

import numpy as np

NAN, INF = float("nan"), float("inf")

TABLE = {
    "nothing": (None, None),
    "numbers": (1.5, 2),
    "NaN": (NAN, NAN),
    "text beside number": ("left", 3),
    "empty texts": ("", ""),
    "empty lists": ([], []),
    "empty beside full": ([], [1, 0]),
    "empty array": (np.zeros(0), np.zeros(0)),
    "no column": (np.zeros((3, 0)), np.zeros((3, 0))),
    "no row": (np.zeros((0, 2)), np.zeros((0, 2))),
    "no axis": (np.array(1), np.array(1)),
    "one element": (np.array([1]), np.array([1])),
    "one record of a set": ([np.array([1])], [np.array([1])]),
    "other lengths": (np.zeros(3), np.zeros(4)),
    "other axes": (np.zeros((3, 3), int), np.zeros(3, int)),
    "four axes": (np.zeros((2, 2, 2, 2), int), np.zeros((2, 2, 2, 2), int)),
    "ragged": ([[1, 2], [3]], [[1, 2], [3]]),
    "zeros": (np.zeros((4, 4), int), np.zeros((4, 4), int)),
    "all NaN": (np.full(4, NAN), np.full(4, NAN)),
    "a NaN in truth": (np.array([0.2, 0.4]), np.array([NAN, 1.0])),
    "infinite": (np.array([INF, 0.5]), np.array([1, 0])),
    "infinite truth": (np.array([0.5, 0.5]), np.array([INF, 0.0])),
    "negative": (np.array([-1, 2]), np.array([-1, 2])),
    "negative image": (np.array([[-1, 2], [0, 1]]), np.array([[-1, 2], [0, 1]])),
    "single class": (np.array([0.2, 0.8, 0.4]), np.array([1, 1, 1])),
    "ties": (np.array([0.5, 0.5, 0.5, 0.5]), np.array([0, 1, 0, 1])),
    "times of zero": (np.array([0.5, 0.2]), np.array([[0.0, 1.0], [0.0, 1.0]])),
    "all censored at zero": (np.array([0.5, 0.2]), np.array([[0.0, 0.0], [0.0, 0.0]])),
    "negative times": (np.array([0.5, 0.2]), np.array([[-1.0, 1.0], [2.0, 0.0]])),
    "objects": (np.array([None, "a", 3], object), np.array([{}, [], 1.5], object)),
    "numbers as objects": (np.array([0, 1, 1], object), np.array([1, 0, 1], object)),
    "complex": (np.array([1j, 2]), np.array([1j, 2])),
    "strings": (np.array(["a", "b"]), np.array(["b", "b"])),
    "dates": (np.array(["2020-01-01"], "datetime64[D]"), np.array(["2020-01-01"], "datetime64[D]")),
    "booleans": (np.array([[True, False], [False, True]]), np.array([[True, True], [False, True]])),
    "large integers": (np.array([2**64 - 1, 1], np.uint64), np.array([1, 2**64 - 1], np.uint64)),
    "dicts": ({"a": 1}, {"a": 2}),
    "sets": ({1, 2}, {2}),
    "list of None": ([None, None], [None, None]),
    "list of texts and None": (["left", None], ["left", "right"]),
    "text for a list": ("left", ["left", "right"]),
    "lists of lists of texts": ([["a"], ["b"]], [["a"], ["b"]]),
    "deep": ("[" * 5000 + "]" * 5000, "[" * 5000 + "]" * 5000),
    "half JSON": ('{"a": [1,', '{"a": 1}'),
    "bytes": (b"left", b"left"),
}
"""By name: what is given as prediction and as truth."""


def _array(change):
    def spoil(value):
        if isinstance(value, np.ndarray):
            return change(value)
        return [spoil(each) for each in value] if isinstance(value, list) else value

    return spoil


def _filled(number):
    def spoil(array):
        changed = array.astype(object if array.dtype.kind in "UO" else float)
        changed.flat[:1] = number
        return changed

    return _array(spoil)


def _sized(value):
    return isinstance(value, list | str) or (isinstance(value, np.ndarray) and value.ndim > 0)


SPOILERS = {
    "a NaN": _filled(NAN),
    "an infinity": _filled(INF),
    "a negative number": _filled(-1.0),
    "a half": _filled(0.5),
    "one value only": _array(lambda array: np.full_like(array, array.flat[0]) if array.size else array),
    "zeros": _array(np.zeros_like),
    "ones": _array(np.ones_like),
    "objects": _array(lambda array: array.astype(object)),
    "texts": _array(lambda array: array.astype(str)),
    "half precision": _array(lambda array: array.astype(np.float16) if array.dtype.kind in "iuf" else array),
    "other axes": _array(lambda array: array[None]),
    "no axis": _array(lambda array: array.ravel()[:1].reshape(()) if array.size else array),
    "transposed": _array(np.transpose),
    "a list": lambda value: value.tolist() if isinstance(value, np.ndarray) else value,
    "first record only": lambda value: value[:1] if _sized(value) else value,
    "last record lost": lambda value: value[:-1] if _sized(value) else value,
    "nothing": lambda value: value[:0] if _sized(value) else value,
    "None inside": lambda value: [None, *list(value)[1:]] if _sized(value) else None,
    "nested": lambda value: [value],
}
"""By name: what is done to the prediction, to the truth or to both of a valid pair."""
