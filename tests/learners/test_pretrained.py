from dataclasses import replace

import numpy as np
import pytest
import torch

from vesalius.errors import UserError
from vesalius.learners.pretrained import Pretrained
from vesalius.learners.segmenter import Segmenter
from vesalius.learners.training import HISTORIES, History
from vesalius.nets.unet import UNet
from vesalius.records import Image, Mask, Record

RANDOM = np.random.default_rng(0)


def record(number, labelled=True):
    fields = {"image": Image(RANDOM.normal(size=(16, 16)) + number)}
    if labelled:
        fields["mask"] = Mask(RANDOM.integers(2, size=(16, 16)), ("thing",))
    return Record(id=str(number), subject_id=str(number), fields=fields)


RECORDS = [record(0), record(1, labelled=False), record(2, labelled=False)]


def network():
    return UNet(1, 2, (4, 8))


def segmenter(make, steps=2):
    return Segmenter(make, steps=steps, seed=0, patch=(8, 8), batch=2, learning_rate=1e-3)


def mark(model, images_CS, seed):
    """A pretext that does nothing but set every weight of the encoder to a number."""
    with torch.no_grad():
        for parameter in model.encoders.parameters():
            parameter.fill_(0.125)
    return History(losses=[1.0], learning_rates=[0.0])


def test_the_downstream_network_starts_from_the_pretext_and_keeps_its_own_decoder():
    learner = Pretrained(network, pretext=mark, downstream=lambda make: segmenter(make, steps=0), seed=3, target="mask")
    scratch = Pretrained(network, pretext=None, downstream=lambda make: segmenter(make, steps=0), seed=3, target="mask")
    learner.fit(RECORDS, [])
    scratch.fit(RECORDS, [])
    assert all((parameter == 0.125).all() for parameter in learner.learner.network.encoders.parameters())
    for one, other in zip(learner.learner.network.decoders.parameters(), scratch.learner.network.decoders.parameters()):
        assert torch.equal(one, other)


def test_the_pretext_gets_all_images_and_no_mask():
    seen = []

    def look(model, images_CS, seed):
        seen.extend(images_CS)
        return History()

    Pretrained(network, pretext=look, downstream=segmenter, seed=0, target="mask").fit(RECORDS, [])
    assert [image.shape for image in seen] == [(1, 16, 16)] * 3
    # Standardised by the labelled image, as the segmenter does.
    assert abs(seen[0].mean()) < 1e-5 < abs(seen[2].mean())


def test_masks_of_unlabelled_records_make_no_difference():
    answers = []
    for others in ([record(1, labelled=False)], []):
        learner = Pretrained(network, pretext=mark, downstream=segmenter, seed=0, target="mask")
        learner.fit([RECORDS[0], *others], others)
        blind = [replace(RECORDS[2])]
        answers.append(learner.predict(blind)[0].value)
    assert (answers[0] == answers[1]).all()


def test_curves_of_both_phases_are_saved(tmp_path):
    learner = Pretrained(network, pretext=mark, downstream=segmenter, seed=0, target="mask")
    learner.fit(RECORDS, [])
    learner.save(tmp_path)
    assert list(learner.histories) == ["pretraining", "fine-tuning"]
    assert "pretraining" in (tmp_path / HISTORIES).read_text()


def test_without_any_label_there_is_nothing_to_fine_tune_on():
    with pytest.raises(UserError, match="mask"):
        Pretrained(network, pretext=None, downstream=segmenter, seed=0, target="mask").fit(RECORDS[1:], [])
