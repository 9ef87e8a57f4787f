import numpy as np
import pytest
import torch

from vesalius.errors import UserError
from vesalius.learners import interactive
from vesalius.learners.interactive import CHANNELS, Interactive, Practice
from vesalius.learners.simulated_user import SimulatedUser
from vesalius.learners.superpixels import superpixels
from vesalius.learners.task_examples import TaskExamples, moved_at_random
from vesalius.learners.training import Regime
from vesalius.nets.unet import UNet
from vesalius.records import Image, Mask, Record
from vesalius.tasks.prompts import PROMPTS, Prompting, prompted

torch.set_num_threads(1)
EVERYTHING = SimulatedUser(PROMPTS)


def discs(count, name="discs"):
    """Bright discs, two in each image of which one is meant."""
    rows, columns = np.mgrid[:40, :40]
    records = []
    for number in range(count):
        random = np.random.default_rng(number)
        height = int(random.integers(10, 30))
        inside, other = ((rows - height) ** 2 + (columns - at) ** 2 < 50 for at in (10, 30))
        pixels = (inside | other) + 0.1 * random.normal(size=(40, 40))
        fields = {"image": Image(pixels), "mask": Mask(inside.astype(np.uint8), ("disc",))}
        records.append(Record(id=f"{name}{number}", subject_id=str(number), fields=fields, tags={"set": name, "task": name}))
    return records


def learner(steps=2, seed=0, rounds=2, user=EVERYTHING, synthetic=0.0):
    return Interactive(
        lambda: UNet(CHANNELS, 2, (8, 16)),
        regime=Regime(steps=steps, learning_rate=1e-2),
        seed=seed,
        practice=Practice(user=user, rounds=rounds, synthetic=synthetic),
        size=32,
        batch=4,
    )


def region():
    inside = np.zeros((32, 32), dtype=bool)
    inside[8:20, 10:26] = True
    return inside


def test_first_prompts_are_of_all_kinds_and_on_their_side():
    seen = set()
    for seed in range(40):
        maps = EVERYTHING.first(region(), np.random.default_rng(seed)).astype(bool)
        assert maps.any() and not (maps[1] & ~region()).any() and not (maps[2] & region()).any()
        seen |= {index for index in range(3) if maps[index].any()}
    assert seen == {0, 1, 2}


@pytest.mark.parametrize(("kind", "most"), [("clicks", 1), ("scribbles", 200)])
def test_a_correction_lies_in_the_error_of_the_prediction(kind, most):
    user, empty = SimulatedUser((kind,)), np.zeros((3, 32, 32), dtype=np.float32)
    predicted = np.roll(region(), 6, axis=1)
    signs = set()
    for seed in range(20):
        added = user.corrected(empty, region(), predicted, np.random.default_rng(seed)).astype(bool)
        assert not (added[1] & ~(region() & ~predicted)).any() and not (added[2] & ~(predicted & ~region())).any()
        assert 1 <= added.sum() <= most
        signs |= set(np.flatnonzero(added.any(axis=(1, 2))))
    assert signs == {1, 2}


def test_what_is_right_is_not_corrected():
    maps = np.zeros((3, 32, 32), dtype=np.float32)
    assert EVERYTHING.corrected(maps, region(), region(), np.random.default_rng(0)) is maps


def test_marks_decide_which_of_two_equal_discs_is_segmented():
    trained = learner(steps=40)
    trained.fit(discs(8), [])
    image = discs(9)[8].get("image", Image).pixels[:32, :32].astype(np.float32)
    answers = []
    for column in (10, 29):
        maps = np.zeros((3, 32, 32), dtype=np.float32)
        row = int(np.argmax(image[:, column - 3 : column + 3].sum(axis=1)))
        maps[1, row - 2 : row + 3, column - 2 : column + 2] = 1
        answers.append(trained.respond(image, maps).numpy())
    assert answers[0][:, :20].mean() > answers[1][:, :20].mean()
    assert answers[1][:, 20:].mean() > answers[0][:, 20:].mean()


def test_every_round_after_the_first_sees_a_correction_and_the_logits_before(monkeypatch):
    seen = []
    whole = interactive._stacked
    monkeypatch.setattr(interactive, "_stacked", lambda *parts: (seen.append([part.clone() for part in parts]), whole(*parts))[1])
    learner(steps=1, rounds=3, user=SimulatedUser(("clicks",))).fit(discs(4), [])
    first, second, third = seen
    assert not first[2].any() and second[2].any() and (third[2] != second[2]).any()
    marks = [int(maps[:, 1:].sum()) for _, maps, _ in seen]
    assert marks[0] < marks[1] <= marks[2]


def test_loss_counts_every_round(monkeypatch):
    counted = []
    monkeypatch.setattr(interactive, "LOSS", lambda logits, labels: (counted.append(1), logits.square().mean())[1])
    learner(steps=1, rounds=3).fit(discs(4), [])
    assert len(counted) == 3


def test_same_seed_same_answers_also_after_saving(tmp_path):
    records = prompted(discs(5), Prompting(kinds=("scribbles",)), seed=0)
    first, again = learner(), learner()
    for each in (first, again):
        each.fit(records[:4], records[4:])
    answers = [each.predict(records)[0].value for each in (first, again)]
    assert (answers[0] == answers[1]).all()
    first.save(tmp_path)
    other = learner(seed=1)
    other.load(tmp_path)
    assert (other.predict(records)[0].value == answers[0]).all()


def test_a_record_without_a_prompt_is_refused():
    with pytest.raises(UserError, match="no prompt"):
        learner().predict(discs(1))


def test_sets_are_drawn_equally_often_whatever_their_size():
    examples = TaskExamples([*discs(20, "many"), *discs(1, "one")], size=16)
    generator = np.random.default_rng(0)
    drawn = [len(examples.draw_task(generator)) for _ in range(200)]
    assert 70 < drawn.count(1) < 130


def test_synthetic_labels_replace_structures_as_often_as_told(monkeypatch):
    examples = TaskExamples(discs(4), size=32)
    made = []
    monkeypatch.setattr(
        "vesalius.learners.task_examples.random_superpixel", lambda image, generator: (made.append(1), image > 0)[1]
    )
    generator = np.random.default_rng(0)
    for _ in range(100):
        examples.draw(generator, synthetic=0.5)
    assert 30 < len(made) < 70


def test_superpixels_end_where_the_image_changes():
    image = np.zeros((32, 32))
    image[:, 16:] = 1
    crossings = [
        len(set(np.unique(parts[:, :12])) & set(np.unique(parts[:, 20:])))
        for parts in (superpixels(image, np.random.default_rng(seed)) for seed in range(20))
    ]
    assert np.mean(crossings) < 0.5


def test_image_and_structure_move_together():
    inside = region()
    for seed in range(10):
        image, moved = moved_at_random(inside.astype(np.float32), inside, np.random.default_rng(seed))
        assert ((image > 0.5) == moved).mean() > 0.9
