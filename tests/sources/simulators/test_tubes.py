import pytest

from vesalius.metrics.topology import betti_numbers
from vesalius.records import Mask
from vesalius.sources.simulators.tubes import Tubes


def test_tubes_have_rings_and_a_cavity_and_are_the_same_in_every_call():
    numbers = [betti_numbers(record.get("mask", Mask).labels > 0) for record in Tubes(count=4, size=32, seed=1).records()]
    assert all(tunnels >= 1 for _, tunnels, _ in numbers) and any(cavities for *_, cavities in numbers)
    again = Tubes(count=4, size=32, seed=1).records()
    assert [record.digest() for record in again] == [record.digest() for record in Tubes(count=4, size=32, seed=1).records()]
    with pytest.raises(ValueError, match="size 16"):
        Tubes(size=4)
