from dataclasses import replace

import numpy as np
import pytest

from vesalius.errors import UserError
from vesalius.learners.classifier import Classifier
from vesalius.learners.explainer import Explainer
from vesalius.learners.training import Regime
from vesalius.metrics import energy_inside, pointing_game, randomisation_similarity
from vesalius.nets import attribution
from vesalius.nets.faithfulness import heat_map, randomisation_curve
from vesalius.nets.resnet import ResNet
from vesalius.records import Image, Label, Mask, Record

CLASSES = ("bright", "dark", "nothing")


def planted(count, seed):
    """A bright or a dark spot at a place of its own, or none, in noise."""
    random = np.random.default_rng(seed)
    records = []
    for number in range(count):
        kind = CLASSES[number % 3]
        pixels, inside = random.normal(0, 0.3, (32, 32)), np.zeros((32, 32), np.uint8)
        row, column = random.integers(2, 24, 2)
        if kind != "nothing":
            inside[row : row + 6, column : column + 6] = 1
            pixels += inside * (1.5 if kind == "bright" else -1.5)
        fields = {"image": Image(pixels.astype(np.float32)), "label": Label(kind, CLASSES), "mask": Mask(inside, ("spot",))}
        records.append(Record(id=str(number), subject_id=str(number), fields=fields))
    return records


def explainer(method, answer=heat_map, seed=0, steps=80):
    regime = Regime(steps=steps, learning_rate=1e-2)
    classifier = Classifier(lambda: ResNet(1, 3, widths=(8, 16)), regime=regime, seed=seed, batch=16)
    return Explainer(classifier, method, answer=answer, seed=seed)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a trained classifier, for any method of attribution."""
    folder = tmp_path_factory.mktemp("explainer")
    one = explainer(attribution.grad_cam)
    one.fit(planted(90, 0), [])
    one.save(folder)
    return folder


def said(folder, method, records, answer=heat_map):
    one = explainer(method, answer)
    one.load(folder)
    return [prediction.value for prediction in one.predict(records)]


def spots(count=45):
    return [record for record in planted(count, 1) if record.get("label", Label).value != "nothing"]


def mean(score, folder, method):
    records = spots()
    maps = said(folder, method, records)
    return np.mean([score(map_HW, record.get("mask", Mask).labels) for map_HW, record in zip(maps, records)])


@pytest.mark.parametrize("score", [pointing_game, energy_inside])
def test_grad_cam_finds_what_was_planted_and_does_not_without_training(trained, score):
    found = mean(score, trained, attribution.grad_cam)
    chance = mean(score, trained, attribution.noise)
    untrained = mean(score, trained, attribution.of_untrained(attribution.grad_cam))
    assert found > 2 * max(chance, untrained) and found > 0.12


def test_the_map_falls_when_layers_are_drawn_anew_and_edges_do_not(trained):
    records = spots(12)
    cam, edges = (
        np.mean([randomisation_similarity(curve) for curve in said(trained, method, records, randomisation_curve)])
        for method in (attribution.grad_cam, attribution.edges)
    )
    assert cam < 0.5 and edges == pytest.approx(1)


def test_the_class_of_the_record_is_explained_where_it_has_one(trained):
    record = spots()[0]
    other = replace(record, fields=record.fields | {"label": Label("nothing", CLASSES)})
    blind = replace(record, fields={"image": record.fields["image"]})
    true_map, other_map, blind_map = said(trained, attribution.grad_cam, [record, other, blind])
    assert not np.allclose(true_map, other_map)
    np.testing.assert_allclose(true_map, blind_map)  # the network is right


def test_noise_follows_from_the_seed_and_the_record(trained):
    one, two, again = said(trained, attribution.noise, [*spots()[:2], spots()[0]])
    np.testing.assert_array_equal(one, again)
    assert not np.allclose(one, two)


def test_a_folder_without_an_explainer_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"explainer\.json"):
        explainer(attribution.grad_cam).load(tmp_path)
