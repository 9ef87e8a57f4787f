from importlib.util import find_spec

import pytest

from vesalius.conformance import fairness


def test_fairlearn_agrees_but_for_a_rate_that_was_never_seen():
    if not find_spec("fairlearn"):
        pytest.skip("fairlearn is not installed")
    for row in fairness.agreements():
        assert row.digits >= 14 or row.note == fairness.NO_NEGATIVE, row
