import numpy as np
import pytest
import torch
from torch import nn

from vesalius.errors import UserError
from vesalius.learners.classifier import SETTINGS, WEIGHTS, Classifier, moved, soft_cross_entropy
from vesalius.learners.learner import Learner
from vesalius.learners.scans import scan_of
from vesalius.learners.training import Regime
from vesalius.nets.resnet import ResNet
from vesalius.records import Geometry, Image, Label, Record, Volume

CLASSES = ("left", "right", "both")


def record(number, kind=None):
    """Bright stripes on the left, the right, or both sides."""
    random = np.random.default_rng(number)
    kind = number % 3 if kind is None else kind
    pixels = random.normal(100, 20, size=(24, 24))
    pixels[::4, :10] += 60 * (kind != 1)
    pixels[::4, -10:] += 60 * (kind != 0)
    return Record(id=str(number), subject_id=str(number), fields={"image": Image(pixels), "label": Label(CLASSES[kind], CLASSES)})


TRAIN, VALIDATION, TEST = ([record(number) for number in numbers] for numbers in (range(36), range(36, 48), range(48, 78)))


def classifier(seed=0, steps=60, **options):
    regime = Regime(steps=steps, learning_rate=1e-2)
    return Classifier(lambda: ResNet(1, 3, widths=(8, 16)), regime=regime, seed=seed, batch=12, **options)


def answers(learner):
    return np.stack([prediction.value for prediction in learner.predict(TEST)])


@pytest.fixture(scope="module")
def fitted():
    learner = classifier()
    learner.fit(TRAIN, VALIDATION)
    return learner


def test_it_learns_what_the_prior_cannot(fitted):
    assert isinstance(fitted, Learner)
    truth = [one.fields["label"].index for one in TEST]
    assert (answers(fitted).argmax(axis=1) == truth).mean() > 0.9
    np.testing.assert_allclose(answers(fitted).sum(axis=1), 1)


def test_equal_seeds_give_equal_bits():
    first, second = classifier(steps=3), classifier(steps=3)
    for learner in (first, second):
        learner.fit(TRAIN, [])
    assert (answers(first) == answers(second)).all()


def test_saved_classifier_answers_as_before(fitted, tmp_path):
    fitted.save(tmp_path)
    loaded = classifier(seed=5)
    loaded.load(tmp_path)
    assert (answers(loaded) == answers(fitted)).all()


@pytest.mark.parametrize("file", [WEIGHTS, SETTINGS])
def test_damaged_files_are_named(fitted, tmp_path, file):
    fitted.save(tmp_path)
    (tmp_path / file).write_bytes(b"{")
    with pytest.raises(UserError, match=file):
        classifier().load(tmp_path)


def test_rare_classes_are_drawn_as_often_as_others():
    seen = []

    def watching(network, image_BCS, truth_BK):
        seen.append(truth_BK.sum(dim=0))
        return soft_cross_entropy(network(image_BCS), truth_BK)

    rare = [record(number, kind=0) for number in range(0, 300, 3)] + [record(1, kind=1)]
    classifier(steps=20, augment=watching).fit(rare, [])
    shares = torch.stack(seen).sum(dim=0) / (20 * 12)
    assert shares[2] == 0 and 0.4 < shares[1] < 0.6


def test_mirroring_happens_only_on_request():
    ramp = np.broadcast_to(np.arange(16, dtype=np.float32), (1, 16, 16))
    slopes = {
        mirror: {
            float(np.sign(np.diff(moved(ramp, np.random.default_rng(seed), mirror=mirror)[0, 0]).sum())) for seed in range(20)
        }
        for mirror in (False, True)
    }
    assert slopes == {False: {1.0}, True: {1.0, -1.0}}


def test_images_of_other_sizes_or_channels_are_named(fitted):
    small = Record(id="small", subject_id="s", fields={"image": Image(np.zeros((8, 8))), "label": Label("left", CLASSES)})
    with pytest.raises(UserError, match="Record small"):
        classifier(steps=1).fit([*TRAIN, small], [])
    colour = Record(id="colour", subject_id="s", fields={"image": Image(np.zeros((24, 24, 3)))})
    with pytest.raises(UserError, match="Record colour"):
        fitted.predict([colour])


@pytest.mark.parametrize("field", [Image(np.ones((6, 5, 3))), Volume(np.ones((4, 5, 6)), Geometry(np.eye(4)))])
def test_colour_images_and_volumes_have_classes_too(field):
    one = Record(id="1", subject_id="1", fields={"image": field, "label": Label("left", CLASSES)})
    numbers = scan_of(one, "image").image_CS.size
    regime = Regime(steps=1, learning_rate=1e-2)
    learner = Classifier(lambda: nn.Sequential(nn.Flatten(), nn.Linear(numbers, 3)), regime=regime, seed=0, batch=2)
    learner.fit([one], [one])
    assert learner.predict([one])[0].value.sum() == pytest.approx(1)


def test_unfitted_classifier_says_so():
    with pytest.raises(UserError, match="fit or load"):
        classifier().predict(TEST)
