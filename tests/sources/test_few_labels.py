import numpy as np
import pytest

from vesalius.records import Label, Mask, Record
from vesalius.sources.few_labels import FewLabels

LABELLED = [Record(id=str(n), subject_id=str(n), fields={"label": Label("ab"[n % 10 == 0], ("a", "b"))}) for n in range(100)]


def test_each_class_keeps_its_share():
    few = FewLabels(share=0.2, target="label").build(LABELLED, seed=0)
    kept = [record.get("label", Label).value for record in few if "label" in record.fields]
    assert [record.id for record in few] == [record.id for record in LABELLED]
    assert (kept.count("a"), kept.count("b")) == (18, 2)


def test_even_a_rare_class_keeps_one():
    few = FewLabels(share=0.01, target="label").build(LABELLED, seed=0)
    assert sorted(record.get("label", Label).value for record in few if "label" in record.fields) == ["a", "b"]


def test_another_seed_keeps_others_and_the_same_seed_the_same():
    def kept(seed):
        return [record.id for record in FewLabels(share=0.2, target="label").build(LABELLED, seed) if record.fields]

    assert kept(0) == kept(0) != kept(1)


def test_records_that_have_no_target_are_left_and_not_counted():
    masked = [Record(id=str(n), subject_id=str(n), fields={"mask": Mask(np.zeros((1, 1), int), ())}) for n in range(4)]
    bare = Record(id="bare", subject_id="bare", fields={})
    few = FewLabels(share=0.5, target="mask").build([*masked, bare], seed=0)
    assert few[-1] is bare and sum("mask" in record.fields for record in few) == 2


@pytest.mark.parametrize("share", [0.0, 1.1])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match="share"):
        FewLabels(share=share, target="label")
