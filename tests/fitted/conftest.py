from dataclasses import replace

import pytest

from tests.fitted import toys
from vesalius import catalogue


@pytest.fixture
def toy_systems(monkeypatch):
    """The ids ``toy``, ``toy-threshold`` and ``toy-classes`` are systems that are fitted in a second."""
    known = {"toy": toys.SEGMENTATION, "toy-threshold": toys.THRESHOLD, "toy-classes": toys.CLASSIFICATION}
    original = catalogue.system
    # The fit keeps the id of the system, by which predict finds it.
    known = {name: replace(system, id=name) for name, system in known.items()}
    monkeypatch.setattr(catalogue, "system", lambda id: known[id] if id in known else original(id))
    return known
