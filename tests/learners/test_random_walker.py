import numpy as np
import pytest

from vesalius.learners.random_walker import RandomWalker, marks_of, walk
from vesalius.records import Image, Mask, Record


def step():
    image = np.zeros((12, 12), dtype=np.float32)
    image[3:9, 3:9] = 1
    return image


def marks(*places):
    drawn = np.zeros((12, 12), dtype=bool)
    for place in places:
        drawn[place] = True
    return drawn


def test_walkers_stay_within_borders_of_intensity():
    probability = walk(step(), marks((5, 5)), marks((0, 0)))
    assert ((probability > 0.5) == (step() > 0.5)).all()


def test_marks_are_kept_and_probabilities_are_harmonic():
    probability = walk(np.zeros((12, 12), dtype=np.float32), marks((2, 2)), marks((9, 9)))
    assert probability[2, 2] == 1 and probability[9, 9] == 0
    inner = probability[1:-1, 1:-1]
    around = (probability[:-2, 1:-1] + probability[2:, 1:-1] + probability[1:-1, :-2] + probability[1:-1, 2:]) / 4
    free = ~(marks((2, 2)) | marks((9, 9)))[1:-1, 1:-1]
    assert np.allclose(inner[free], around[free])


def test_a_line_of_equal_steps_has_the_gamblers_probability():
    probability = walk(np.zeros((1, 11), dtype=np.float32), np.eye(1, 11, 10, dtype=bool), np.eye(1, 11, 0, dtype=bool))
    assert np.allclose(probability[0], np.arange(11) / 10)


def test_marks_of_one_sign_are_refused():
    with pytest.raises(ValueError, match="positive and negative"):
        walk(step(), marks((5, 5)), marks())


@pytest.mark.parametrize("given", [0, 1, 2])
def test_one_kind_of_prompt_is_enough(given):
    maps = np.zeros((3, 12, 12), dtype=bool)
    maps[given, 4:8, 4:8] = True
    positive, negative = marks_of(maps)
    assert positive.any() and negative.any() and not (positive & negative).any()


def test_learner_answers_in_the_images_own_size():
    labels = np.zeros((24, 20), dtype=np.uint8)
    labels[12, 8:12], labels[1] = 1, 2
    fields = {"image": Image(np.kron(step(), np.ones((2, 2)))[:, 2:22]), "scribbles": Mask(labels, ("positive", "negative"))}
    (prediction,) = RandomWalker(size=12).predict([Record(id="1", subject_id="1", fields=fields)])
    assert prediction.value.shape == (24, 20) and prediction.value[12, 10] == 1 and prediction.value[0, 0] == 0
