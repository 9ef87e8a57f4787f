import numpy as np

from vesalius.checks import check_source
from vesalius.records import Image, Mask
from vesalius.sources.public.drive_readings import READINGS, DriveReadings


def test_pieces_of_the_twenty_photographs_with_two_annotators(public_data):
    public_data("drive")
    source = DriveReadings(side=32, pieces=5)
    check_source(source)
    records = source.records()
    counts = {record.subject_id for record in records}
    assert 1 < len(counts) <= 20 and len(records) == 5 * len(counts)
    for record in records:
        assert record.get("image", Image).pixels.shape == (32, 32, 3)
        masks = [record.get(name, Mask).labels for name in READINGS]
        assert all(mask.shape == (32, 32) and mask.any() for mask in masks)


def test_annotators_agree_in_most_and_not_in_all(public_data):
    public_data("drive")
    records = DriveReadings(side=32, pieces=5).records()
    first, second = (np.stack([record.get(name, Mask).labels for record in records]) for name in READINGS)
    assert 0.6 < (first & second).sum() / (first | second).sum() < 0.95
