from importlib.util import find_spec

import pytest

from vesalius.conformance.segmentation import agreements

PEERS = ("monai", "medpy", "surface_distance", "skimage", "sklearn")
PACKAGES = {"surface_distance": "surface-distance", "skimage": "scikit-image", "sklearn": "scikit-learn"}
SINGLE_PRECISION = 5
DIFFER = {
    ("hd95@1", "medpy"),
    ("hd95@1", "surface-distance"),
    ("nsd@1", "surface-distance"),
    ("cl_dice@1", "scikit-image"),
}


@pytest.fixture(scope="module")
def found():
    if not any(map(find_spec, PEERS)):
        pytest.skip(f"none of the peers is installed: {', '.join(PEERS)}")
    return list(agreements())


def peer(one):
    return one.peer.split()[0]


def test_every_installed_peer_is_asked(found):
    assert {peer(one) for one in found} == {PACKAGES.get(name, name) for name in PEERS if find_spec(name)}


def test_agreement_is_exact_or_that_of_single_precision(found):
    for one in found:
        if (one.metric, peer(one)) not in DIFFER:
            assert one.digits >= (SINGLE_PRECISION if peer(one) == "monai" else 14), one


def test_every_difference_is_explained(found):
    assert all(one.note for one in found if one.digits < 14)


def test_balls_tell_the_definitions_apart(found):
    balls = {peer(one): (one.ours, one.theirs) for one in found if "balls" in one.inputs}
    for name, theirs in (("medpy", 3.464), ("surface-distance", 3.162)):
        if name in balls:
            assert balls[name] == pytest.approx((3.464, theirs), abs=1e-3)
