import numpy as np
import pytest

from vesalius.checks import check_metric
from vesalius.metrics import METRICS

RANDOM = np.random.default_rng(0)
MASKS = [RANDOM.integers(0, 3, (8, 9)) for _ in range(4)], [RANDOM.integers(0, 3, (8, 9)) for _ in range(4)]
LETTERS = ["A", "B", "C"], ["A", "C", "C"]
SCORES = list(RANDOM.random(40)), [float(place % 2) for place in range(40)]
RISKS = list(RANDOM.random(40)), [np.array([time, time > 0.3]) for time in RANDOM.random(40)]

CASES = {"accuracy": LETTERS, "dice": MASKS, "iou": MASKS, "auroc": SCORES, "c_index": RISKS}


def test_every_metric_has_a_case():
    assert CASES.keys() == METRICS.keys()


@pytest.mark.parametrize("name", sorted(CASES))
def test_metric_keeps_its_contract(name):
    check_metric(METRICS[name], *CASES[name])
