import numpy as np
import pytest

from vesalius.records import Label
from vesalius.sources.simulators.modalities import MODALITIES, OUTCOMES, Modalities


def absent(records, modality="labs"):
    """Share of the dead and of the others whose records lack a modality."""
    died = np.array([record.get(OUTCOMES[0], Label).index for record in records], bool)
    gone = np.array([modality not in record.fields for record in records])
    return gone[died].mean(), gone[~died].mean()


def parts(**options):
    records = Modalities(train=1500, validation=10, test=1500, **options).records()
    return [[record for record in records if record.tags["split"] == split] for split in ("train", "test")]


def test_nothing_is_missing_where_nothing_is_to_be():
    assert all(set(MODALITIES) <= set(record.fields) for part in parts() for record in part)


def test_missing_at_random_tells_nothing_of_the_outcome():
    for part in parts(missing="at random"):
        dead, others = absent(part)
        assert dead == pytest.approx(0.4, abs=0.06) and others == pytest.approx(0.4, abs=0.06)


@pytest.mark.parametrize("flipped", [False, True])
def test_missing_by_outcome_tells_it_and_may_be_turned_round_at_test(flipped):
    train, test = (absent(part) for part in parts(missing="by outcome", flipped=flipped))
    assert train[0] - train[1] > 0.6
    assert (test[0] - test[1] > 0.6) != flipped and abs(test[0] - test[1]) > 0.6


def test_the_first_modality_is_always_there():
    assert all("vitals" in record.fields for part in parts(missing="by outcome") for record in part)
