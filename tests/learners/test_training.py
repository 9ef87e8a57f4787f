from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vesalius.errors import UserError
from vesalius.learners import checkpoints as checkpoints_module
from vesalius.learners.checkpoint_folder import checkpoints
from vesalius.learners.training import Regime, repeatable, train


def network() -> nn.Module:
    with repeatable(0):
        return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1))


def draw(random: np.random.Generator) -> dict[str, np.ndarray]:
    values = random.normal(size=(16, 3))
    return {"x": values, "y": values.sum(axis=1, keepdims=True)}


def loss(net: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    return ((net(batch["x"]) - batch["y"]) ** 2).mean()


def weights(net: nn.Module) -> Tensor:
    return torch.cat([value.flatten().float() for value in net.state_dict().values()])


class Stopped(Exception):
    pass


def stopping_at(step: int):
    calls = []

    def stopping(random: np.random.Generator) -> dict[str, np.ndarray]:
        calls.append(1)
        if len(calls) > step:
            raise Stopped
        return draw(random)

    return stopping


@pytest.mark.parametrize("average", [None, 0.9])
def test_training_taken_up_from_its_checkpoint_ends_with_equal_bits(tmp_path: Path, monkeypatch, average) -> None:
    monkeypatch.setattr(checkpoints_module, "SECONDS", 0.0)
    regime = Regime(steps=20, learning_rate=0.05, average=average, clip=1.0)
    score = lambda net: -float(weights(net).abs().sum())  # noqa: E731
    whole, stopped = network(), network()
    history = train(whole, loss=loss, draw=draw, regime=regime, seed=3, score=score)
    with checkpoints(tmp_path), pytest.raises(Stopped):
        train(stopped, loss=loss, draw=stopping_at(13), regime=regime, seed=3, score=score)
    taken_up = network()
    with checkpoints(tmp_path):
        resumed = train(taken_up, loss=loss, draw=draw, regime=regime, seed=3, score=score)
    assert torch.equal(weights(whole), weights(taken_up))
    assert resumed == history


class Counted:
    """Draws, and counts how often."""

    def __init__(self, shift: float = 0.0) -> None:
        self.shift, self.count = shift, 0

    def __call__(self, random: np.random.Generator) -> dict[str, np.ndarray]:
        self.count += 1
        return {name: values + self.shift for name, values in draw(random).items()}


@pytest.mark.parametrize("average", [None, 0.9])
@pytest.mark.parametrize("patience", [None, 1])
def test_finished_training_is_not_trained_again(tmp_path: Path, average, patience) -> None:
    regime = Regime(steps=8, learning_rate=0.05, average=average, patience=patience)
    score = (lambda net: -float(weights(net).abs().sum())) if patience else None
    first, again, drawn = network(), network(), Counted()
    with checkpoints(tmp_path):
        history = train(first, loss=loss, draw=draw, regime=regime, seed=0, score=score)
    with checkpoints(tmp_path):
        assert train(again, loss=loss, draw=drawn, regime=regime, seed=0, score=score) == history
    assert drawn.count == 1  # the first batch tells which training it is
    assert torch.equal(weights(first), weights(again))


def test_trainings_of_one_name_do_not_take_each_others_states(tmp_path: Path) -> None:
    regime = Regime(steps=5, learning_rate=0.05)

    def trained(shift: float) -> Tensor:
        net = network()
        train(net, loss=loss, draw=Counted(shift), regime=regime, seed=0)
        return weights(net)

    apart = [trained(0.0), trained(1.0)]
    for order in ((0, 1), (1, 0), (1,), (0, 0)):  # a process may skip, or repeat, what another did
        with checkpoints(tmp_path):
            assert all(torch.equal(trained(float(one)), apart[one]) for one in order)
    with checkpoints(tmp_path):
        train(nn.Linear(3, 1), loss=loss, draw=draw, regime=regime, seed=0)


def test_nothing_is_written_where_nothing_is_trained(tmp_path: Path) -> None:
    with checkpoints(tmp_path / "states"):
        pass
    with checkpoints(None):
        train(network(), loss=loss, draw=draw, regime=Regime(steps=2, learning_rate=0.1), seed=0)
    assert list(tmp_path.iterdir()) == []


def test_seconds_of_earlier_attempts_are_added(tmp_path: Path, monkeypatch) -> None:
    with checkpoints(tmp_path):
        train(network(), loss=loss, draw=draw, regime=Regime(steps=2, learning_rate=0.1), seed=0)
    (tmp_path / "spent.json").write_text("100.0")
    with checkpoints(tmp_path) as folder:
        assert folder.seconds > 100
    (tmp_path / "spent.json").write_text("much")
    with pytest.raises(UserError, match=r"spent\.json: damaged"), checkpoints(tmp_path):
        pass


def test_network_ends_in_its_best_scored_state() -> None:
    states = []

    def score(net: nn.Module) -> float:
        states.append(weights(net).clone())
        return [0.1, 0.9, 0.3, 0.2][len(states) - 1]

    net = network()
    train(net, loss=loss, draw=draw, regime=Regime(steps=8, learning_rate=0.1), seed=0, score=score)
    assert torch.equal(weights(net), states[1])
    assert not net.training


def test_patience_ends_training_early() -> None:
    falling = iter(range(100, 0, -1))
    history = train(
        network(),
        loss=loss,
        draw=draw,
        regime=Regime(steps=40, learning_rate=0.1, checks=20, patience=3),
        seed=0,
        score=lambda _: float(next(falling)),
    )
    assert len(history.losses) == 8


def test_average_moves_less_than_the_weights() -> None:
    start, plain, averaged = network(), network(), network()
    for net, average in ((plain, None), (averaged, 0.99)):
        train(net, loss=loss, draw=draw, regime=Regime(steps=10, learning_rate=0.05, average=average), seed=0)
    moved = [float((net[0].weight - start[0].weight).norm()) for net in (plain, averaged)]
    assert 0 < moved[1] < moved[0] / 2


def test_frozen_parameters_stay_and_groups_have_their_own_rates() -> None:
    net = network()
    net[0].weight.requires_grad_(False)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    groups = [{"params": [net[0].bias], "lr": 0.0}, {"params": net[4].parameters()}]
    train(net, loss=loss, draw=draw, regime=Regime(steps=3, learning_rate=0.1), seed=0, groups=groups)
    assert torch.equal(net[0].weight, before["0.weight"])
    assert torch.equal(net[0].bias, before["0.bias"])
    assert not torch.equal(net[4].weight, before["4.weight"])


def test_seeds_and_names_differ_in_what_they_draw_and_equal_ones_do_not() -> None:
    def trained(seed: int, name: str) -> Tensor:
        net = network()
        train(net, loss=loss, draw=draw, regime=Regime(steps=3, learning_rate=0.1), seed=seed, name=name)
        return weights(net)

    assert torch.equal(trained(0, "a"), trained(0, "a"))
    assert not torch.equal(trained(0, "a"), trained(1, "a"))
    assert not torch.equal(trained(0, "a"), trained(0, "b"))


def test_random_state_outside_is_left_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    train(network(), loss=loss, draw=draw, regime=Regime(steps=2, learning_rate=0.1), seed=0)
    assert torch.equal(torch.rand(1), expected)


def test_loss_that_is_no_number_names_the_step() -> None:
    with pytest.raises(UserError, match="step 1 is nan"):
        train(
            network(),
            loss=lambda net, batch: loss(net, batch) * float("nan"),
            draw=draw,
            regime=Regime(steps=2, learning_rate=0.1),
            seed=0,
        )


def test_damaged_checkpoint_is_refused_by_name(tmp_path: Path) -> None:
    regime = Regime(steps=2, learning_rate=0.1)
    with checkpoints(tmp_path):
        train(network(), loss=loss, draw=draw, regime=regime, seed=0)
    (file,) = tmp_path.glob("*.safetensors")
    file.write_bytes(b"not a checkpoint")
    with checkpoints(tmp_path), pytest.raises(UserError, match=f"{file.name}: damaged; remove it"):
        train(network(), loss=loss, draw=draw, regime=regime, seed=0)


@pytest.mark.parametrize(("schedule", "last"), [("cosine", 0.0), ("polynomial", 0.0), ("constant", 1.0)])
def test_schedules_end_where_they_should(schedule, last) -> None:
    regime = Regime(steps=10, learning_rate=1.0, schedule=schedule)
    assert regime.factor(0) == 1.0
    assert regime.factor(10) == pytest.approx(last)
