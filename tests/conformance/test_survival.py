from importlib.util import find_spec

import pytest

from vesalius.conformance import survival


@pytest.fixture(scope="module")
def found():
    if not any(find_spec(peer) for peer in ("sksurv", "lifelines")):
        pytest.skip("neither scikit-survival nor lifelines is installed")
    return list(survival.agreements())


def test_every_peer_agrees_where_events_and_censorings_share_no_time(found):
    for row in found:
        if row.note not in (survival.BEFORE_THE_EVENT, survival.CLOSE_RISKS):
            assert row.digits >= 12, row


def test_with_censorings_moved_behind_the_events_scikit_survival_gives_our_values(found):
    moved = [row for row in found if row.note == survival.MOVED]
    tied = [row for row in found if row.note == survival.BEFORE_THE_EVENT]
    if not moved:
        pytest.skip("scikit-survival is not installed")
    assert all(row.digits >= 12 for row in moved)
    assert all(row.digits <= 5 for row in tied)
