from dataclasses import replace

import numpy as np
import pytest
import torch

from vesalius.errors import UserError
from vesalius.learners import in_context
from vesalius.learners.in_context import Episodes, InContext, changed
from vesalius.learners.support_only import SupportOnly
from vesalius.learners.synthetic_tasks import synthetic_task
from vesalius.learners.task_examples import Example
from vesalius.learners.training import Regime
from vesalius.nets.unet import UNet
from vesalius.nets.universeg import UniverSeg
from vesalius.records import Image, Mask, Record

torch.set_num_threads(1)
SIDE = 16


def disc(number, bright):
    """A bright and a dark disc; the task says which is meant."""
    random = np.random.default_rng(number)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    places = random.uniform(4, 11), random.uniform(4, 11)
    first, second = ((rows - place) ** 2 + (columns - at) ** 2 < 9 for place, at in zip(places, (3, 12)))
    pixels = (0.5 + 0.5 * first - 0.5 * second + 0.03 * random.normal(size=first.shape)).astype(np.float32)
    return pixels, (first if bright else second).astype(np.uint8)


def records(count, bright, name):
    return [
        Record(
            id=f"{name}{number}",
            subject_id=f"{name}{number}",
            fields={"image": Image(image), "mask": Mask(mask, ("disc",))},
            tags={"set": name, "task": name},
        )
        for number in range(count)
        for image, mask in [disc(number, bright)]
    ]


def query(bright, count=4):
    image, mask = disc(99, bright)
    support = [disc(200 + number, bright) for number in range(count)]
    images, masks = (np.stack(each, axis=-1) for each in zip(*support))
    fields = {
        "image": Image(image),
        "mask": Mask(mask, ("disc",)),
        "support_images": Image(images),
        "support_masks": Mask(masks, ("disc",)),
    }
    return Record(id="query", subject_id="query", fields=fields)


def learner(steps=2, seed=0, ensemble=2, synthetic=0.3):
    return InContext(
        lambda: UniverSeg((8, 8)),
        regime=Regime(steps=steps, learning_rate=5e-3),
        seed=seed,
        episodes=Episodes(support=3, synthetic=synthetic, ensemble=ensemble),
        size=SIDE,
        batch=4,
    )


def test_the_examples_say_what_is_segmented_in_the_same_image(monkeypatch):
    monkeypatch.setattr(in_context, "changed", lambda examples, generator: list(examples))
    trained = learner(steps=120, synthetic=0.0)
    trained.fit([*records(10, True, "bright"), *records(10, False, "dark")], [])
    asked = {bright: trained.predict([query(bright)])[0].value for bright in (True, False)}
    left, right = (slice(None), slice(0, 8)), (slice(None), slice(8, None))
    assert asked[True][left].sum() > asked[False][left].sum()
    assert asked[False][right].sum() > asked[True][right].sum()


def test_a_query_is_never_among_its_own_examples(monkeypatch):
    seen = []
    monkeypatch.setattr(in_context, "changed", lambda examples, generator: (seen.append(list(examples)), list(examples))[1])
    learner(steps=3, synthetic=0.0).fit(records(5, True, "bright"), [])
    assert len(seen) == 12
    assert all(example is not first for first, *others in seen for example in others)


def test_batches_have_support_sets_of_several_sizes(monkeypatch):
    sizes = set()
    monkeypatch.setattr(in_context, "changed", lambda examples, generator: (sizes.add(len(examples)), list(examples))[1])
    learner(steps=12).fit(records(5, True, "bright"), [])
    assert sizes == {2, 3, 4}


def test_prediction_averages_random_parts_of_the_support_set(monkeypatch):
    seen = []

    class Spy(torch.nn.Module):
        def forward(self, image, support):
            seen.append(support.numpy().copy())
            return torch.zeros(1, 2, SIDE, SIDE)

    several = learner(ensemble=5)
    several.network = Spy()
    several.predict([query(True, count=6)])
    assert len(seen) == 5 and all(support.shape == (1, 3, 2, SIDE, SIDE) for support in seen)
    assert len({support.tobytes() for support in seen}) > 1


def test_same_seed_same_answers_also_after_saving_and_without_the_querys_own_mask(tmp_path):
    first, again = learner(), learner()
    for each in (first, again):
        each.fit(records(5, True, "bright"), [query(True)])
    asked = query(True)
    blind = replace(asked, fields={name: value for name, value in asked.fields.items() if name != "mask"})
    answer = first.predict([blind])[0].value
    assert (answer == again.predict([blind])[0].value).all() and (answer == first.predict([asked])[0].value).all()
    first.save(tmp_path)
    other = learner(seed=1)
    other.load(tmp_path)
    other._seed = 0
    assert (other.predict([blind])[0].value == answer).all()


@pytest.mark.parametrize(
    "made", [learner(), SupportOnly(lambda: UNet(1, 2, (4, 8)), regime=Regime(steps=1, learning_rate=1e-3), seed=0, batch=2)]
)
def test_a_query_without_a_support_set_is_refused(made):
    with pytest.raises(UserError, match="no support set"):
        made.predict(records(1, True, "bright"))


def test_a_support_set_of_another_size_is_refused():
    asked = query(True)
    other = replace(asked, fields={**asked.fields, "image": Image(np.zeros((8, 8)))})
    with pytest.raises(UserError, match="resize all to one size"):
        learner().predict([other])


def test_a_network_of_the_support_alone_learns_its_task():
    made = SupportOnly(lambda: UNet(1, 2, (8, 16)), regime=Regime(steps=40, learning_rate=1e-2), seed=0, batch=4)
    for bright in (True, False):
        asked = query(bright)
        answer, truth = made.predict([asked])[0].value, asked.get("mask", Mask).labels
        assert (answer & truth).sum() > 0.5 * truth.sum() and answer.sum() < 3 * truth.sum()


def test_a_task_is_changed_for_all_its_examples_alike():
    image, mask = disc(0, True)
    still = [Example(image, mask > 0)] * 4
    for seed in range(40):
        made = changed(still, np.random.default_rng(seed))
        areas = [each.region.sum() for each in made]
        assert max(areas) < 4 * min(areas), "a border in one is a border in all"
        inside = [each.image[each.region].mean() > each.image[~each.region].mean() for each in made]
        assert len(set(inside)) == 1 or min(areas) < 20, "inverted in one is inverted in all"


def test_examples_of_a_synthetic_task_show_one_structure_alike_in_other_forms():
    for seed in range(5):
        examples = synthetic_task(4, 32, np.random.default_rng(seed))
        assert all(example.region.any() for example in examples)
        assert any((examples[0].region != example.region).any() for example in examples[1:])
        levels = [example.image[example.region].mean() for example in examples]
        assert np.ptp(levels) < 0.4
    tasks = [synthetic_task(1, 32, np.random.default_rng(seed))[0].region for seed in range(2)]
    assert (tasks[0] != tasks[1]).any()
