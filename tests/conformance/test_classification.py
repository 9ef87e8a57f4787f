from importlib.util import find_spec

import pytest

from vesalius.conformance import classification
from vesalius.conformance.agreement import EXACT

DIFFER = (
    classification.ABSENT_GRADE,
    classification.NO_POSITIVE,
    classification.ONE_CLASS_TRUE,
    classification.CLIPPED,
    classification.EDGES,
)


@pytest.fixture(scope="module")
def found():
    if not any(find_spec(peer) for peer in ("sklearn", "torchmetrics", "statsmodels")):
        pytest.skip("none of scikit-learn, torchmetrics and statsmodels is installed")
    return list(classification.agreements())


def test_every_peer_agrees_but_for_the_documented_differences(found):
    for row in found:
        if row.note in DIFFER:
            assert row.digits <= 1, row
        else:
            assert row.digits >= (5 if row.peer.startswith("torchmetrics") else 12), row


def test_the_areas_and_agreements_are_those_of_the_peers_to_the_last_digit(found):
    for row in found:
        if row.metric.startswith(("auroc", "auprc", "kappa", "macro", "micro")) and not row.peer.startswith("torchmetrics"):
            assert row.digits >= EXACT - 1, row
