from collections import Counter

import numpy as np

from vesalius.records import Image, Label
from vesalius.sources.public.covid_xray import CovidXray, split


def test_radiographs_of_the_release_are_read_and_split(public_data):
    public_data("covid-xray")
    records = CovidXray(side=32).records()
    counts = Counter(record.get("label", Label).value for record in records)
    assert set(counts) == {"covid-19", "no_findings", "pneumonia"} and min(counts.values()) > 90
    assert {record.get("image", Image).pixels.shape for record in records} == {(32, 32)}
    parts = split(records)
    assert sum(map(len, (parts.train, parts.validation, parts.test))) == len(records)
    assert not {record.subject_id for record in parts.train} & {record.subject_id for record in parts.test}


def test_equal_radiographs_are_one_subject(public_data):
    public_data("covid-xray")
    records = CovidXray(side=224).records()
    by_pixels = {}
    for record in records:
        by_pixels.setdefault(record.get("image", Image).pixels.tobytes(), set()).add(record.subject_id)
    assert max(map(len, by_pixels.values())) == 1


def test_smaller_sides_are_means_of_areas(public_data):
    public_data("covid-xray")
    whole, small = (CovidXray(side=side).records()[0].get("image", Image).pixels.astype(float) for side in (224, 56))
    np.testing.assert_allclose(small, whole.reshape(56, 4, 56, 4).mean(axis=(1, 3)), atol=1.01)
