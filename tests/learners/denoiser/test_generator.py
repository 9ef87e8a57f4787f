from dataclasses import replace

import numpy as np
import pytest
import torch

from vesalius.errors import UserError
from vesalius.learners.denoiser import generator
from vesalius.learners.denoiser.generator import Denoiser, Plan
from vesalius.learners.denoiser.judged import Judged
from vesalius.learners.denoiser.objectives import Diffusion, Flow
from vesalius.learners.denoiser.samplers import Denoising, Transport
from vesalius.learners.training import Regime
from vesalius.records import Image, Label, Mask, Record

torch.set_num_threads(1)
REGIME = Regime(steps=150, learning_rate=3e-3, weight_decay=0.0, average=0.95, clip=1.0)
PLAN = Plan(objective=Flow(), regime=REGIME, widths=(16, 16), batch=16)
SHORT = replace(PLAN, regime=replace(REGIME, steps=3))


def record(number, *, asked=None):
    """A dark or bright square on the left or on the right."""
    random = np.random.default_rng(number)
    side = int(random.integers(2))
    pixels = random.normal(100, 3, (10, 8))
    pixels[2:7, 4 * side : 4 * side + 4] += 60
    mask = np.zeros((10, 8), np.uint8)
    mask[2:7, 4 * side : 4 * side + 4] = 1
    fields = {
        "image": Image(pixels),
        "label": Label(("left", "right")[side], ("left", "right")),
        "mask": Mask(mask, ("square",)),
    }
    kept = fields if asked is None else {asked: fields[asked]} if asked else {}
    return Record(id=str(number), subject_id=str(number), fields=kept)


TRAIN = [record(number) for number in range(60)]


def fitted(plan=PLAN, sampler=None, *, condition="", evaluations=8, seed=0):
    learner = Denoiser(plan, sampler or Transport(), evaluations=evaluations, seed=seed, condition=condition)
    learner.fit(TRAIN, [])
    return learner


def side_of(image):
    return "right" if image[2:7, 4:].mean() > image[2:7, :4].mean() else "left"


@pytest.mark.parametrize("condition", ["label", "mask"])
def test_images_are_what_they_were_asked_to_be(condition):
    asked = [record(number, asked=condition) for number in range(100, 130)]
    made = [prediction.value for prediction in fitted(condition=condition).predict(asked)]
    true = [record(int(one.id)).get("label", Label).value for one in asked]
    assert np.mean([side_of(image) == side for image, side in zip(made, true, strict=True)]) > 0.9


def test_without_the_condition_the_side_is_left_to_chance():
    asked = [record(number, asked="") for number in range(100, 140)]
    right = np.mean([side_of(prediction.value) == "right" for prediction in fitted().predict(asked)])
    assert 0.15 < right < 0.85


def test_made_images_have_the_size_and_the_intensities_of_the_real_ones():
    made = fitted(condition="label").predict([record(number, asked="label") for number in range(100, 120)])
    values = np.stack([prediction.value for prediction in made])
    assert values.shape == (20, 10, 8) and values.dtype == np.float32
    real = np.stack([one.get("image", Image).pixels for one in TRAIN])
    assert values.mean() == pytest.approx(real.mean(), abs=10)
    assert real.min() - 5 < values.min() and values.max() < real.max() + 5


def test_a_record_alone_gets_the_image_that_it_gets_among_others():
    learner, asked = fitted(SHORT), [record(number, asked="") for number in range(5)]
    together = learner.predict(asked)
    alone = [learner.predict([one])[0] for one in asked]
    assert all((one.value == other.value).all() for one, other in zip(together, alone, strict=True))
    assert not (together[0].value == together[1].value).all()


def test_another_seed_makes_other_images_and_the_same_seed_the_same():
    asked = [record(1, asked="")]
    first = fitted(SHORT, seed=0).predict(asked)[0].value
    generator._trained.cache_clear()
    again, other = fitted(SHORT, seed=0).predict(asked)[0].value, fitted(SHORT, seed=1).predict(asked)[0].value
    assert (first == again).all() and not (first == other).all()


def test_learners_that_differ_in_sampling_only_are_trained_once():
    generator._trained.cache_clear()
    networks = [fitted(SHORT, evaluations=evaluations).network for evaluations in (1, 4)]
    assert networks[0] is networks[1]
    assert fitted(replace(SHORT, objective=Flow(coupled=True))).network is not networks[0]
    assert fitted(replace(SHORT, objective=Diffusion())).network is not networks[0]
    assert fitted(SHORT, seed=1).network is not networks[0]


def test_ancestral_sampling_differs_from_ddim_of_the_same_network():
    plan, asked = replace(SHORT, objective=Diffusion()), [record(1, asked="")]
    images = [fitted(plan, Denoising(eta)).predict(asked)[0].value for eta in (0.0, 1.0, 1.0)]
    assert not (images[0] == images[1]).all() and (images[1] == images[2]).all()


def test_saved_and_loaded_it_makes_the_same_images(tmp_path):
    learner, asked = fitted(SHORT, condition="mask"), [record(1, asked="mask")]
    learner.save(tmp_path)
    restored = Denoiser(SHORT, Transport(), evaluations=8, seed=0, condition="mask")
    restored.load(tmp_path)
    assert (restored.predict(asked)[0].value == learner.predict(asked)[0].value).all()
    (tmp_path / "denoiser.json").write_text("{}")
    with pytest.raises(UserError, match=r"denoiser\.json"):
        restored.load(tmp_path)


def test_bad_input_is_refused_in_one_sentence():
    learner = Denoiser(SHORT, Transport(), evaluations=1, seed=0, condition="label")
    with pytest.raises(UserError, match="No training records"):
        learner.fit([], [])
    with pytest.raises(UserError, match="no weights"):
        learner.predict([record(1, asked="label")])
    small = Record(id="small", subject_id="s", fields={**record(1).fields, "image": Image(np.zeros((4, 4)))})
    with pytest.raises(UserError, match="Record small"):
        learner.fit([record(1), small], [])
    with pytest.raises(UserError, match="name another field"):
        Denoiser(SHORT, Transport(), evaluations=1, seed=0, condition="none").fit([record(1)], [])
    masked = fitted(SHORT, condition="mask")
    wrong = Record(id="w", subject_id="w", fields={"mask": Mask(np.zeros((4, 4), np.uint8), ("square",))})
    with pytest.raises(UserError, match="resample"):
        masked.predict([wrong])


class Sided:
    """A judge that knows the side of a square."""

    trained_parameters = 0

    def fit(self, train, validation):
        assert all("image" in one.fields for one in train)

    def predict(self, records):
        from vesalius.tasks import Prediction

        return [Prediction(record_id=one.id, value=side_of(one.get("image", Image).pixels)) for one in records]

    def save(self, folder):
        (folder / "judge").touch()

    def load(self, folder):
        assert (folder / "judge").exists()


def test_a_judge_answers_of_the_generated_image(tmp_path):
    learner = Judged(Denoiser(PLAN, Transport(), evaluations=8, seed=0, condition="label"), Sided())
    learner.fit(TRAIN, [])
    asked = [record(number, asked="label") for number in range(100, 120)]
    said = [prediction.value for prediction in learner.predict(asked)]
    assert np.mean([one == other.get("label", Label).value for one, other in zip(said, asked, strict=True)]) > 0.9
    learner.save(tmp_path)
    learner.load(tmp_path)
    assert [prediction.value for prediction in learner.predict(asked)] == said
