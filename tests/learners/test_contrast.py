import numpy as np
import pytest

from vesalius.learners.contrast import Equalised, clahe
from vesalius.records import Image, Record
from vesalius.sources.simulators.fundus import Fundus
from vesalius.tasks import Prediction


@pytest.fixture(scope="module")
def photograph():
    return Fundus(count=1, size=200).records()[0].get("image", Image).pixels[:, :160]


def test_it_does_what_the_method_does_in_scikit_image(photograph):
    exposure = pytest.importorskip("skimage.exposure")
    grey = photograph.mean(axis=2)
    ours, theirs = clahe(grey), exposure.equalize_adapthist(grey / 255)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.97
    assert abs(ours.mean() - theirs.mean()) < 0.05


def test_contrast_of_a_dark_part_rises_whatever_the_rest_is(photograph):
    uneven = photograph.mean(axis=2)
    uneven[:, :80] *= 0.2
    before, after = (values[60:140, 20:60].std() / np.ptp(values) for values in (uneven, clahe(uneven)))
    assert after > 1.5 * before


def test_the_limit_bounds_how_much_noise_is_raised():
    noise = np.full((64, 64), 100.0) + np.random.default_rng(0).normal(0, 1, (64, 64))
    noise[0, 0], noise[-1, -1] = 0, 255
    gains = [clahe(noise, limit=limit).std() / (noise.std() / 255) for limit in (0.006, 0.02, 1.0)]
    assert gains[0] < gains[1] < gains[2] and gains[0] < 256 * 0.006 + 0.5


@pytest.mark.parametrize("shape", [(1, 1), (5, 200), (33, 47, 3)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64"])
def test_any_size_and_type_comes_back_between_0_and_1(shape, dtype):
    pixels = (200 * np.random.default_rng(0).random(shape)).astype(dtype)
    found = clahe(pixels)
    assert found.shape == shape and found.min() >= 0 and found.max() <= 1


def test_a_learner_is_given_equalised_images_in_training_and_prediction(photograph, tmp_path):
    seen = []

    class Learner:
        trained_parameters = 3

        def fit(self, train, validation):
            seen.extend([*train, *validation])

        def predict(self, records):
            seen.extend(records)
            return [Prediction(record_id=record.id, value=0.0) for record in records]

    record = Record(id="1", subject_id="1", fields={"image": Image(photograph)})
    learner = Equalised(Learner())
    learner.fit([record], [record])
    assert [prediction.record_id for prediction in learner.predict([record])] == ["1"]
    assert len(seen) == 3 and learner.trained_parameters == 3
    assert all(np.array_equal(each.get("image", Image).pixels, clahe(photograph)) for each in seen)
    assert record.get("image", Image).pixels is photograph
