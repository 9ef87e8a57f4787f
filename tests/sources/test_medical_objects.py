import numpy as np

from vesalius.checks import check_source
from vesalius.records import Boxes, Image, Mask, Volume
from vesalius.sources.medical_objects import (
    SOFT_TISSUE,
    MedicalObjects,
    ObjectSlabs,
    simulated,
    split_mix,
    split_modalities,
    split_subjects,
)
from vesalius.sources.public.totalsegmentator import TotalSegmentator
from vesalius.tasks.prompts import Prompting

BOX = Prompting(kinds=("box",))


def _subjects(records):
    return {record.subject_id for record in records}


def test_simulated_objects_keep_the_contract_of_a_source_and_are_seen_in_soft_tissue():
    source = simulated(BOX, volumes=6, size=24, thickness=2)
    check_source(source)
    for record in source.records():
        voxels = record.get("image", Volume).voxels
        assert SOFT_TISSUE[0] <= voxels.min() and voxels.max() <= SOFT_TISSUE[1]
    split = split_subjects(source.records())
    assert [len(_subjects(part)) for part in (split.train, split.validation, split.test)] == [3, 1, 2]


def test_objects_of_many_modalities_are_split_by_subject(public_data):
    for name in ("medscribble", "dsb2018", "totalsegmentator"):
        public_data(name)
    records = MedicalObjects(BOX).records()
    split = split_mix(records)
    assert not _subjects(split.train) & _subjects(split.test) and not _subjects(split.validation) & _subjects(split.test)
    assert len({record.tags["set"] for record in split.test}) == 14
    assert len(records) == len(split.train) + len(split.validation) + len(split.test)
    for record in records:
        assert record.get("mask", Mask).labels.shape == record.get("image", Image).pixels.shape[:2]
        assert len(record.get("box", Boxes).corners) == 1


def test_organs_of_the_ct_train_and_those_of_the_mr_test(public_data):
    public_data("totalsegmentator")
    volumes = {record.id: record for record in TotalSegmentator().records()}
    assert [len(volumes[name].get("mask", Mask).names) for name in ("ct", "mr")] == [41, 23]
    records = ObjectSlabs(TotalSegmentator(), 4, BOX).records()
    split = split_modalities(records)
    assert _subjects(split.train) == _subjects(split.validation) == {"totalsegmentator-ct"}
    assert _subjects(split.test) == {"totalsegmentator-mr"}
    assert np.ptp([record.get("image", Volume).voxels.shape[0] for record in records]) == 0
