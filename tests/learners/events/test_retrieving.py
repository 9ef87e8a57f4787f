import numpy as np
import pytest
import torch
from torch import nn

from vesalius.errors import UserError
from vesalius.learners.events import retrieving
from vesalius.learners.events.retrieving import HistoryClassifier, HistoryRecipe
from vesalius.learners.learner import Learner
from vesalius.learners.training import Regime, placed
from vesalius.nets.event_transformer import EventSize
from vesalius.records import Events, Label
from vesalius.sources.simulators.long_histories import TELLING, LongHistories
from vesalius.systems.ehr.remed import found
from vesalius.tasks.texts import by_release

SPLIT = by_release(LongHistories(train=200, validation=40, test=60, events=40).records())


def learner(takes, steps=60, kept=8, seed=0):
    recipe = HistoryRecipe(
        takes=takes,
        size=EventSize(width=16, depth=1, heads=2),
        kept=kept,
        batch=32,
        regime=Regime(steps=steps, learning_rate=5e-3),
    )
    return HistoryClassifier(recipe, target="outcome", seed=seed)


@pytest.mark.parametrize("takes", ["retrieved", "last", "random", "all"])
def test_it_answers_with_probabilities_and_is_kept(takes, tmp_path):
    made = learner(takes, steps=6)
    assert isinstance(made, Learner)
    with pytest.raises(UserError, match="fit the learner"):
        made.predict(SPLIT.test)
    made.fit(SPLIT.train, SPLIT.validation)
    said = [one.value for one in made.predict(SPLIT.test)]
    assert all(0 < value < 1 for value in said) and len(set(said)) > 10
    made.save(tmp_path)
    again = learner(takes, seed=1)
    again.load(tmp_path)
    assert [one.value for one in again.predict(SPLIT.test)] == said


class Wrapped(nn.Module):
    """As networks are where several processes train: only ``forward`` reaches what is within."""

    def __init__(self, network):
        super().__init__()
        self.within = network

    def forward(self, *arguments, **named):
        return self.within(*arguments, **named)


def test_a_wrapped_network_learns_what_to_retrieve_too(monkeypatch):
    learnt = set()

    def one_step(network, *, loss, draw, **_):
        for number in range(8):
            batch = placed(draw(np.random.default_rng(number)), torch.device("cpu"))
            network.zero_grad()
            loss(Wrapped(network), batch).backward()
            learnt.add((bool(batch["retrieves"]), network.retriever.layers[0].weight.grad is not None))

    monkeypatch.setattr(retrieving, "train", one_step)
    learner("retrieved").fit(SPLIT.train, SPLIT.validation)
    assert learnt == {(True, True), (False, False)}


def test_the_last_events_are_the_last_and_random_ones_are_any():
    record = SPLIT.test[0]
    count = len(record.get("history", Events).codes)
    last, random = learner("last", 2), learner("random", 2)
    for made in (last, random):
        made.fit(SPLIT.train[:20], [])
    assert last.retrieved(record).tolist() == list(range(count - 8, count))
    assert random.retrieved(record).tolist() != list(range(count - 8, count)) and len(set(random.retrieved(record))) == 8


@pytest.mark.parametrize("takes", ["retrieved", "last", "random", "all"])
@pytest.mark.parametrize("piece", [7, 90], ids=["pieces of histories", "a few histories together"])
def test_histories_are_read_in_pieces_and_together_to_the_same_answer(monkeypatch, takes, piece):
    made = learner(takes, 20)
    made.fit(SPLIT.train, [])
    whole = [one.value for one in made.predict(SPLIT.test)]
    monkeypatch.setattr(retrieving, "PIECE", piece)
    assert np.allclose([one.value for one in made.predict(SPLIT.test)], whole, atol=1e-6)


def test_telling_events_are_retrieved_more_often_than_by_chance():
    made = learner("retrieved", 240)
    made.fit(SPLIT.train, SPLIT.validation)
    lengths = [len(record.get("history", Events).codes) for record in SPLIT.test]
    assert found(made, SPLIT.test) > 1.5 * np.mean([8 / length for length in lengths])


def test_the_outcome_follows_from_the_telling_codes():
    records = LongHistories(train=3000, validation=0, test=0, events=30).records()
    came = np.array([record.get("outcome", Label).index for record in records])
    for code, effect in TELLING.items():
        there = np.array([code in record.get("history", Events).codes for record in records])
        assert (came[there].mean() - came[~there].mean()) * effect > 0
        assert 0.3 < there.mean() < 0.4
