import pytest
import torch

from vesalius.nets.event_transformer import EventBatch, EventSize
from vesalius.nets.retrieved_events import PooledEvents, RetrievedEvents


@pytest.fixture
def network():
    torch.manual_seed(0)
    return RetrievedEvents(12, EventSize(width=16, depth=1, heads=2, dropout=0.0), kept=3)


def batch(length=8, rows=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(1, 12, (rows, length), generator=generator)
    ages = torch.rand(rows, length, generator=generator) * 1000
    return EventBatch(codes, ages, torch.zeros(rows, length), torch.zeros(rows, length, dtype=torch.bool))


TARGETS = torch.tensor([0.0, 1.0, 1.0, 0.0])


def loss(logits, targets=TARGETS):
    return torch.nn.functional.binary_cross_entropy_with_logits(logits, targets)


def gradients(network, part):
    return [parameter.grad for parameter in getattr(network, part).parameters()]


def test_in_the_retrievers_path_the_predictor_stands_still(network):
    loss(network(batch(), retrieves=True)).backward()
    assert any(grad is not None and grad.abs().sum() > 0 for grad in gradients(network, "retriever"))
    assert all(grad is None for part in ("predictor", "vectors") for grad in gradients(network, part))


def test_in_the_predictors_path_the_retriever_stands_still(network):
    loss(network(batch())).backward()
    assert any(grad is not None and grad.abs().sum() > 0 for grad in gradients(network, "predictor"))
    assert any(grad is not None and grad.abs().sum() > 0 for grad in gradients(network, "vectors"))
    assert all(grad is None for grad in gradients(network, "retriever"))


def test_in_the_retrievers_path_each_event_predicts_alone_and_counts_by_its_score(network):
    network.eval()
    one, names = batch(), ("codes_BL", "ages_BL", "numbers_BL", "valued_BL")
    scores = network.scores(one)
    expected = []
    for row in range(4):
        said, weights = 0.0, 0.0
        for place in scores[row].topk(3).indices.tolist():
            event = EventBatch(*(getattr(one, name)[row : row + 1, place : place + 1] for name in names))
            alone = torch.sigmoid(network.predictor(network.vectors(event), event.codes_BL != 0))
            said, weights = said + scores[row, place] * alone, weights + scores[row, place]
        expected.append(said / weights)
    assert torch.allclose(torch.sigmoid(network(one, retrieves=True)), torch.cat(expected), atol=1e-5)


def test_events_that_are_read_together_say_more_than_each_alone(network):
    network.eval()
    vectors = torch.randn(1, 2, 16, generator=torch.Generator().manual_seed(3))
    there = torch.ones(1, 2, dtype=torch.bool)
    states = network.predictor.encoder(vectors)
    alone = torch.cat([network.predictor.encoder(vectors[:, place : place + 1]) for place in (0, 1)], 1)
    assert not torch.allclose(states, alone, atol=1e-3)
    assert not torch.allclose(
        network.predictor(vectors, there), network.predictor.out(network.predictor.norm(vectors).mean(1))[:, 0]
    )


def test_when_an_event_was_and_what_was_measured_change_score_and_prediction(network):
    network.eval()
    one = batch()
    later = EventBatch(one.codes_BL, one.ages_BL + 500, one.numbers_BL, one.valued_BL)
    measured = EventBatch(one.codes_BL, one.ages_BL, one.numbers_BL + 2, torch.ones_like(one.valued_BL))
    for other in (later, measured):
        assert not torch.allclose(network.scores(one), network.scores(other))
        assert not torch.allclose(network(one), network(other))


def test_the_score_of_an_event_does_not_depend_on_the_others(network):
    whole = batch()
    part = EventBatch(*(getattr(whole, name)[:, 2:5] for name in ("codes_BL", "ages_BL", "numbers_BL", "valued_BL")))
    assert torch.allclose(network.scores(whole)[:, 2:5], network.scores(part), atol=1e-6)


def test_events_with_the_highest_scores_alone_reach_the_transformer(network):
    network.eval()
    one = batch()
    best = network.scores(one).topk(3, dim=1).indices
    kept = EventBatch(*(getattr(one, name).gather(1, best) for name in ("codes_BL", "ages_BL", "numbers_BL", "valued_BL")))
    assert torch.allclose(network(one), network(kept), atol=1e-5)
    worst = network.scores(one).argmin(1)
    other = EventBatch(one.codes_BL.clone(), one.ages_BL, one.numbers_BL, one.valued_BL)
    other.codes_BL[range(4), worst] = 0
    assert torch.allclose(network(one), network(other), atol=1e-5)


def test_the_retriever_learns_to_score_what_tells_the_outcome(network):
    """Code 1 is there where the outcome comes; the predictor knows it already."""
    torch.manual_seed(1)
    codes = torch.randint(2, 12, (64, 6))
    targets = (torch.arange(64) % 2).float()
    codes[targets == 1, 3] = 1
    events = EventBatch(codes, torch.ones(64, 6), torch.zeros(64, 6), torch.zeros(64, 6, dtype=torch.bool))
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    for step in range(160):
        optimiser.zero_grad()
        loss(network(events, retrieves=step % 2 == 0), targets).backward()
        optimiser.step()
    scores = network.scores(events)
    assert scores[targets == 1, 3].mean() > 1.5 * scores[targets == 0].mean()


def test_pooling_leaves_no_event_out_and_takes_no_empty_place():
    torch.manual_seed(0)
    network = PooledEvents(12, EventSize(width=16, depth=1, heads=2))
    one = batch()
    longer = EventBatch(
        *(torch.nn.functional.pad(getattr(one, name), (0, 5)) for name in ("codes_BL", "ages_BL", "numbers_BL", "valued_BL"))
    )
    assert torch.allclose(network(one), network(longer), atol=1e-6)
    other = EventBatch(one.codes_BL.flip(1), one.ages_BL.flip(1), one.numbers_BL, one.valued_BL)
    assert torch.allclose(network(one), network(other), atol=1e-6)
