from dataclasses import replace

import numpy as np
import pytest
import torch

from vesalius.errors import UserError
from vesalius.learners.ambiguous.models import DiffusionMasks, ProbabilisticMasks
from vesalius.learners.ambiguous.segmenter import AmbiguousSegmenter
from vesalius.learners.denoiser.objectives import Diffusion
from vesalius.learners.training import Regime
from vesalius.metrics import dice
from vesalius.nets.ambiguity import Gaussian
from vesalius.records import Image, Mask, Record

torch.set_num_threads(1)
REGIME = Regime(steps=200, learning_rate=3e-3, weight_decay=0.0, average=0.95, clip=1.0)
CIMD = DiffusionMasks(widths=(16, 32), encoder_widths=(8, 16), latent=4, evaluations=8)
MODELS = {"cimd": CIMD, "diffusion": replace(CIMD, latent=0), "probabilistic": ProbabilisticMasks(widths=(8, 16), latent=4)}
READINGS = ("small", "large")


def record(number):
    """A bright square; one annotator takes it, the other as much again beside it."""
    random = np.random.default_rng(number)
    pixels, masks = random.normal(0, 0.1, (16, 16)), np.zeros((2, 16, 16), np.uint8)
    top, left = random.integers(2, 6, 2)
    pixels[top : top + 6, left : left + 6] += 1
    masks[:, top : top + 6, left : left + 6] = 1
    masks[1, top : top + 6, left : left + 8] = 1
    masks[1, top : top + 8, left : left + 6] = 1
    fields = {name: Mask(mask, ("square",)) for name, mask in zip(READINGS, masks, strict=True)}
    return Record(id=str(number), subject_id=str(number), fields={"image": Image(pixels), **fields})


TRAIN = [record(number) for number in range(40)]
TEST = [record(number) for number in range(100, 104)]


def segmenter(model, *, steps=200, seed=0, samples=6):
    return AmbiguousSegmenter(model, regime=replace(REGIME, steps=steps), seed=seed, readings=READINGS, samples=samples, batch=16)


def lesson(model):
    random = np.random.default_rng(0)
    image = np.stack([one.get("image", Image).pixels for one in TRAIN[:8]])[:, None].astype(np.float32)
    mask = np.stack([2.0 * one.get("small", Mask).labels - 1 for one in TRAIN[:8]])[:, None].astype(np.float32)
    return {name: torch.from_numpy(value) for name, value in model.lesson(image, mask, random).items()}


def trained_network(model):
    torch.manual_seed(0)
    network = model.network(1)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.15)
    return network


@pytest.fixture(scope="module")
def fitted():
    learners = {name: segmenter(model) for name, model in MODELS.items()}
    learners["probabilistic"] = segmenter(MODELS["probabilistic"], steps=400)
    for learner in learners.values():
        learner.fit(TRAIN, [])
    return learners


@pytest.mark.parametrize("name", MODELS)
def test_samples_are_masks_of_the_square_and_differ(fitted, name):
    scores = []
    for one, prediction in zip(TEST, fitted[name].predict(TEST), strict=True):
        made = prediction.value
        assert made.shape == (6, 16, 16) and made.dtype == np.uint8 and (made != made[:1]).any()
        scores += [max(dice(mask, one.get(reading, Mask).labels) for reading in READINGS) for mask in made]
    assert np.mean(scores) > 0.6


@pytest.mark.parametrize("name", MODELS)
def test_a_record_alone_gets_the_masks_that_it_gets_among_others(fitted, name):
    together = fitted[name].predict(TEST)
    assert all((fitted[name].predict([one])[0].value == other.value).all() for one, other in zip(TEST, together, strict=True))


@pytest.mark.parametrize("name", MODELS)
def test_saved_and_loaded_it_gives_the_same_masks(fitted, name, tmp_path):
    fitted[name].save(tmp_path)
    restored = segmenter(MODELS[name])
    restored.load(tmp_path)
    assert (restored.predict(TEST)[0].value == fitted[name].predict(TEST)[0].value).all()


def silent(shape):
    return torch.zeros(shape)


def drawn(seed):
    generator = torch.Generator().manual_seed(seed)
    return lambda shape: torch.randn(shape, generator=generator)


def images(count=6):
    pixels = torch.from_numpy(TEST[0].get("image", Image).pixels).float()
    return ((pixels - pixels.mean()) / pixels.std())[None, None].repeat(count, 1, 1, 1)


def test_a_probabilistic_unet_without_its_latent_gives_one_mask_only(fitted):
    model, network, image = MODELS["probabilistic"], fitted["probabilistic"].network, images()
    same = model.sample(network, image, silent)
    assert (same == same[:1]).all()
    assert not (model.sample(network, image, drawn(0)) == same).all()


@pytest.mark.parametrize("name", ["cimd", "diffusion"])
def test_samples_of_a_diffusion_differ_by_its_noise_alone(fitted, name):
    def shared_start(shape):
        return torch.randn(1, 1, 16, 16, generator=torch.Generator().manual_seed(2)).expand(shape)

    with torch.inference_mode():
        alike = replace(MODELS[name], eta=0.0).sample(fitted[name].network, images(), shared_start)
        several = replace(MODELS[name], eta=0.0).sample(fitted[name].network, images(), drawn(0))
    assert (alike == alike[:1]).all() and (several != several[:1]).any()


def test_the_loss_of_cimd_is_that_of_the_noise_and_of_the_two_networks():
    network, batch = trained_network(CIMD), lesson(CIMD)
    without, once, twice = (float(replace(CIMD, beta=beta).loss(network, batch).detach()) for beta in (0.0, 1.0, 2.0))
    assert once > without and twice - once == pytest.approx(once - without, rel=1e-3)


def gradient_of(network, part):
    found = [parameter.grad for parameter in getattr(network, part).parameters()]
    return torch.cat([torch.zeros(1) if each is None else each.flatten() for each in found])


def test_the_divergence_teaches_both_gaussian_networks_and_the_denoiser():
    taught = {}
    for beta in (0.0, 1.0):
        network = trained_network(CIMD)
        replace(CIMD, beta=beta).loss(network, lesson(CIMD)).backward()
        taught[beta] = {part: gradient_of(network, part) for part in ("modelling", "controlling", "denoiser")}
    for part in ("modelling", "controlling"):
        assert taught[0.0][part].abs().sum() == 0 < taught[1.0][part].abs().sum()
    assert not torch.allclose(taught[0.0]["denoiser"], taught[1.0]["denoiser"])


def test_what_the_denoiser_says_reaches_the_controlling_network_and_the_annotators_mask_the_other(monkeypatch):
    network, batch, seen = trained_network(CIMD), lesson(CIMD), {}
    for name in ("model", "control"):
        heard = getattr(network, name)
        monkeypatch.setattr(
            network, name, lambda image, mask, name=name, heard=heard: seen.update({name: mask}) or heard(image, mask)
        )
    CIMD.loss(network, batch)
    assert torch.equal(seen["model"], batch["mask"])
    assert torch.equal(seen["control"], network(batch["noisy"], batch["time"], batch["image"]))


def test_the_bound_of_the_probabilistic_unet_counts_its_divergence(monkeypatch):
    model = MODELS["probabilistic"]
    network, batch = trained_network(model), lesson(model)
    pixels = batch["mask"][0].numel()
    same = Gaussian(torch.zeros(8, 4), torch.zeros(8, 4))
    far = Gaussian(torch.ones(8, 4), torch.zeros(8, 4))
    monkeypatch.setattr(network.posterior, "forward", lambda seen: same)
    losses = []
    for prior in (same, far):
        monkeypatch.setattr(network.prior, "forward", lambda seen, prior=prior: prior)
        losses.append(float(model.loss(network, batch).detach()))
    assert losses[1] - losses[0] == pytest.approx(4 / 2 / pixels, rel=1e-3)


def test_a_mask_is_spoilt_by_the_schedule_of_the_diffusion():
    model = replace(CIMD, diffusion=Diffusion("linear", 1000))
    batch = lesson(model)
    assert set(np.unique(batch["mask"].numpy())) == {-1.0, 1.0}
    assert batch["noisy"].shape == batch["mask"].shape and not torch.equal(batch["noisy"], batch["mask"])


def test_bad_input_is_refused_in_one_sentence():
    learner = segmenter(MODELS["probabilistic"], steps=1)
    with pytest.raises(UserError, match="No training records"):
        learner.fit([], [])
    with pytest.raises(UserError, match="no weights"):
        learner.predict(TEST)
    several = Record(
        id="s",
        subject_id="s",
        fields={"image": TRAIN[0].fields["image"], "small": Mask(np.zeros((16, 16), np.uint8), ("a", "b"))},
    )
    with pytest.raises(UserError, match="one task of each label"):
        learner.fit([several], [])
    nobody = Record(id="n", subject_id="n", fields={"image": TRAIN[0].fields["image"]})
    with pytest.raises(UserError, match="none of the fields small, large"):
        learner.fit([nobody], [])


def test_records_of_one_annotator_are_learned_from_too():
    alone = [replace(one, fields={name: field for name, field in one.fields.items() if name != "large"}) for one in TRAIN]
    learner = segmenter(MODELS["probabilistic"], steps=2)
    learner.fit(alone, [])
    assert learner.predict(TEST[:1])[0].value.shape == (6, 16, 16)
