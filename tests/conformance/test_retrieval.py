from importlib.util import find_spec

import pytest

from vesalius.conformance import retrieval


@pytest.mark.skipif(
    not (find_spec("ir_measures") or find_spec("sklearn")), reason="neither ir-measures nor scikit-learn is installed"
)
def test_every_peer_agrees_but_for_the_documented_differences():
    rows = list(retrieval.agreements())
    assert rows
    for row in rows:
        assert row.digits >= 13 or row.note in (retrieval.TIES, retrieval.NONE_RELEVANT), row
        assert row.digits >= 13 or "tie" in row.inputs or "without" in row.inputs, row
