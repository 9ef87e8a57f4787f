from importlib.util import find_spec

import pytest

from vesalius.conformance import corrections


@pytest.mark.skipif(not find_spec("sklearn") and not find_spec("rouge"), reason="neither scikit-learn nor rouge is installed")
def test_every_peer_agrees_but_for_what_rouge_adds_to_its_divisor():
    rows = list(corrections.correction_agreements())
    assert rows
    for row in rows:
        assert row.digits >= (6 if row.note == corrections.SMOOTHED else 15), row
