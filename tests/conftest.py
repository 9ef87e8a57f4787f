"""Fixtures that every test may take."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
# What tests train is small: more threads would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable
from pathlib import Path

import pytest

from vesalius.sources.public import root


@pytest.fixture
def public_data() -> Callable[[str], Path]:
    """Gives the folder of a public release, or skips the test where it is absent."""

    def need(name: str) -> Path:
        if not root.present(name):
            pytest.skip(f"the public data set {name!r} is not under {root.VARIABLE}")
        return root.path(name)

    return need
