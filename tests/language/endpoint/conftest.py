import pytest

from tests.language.endpoint.server import running
from vesalius.language.endpoint import pace


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(pace, "SHORTEST", 0.01)
    with running() as started:
        yield started
