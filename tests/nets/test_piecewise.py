import numpy as np
import pytest
import torch

from vesalius.nets.piecewise import PiecewiseHead, exposures, log_rates, piecewise_loss, survival

EDGES = torch.tensor([0.0, 1.0, 3.0])


def test_the_best_hazard_of_a_piece_is_events_by_time_at_risk():
    rng = np.random.default_rng(0)
    times, ends = torch.tensor(rng.exponential(2, 400)), torch.tensor(rng.uniform(0, 5, 400))
    at_risk, came = exposures(torch.minimum(times, ends), times <= ends, EDGES.double())
    best = (came.sum(0) / at_risk.sum(0)).log()
    lowest = piecewise_loss(best.expand(400, -1), at_risk, came)
    for shift in torch.eye(3).double() * 0.1:
        assert piecewise_loss((best + shift).expand(400, -1), at_risk, came) > lowest
        assert piecewise_loss((best - shift).expand(400, -1), at_risk, came) > lowest
    assert torch.allclose(log_rates(at_risk, came).exp(), best.exp(), atol=0.02)


def test_exposure_adds_up_to_the_time_and_the_event_to_one():
    times = torch.tensor([0.5, 1.0, 2.0, 9.0])
    at_risk, came = exposures(times, torch.tensor([True, True, False, True]), EDGES)
    assert torch.allclose(at_risk.sum(-1), times)
    assert came.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 1]]


def test_what_was_not_watched_does_not_count():
    at_risk, came = exposures(torch.tensor([0.0, 2.0]), torch.tensor([False, True]), EDGES)
    hazards = torch.zeros(2, 3)
    assert piecewise_loss(hazards, at_risk, came) == piecewise_loss(hazards[1:], at_risk[1:], came[1:])


def test_survival_is_the_exponential_of_the_area():
    hazards = np.array([[0.2, 0.5, 0.1]])
    said = survival(np.log(hazards), EDGES.numpy().astype(float), np.array([0.5, 1.0, 2.0, 5.0]))[0]
    assert said == pytest.approx(np.exp([-0.1, -0.2, -0.7, -0.2 - 1.0 - 0.2]))


def test_an_outcome_begins_at_its_rates_and_reads_the_state_by_its_own_vector():
    rates = torch.randn(5, 3)
    head = PiecewiseHead(8, 4, rates)
    states = torch.randn(7, 8)
    assert head(states).shape == (7, 5, 3)
    torch.nn.init.zeros_(head.outcomes_KI)
    assert torch.equal(head(states), rates.expand(7, 5, 3))


def test_rates_without_events_or_exposure_are_drawn_to_those_of_all_pieces_in_any_unit_of_time():
    at_risk = torch.tensor([[100.0, 0.0, 900.0], [100.0, 0.0, 900.0]])
    came = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    rates = log_rates(at_risk, came).exp()
    pooled = 2 / 2000
    assert 1 / 200 > rates[0] > pooled > rates[2] > 1 / 1800
    assert float(rates[1]) == pytest.approx(pooled)
    assert torch.allclose(log_rates(at_risk / 365, came).exp() / 365, rates)
    assert torch.isfinite(log_rates(at_risk * 0, came * 0)).all()


def test_a_state_says_something_else_of_each_piece():
    torch.manual_seed(0)
    head = PiecewiseHead(8, 4, torch.zeros(2, 3))
    first, second = head(torch.randn(2, 8))
    assert not torch.allclose(first[:, 0] - first[:, 1], second[:, 0] - second[:, 1])
