"""Fixtures that every test may take."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from vesalius.sources.public import root

os.environ.setdefault("HF_HUB_OFFLINE", "1")


@pytest.fixture
def public_data() -> Callable[[str], Path]:
    """Gives the folder of a public release, or skips the test where it is absent."""

    def need(name: str) -> Path:
        if not root.present(name):
            pytest.skip(f"the public data set {name!r} is not under {root.VARIABLE}")
        return root.path(name)

    return need
