from dataclasses import dataclass, field

import pytest
from torch import nn

from vesalius.learners.language_model import once
from vesalius.learners.language_model.adapted import Tuned
from vesalius.learners.language_model.once import Once


@dataclass(frozen=True)
class Counted:
    """Counts how often it tunes."""

    calls: list = field(default_factory=list, repr=False)

    def __call__(self, network, tokenizer, train, validation, seed):
        self.calls.append(seed)
        return Tuned(network, 0)


@pytest.mark.parametrize(("largest", "calls"), [(100, [0, 1]), (2, [0, 0, 1, 0])])
def test_a_network_is_tuned_once_a_seed_unless_it_is_too_large_to_keep(monkeypatch, largest, calls):
    monkeypatch.setattr(once, "_LARGEST", largest)
    network, tune = nn.Linear(2, 1), Counted()
    for seed in (0, 0, 1, 0):
        Once(tune)(network, None, [], [], seed)
    assert tune.calls == calls
