from importlib.util import find_spec

import pytest

from vesalius.conformance.images import BORDER, LINEAR, SINGLE, agreements

PEERS = ("skimage", "monai", "torchmetrics", "sklearn", "SimpleITK")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(not any(map(find_spec, PEERS)), reason=f"none of {', '.join(PEERS)} is installed")
def test_values_agree_to_12_digits_but_where_a_note_says_why_not():
    found = list(agreements())
    assert {each.metric for each in found if not each.note and each.digits < 12} == set()
    assert all(each.digits >= 4 for each in found if each.note == SINGLE)
    assert all(each.digits <= 3 for each in found if each.note in (BORDER, LINEAR))
