from functools import partial

import numpy as np
import pytest
import torch

from vesalius.errors import UserError
from vesalius.learners.promptable import Promptable, dice_and_cross_entropy
from vesalius.learners.training import Regime
from vesalius.metrics import dice
from vesalius.nets.sam import freeze, new_sam, small_shape
from vesalius.records import Geometry, Image, Mask, Record, Volume
from vesalius.tasks.prompts import Prompting, prompted

BOX = Prompting(kinds=("box",))


class FromMaps(torch.nn.Module):
    """A network that reads the prompt as channels beside the image, as ScribblePrompt's does."""

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(6, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(8, 1, 3, padding=1)
        )

    def forward(self, batch):
        return self.layers(torch.cat([batch["image"], batch["maps"]], dim=1))[:, 0]


def _squares(count, prompting=BOX, depth=None):
    """Two bright squares in each image; the prompt says which is meant."""
    generator, records = np.random.default_rng(0), []
    for number in range(count):
        labels = np.zeros((32, 32), dtype=np.uint8)
        for label, corner in enumerate(([2, 2], [18, 18]), start=1):
            low = corner + generator.integers(0, 4, 2)
            labels[low[0] : low[0] + 9, low[1] : low[1] + 9] = label
        image = (labels > 0) + 0.1 * generator.normal(size=labels.shape)
        if depth is not None:
            image, labels = np.stack([image] * depth), np.stack([labels] * depth)
            labels[-1] = 0
        field = Image(image) if depth is None else Volume(image, Geometry(np.eye(4)))
        fields = {"image": field, "mask": Mask(labels, ("first", "second"))}
        records.append(Record(id=str(number), subject_id=str(number), fields=fields))
    return prompted(records, prompting, seed=0)


def _learner(network=FromMaps, steps=60, prompting=BOX, **options):
    regime = Regime(steps=steps, learning_rate=1e-2)
    return Promptable(network, regime=regime, seed=0, prompting=prompting, size=32, batch=4, **options)


def _dice(learner, records):
    return np.mean([dice(said.value, record.get("mask", Mask).labels) for said, record in zip(learner.predict(records), records)])


@pytest.mark.parametrize("kind", ["box", "clicks", "scribbles"])
def test_any_network_learns_to_segment_the_object_that_is_pointed_out(kind):
    prompting = Prompting(kinds=(kind,), positive=4, negative=4, strokes=6)
    records = _squares(12, prompting)
    learner = _learner(prompting=prompting)
    learner.fit(records[:16], records[16:18])
    assert _dice(learner, records[18:]) > (0.9 if kind == "box" else 0.3)


def test_what_is_answered_depends_on_the_prompt():
    records = _squares(8)
    learner = _learner()
    learner.fit(records[:12], [])
    first, second = (said.value for said in learner.predict(records[12:14]))
    assert dice(first, second) < 0.1


def test_volumes_are_answered_in_their_prompted_slices():
    records = _squares(6, depth=4)
    learner = _learner(depth=2)
    learner.fit(records[:8], records[8:10])
    mask = learner.predict(records[10:])[0].value
    assert mask.shape == (4, 32, 32) and mask[:3].any(axis=(1, 2)).all() and not mask[3].any()


def test_a_network_of_which_nothing_is_trainable_is_left_alone():
    learner = _learner(partial(new_sam, small_shape(image=32, width=16, layers=1)), adapt=freeze)
    before = {name: value.clone() for name, value in learner.network.state_dict().items()}
    learner.fit(_squares(2), [])
    assert learner.trained_parameters == 0 and not learner.histories
    assert all(torch.equal(value, before[name]) for name, value in learner.network.state_dict().items())


def test_saved_learner_answers_as_before_and_a_damaged_file_is_refused(tmp_path):
    records = _squares(4)
    learner, other = _learner(steps=5), _learner(steps=5)
    learner.fit(records, [])
    learner.save(tmp_path)
    other.load(tmp_path)
    assert np.array_equal(learner.predict(records)[0].value, other.predict(records)[0].value)
    (tmp_path / "promptable.safetensors").write_bytes(b"no")
    with pytest.raises(UserError, match="another network"):
        other.load(tmp_path)


def test_training_starts_from_the_given_weights():
    def start(network):
        torch.nn.init.constant_(network.layers[2].bias, 7.0)

    learner = _learner(steps=1, start=start)
    learner.fit(_squares(2), [])
    assert abs(float(learner.network.layers[2].bias.detach()) - 7) < 0.1


def test_nothing_to_train_on_is_refused():
    with pytest.raises(UserError, match="No training records"):
        _learner().fit([], [])


def test_loss_weighs_small_objects_as_large_ones():
    logits = torch.full((2, 16, 16), -4.0)
    truth = torch.zeros(2, 16, 16)
    truth[0, :2, :2], truth[1, :12, :12] = 1, 1
    losses = [float(dice_and_cross_entropy(logits[[index]], truth[[index]])) for index in (0, 1)]
    entropy = [float(torch.nn.functional.binary_cross_entropy_with_logits(logits[[index]], truth[[index]])) for index in (0, 1)]
    assert entropy[0] < 0.1 < 0.7 < losses[0] - entropy[0]
    assert losses[1] > entropy[1] + 0.7
