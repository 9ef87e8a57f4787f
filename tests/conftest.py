"""Fixtures that every test may take."""

import os
import signal

os.environ.setdefault("HF_HUB_OFFLINE", "1")
# What tests train is small: more threads would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from vesalius.remembered import forget
from vesalius.sources.public import root

# how long an example takes tells of the machine alone
settings.register_profile("vesalius", deadline=None)
settings.load_profile("vesalius")


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Processes that are started can be interrupted, even if the tests themselves run behind a shell that ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Scripted models of different tests may bear one name."""
    forget()


@pytest.fixture
def public_data() -> Callable[[str], Path]:
    """Gives the folder of a public release, or skips the test where it is absent."""

    def need(name: str) -> Path:
        if not root.present(name):
            pytest.skip(f"the public data set {name!r} is not under {root.VARIABLE}")
        return root.path(name)

    return need


@pytest.fixture
def stop_after(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Writes every state of training; interrupts once after ``stop`` steps of all trainings, and counts those ``done``."""
    from vesalius.learners import checkpoints

    steps = {"done": 0, "stop": 0}
    original = checkpoints.Checkpoint.save_when_due

    def save_and_count(self: checkpoints.Checkpoint) -> None:
        original(self)
        steps["done"] += 1
        if steps["done"] == steps["stop"]:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "SECONDS", 0.0)
    monkeypatch.setattr(checkpoints.Checkpoint, "save_when_due", save_and_count)
    return steps
