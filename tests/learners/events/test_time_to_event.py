from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.learners.events.lives import record, risky
from vesalius.errors import UserError
from vesalius.learners.events.counts import FITTED, CountSurvival
from vesalius.learners.events.hazards import EventRecipe
from vesalius.learners.events.time_to_event import TimeToEvent
from vesalius.learners.learner import Learner
from vesalius.learners.training import Regime
from vesalius.metrics import METRICS
from vesalius.nets.event_transformer import EventSize

RECIPE = EventRecipe(
    size=EventSize(width=16, depth=1, heads=2, dropout=0.0),
    length=8,
    pieces=3,
    inner=4,
    batch=64,
    moments=2,
    pretraining=Regime(steps=30, learning_rate=1e-2),
    tuning=Regime(steps=60, learning_rate=1e-2),
    horizon=12,
)
TRAIN, TEST = risky(240, 0), risky(80, 1)
LEARNERS = {
    "motor": lambda seed=0: TimeToEvent(RECIPE, target="time to event", seed=seed),
    "probe": lambda seed=0: TimeToEvent(replace(RECIPE, adapt="probe"), target="time to event", seed=seed),
    "scratch": lambda seed=0: TimeToEvent(replace(RECIPE, pretraining=None), target="time to event", seed=seed),
    "cox": lambda seed=0: CountSurvival("cox", target="time to event", horizon=12, seed=seed),
    "boosting": lambda seed=0: CountSurvival("boosting", target="time to event", horizon=12, seed=seed),
}


def curves(learner, records=TEST):
    return np.array([one.value for one in learner.predict(records)])


@pytest.mark.parametrize("name", LEARNERS)
def test_survival_is_that_of_the_planted_hazards(name, tmp_path):
    learner = LEARNERS[name]()
    assert isinstance(learner, Learner)
    with pytest.raises(UserError, match="fit the learner"):
        learner.predict(TEST)
    learner.fit(TRAIN, risky(60, 2))
    said = curves(learner)
    assert (np.diff(said, axis=1) <= 1e-9).all()
    planted = {False: np.exp(-0.05 * 8), True: np.exp(-0.3 * 8)}
    for ill in (False, True):
        # what pretraining had no use for, a probe can't read
        assert name == "probe" or abs(said[int(ill) :: 2, 7].mean() - planted[ill]) < 0.15
    learner.save(tmp_path)
    again = LEARNERS[name](1)
    again.load(tmp_path)
    assert np.array_equal(curves(again), said)


def test_censored_times_are_not_taken_for_events():
    """Who is censored early and often has the hazard of all the same."""
    rng = np.random.default_rng(0)
    records = []
    for place in range(300):
        time, end = rng.exponential(20), rng.uniform(0, 6)
        records.append(record(f"c{place}", [(0, "MEDS_BIRTH"), (20_000, "VISIT")], min(time, end), time <= end))
    learner = LEARNERS["scratch"]()
    learner.fit(records, [])
    assert abs(curves(learner)[0, 4] - np.exp(-5 / 20)) < 0.08


def test_pretraining_takes_histories_without_a_target_too():
    """Fifty patients more, nobody knows their outcome: what the network has learnt of codes is another."""
    weights = []
    for more in ([], risky(50, 3, labelled=False)):
        learner = TimeToEvent(replace(RECIPE, adapt="probe"), target="time to event", seed=0)
        learner.fit([*TRAIN[:20], *more], [])
        weights.append(learner._network.body.codes.weight.detach())
    assert not torch.equal(*weights)


def test_a_probe_changes_what_the_outcome_has_of_its_own_alone():
    probe, whole = LEARNERS["probe"](), LEARNERS["motor"]()
    for learner in (probe, whole):
        learner.fit(TRAIN, [])
    begun = probe._begun.weights
    for name, value in probe._network.state_dict().items():
        assert torch.equal(value, begun[name]) == (name not in ("head.outcomes_KI", "head.bias_KP"))
    assert not torch.equal(whole._network.body.codes.weight, begun["body.codes.weight"])
    assert probe.trained_parameters < 20 < whole.trained_parameters


def test_pretraining_learns_when_codes_come():
    """The ill come again after ten days, the well after a hundred: one state tells it, with no label at all."""
    records = [
        record(f"q{place}", [(0, "MEDS_BIRTH"), (9000, "ill" if place % 2 else "well"), (9010 if place % 2 else 9100, "VISIT")])
        for place in range(120)
    ]
    records[0] = record("q0", [(0, "MEDS_BIRTH"), (9000, "well"), (9100, "VISIT")], 1.0, True)
    learner = LEARNERS["motor"]()
    learner.fit(records, [])
    losses = learner.histories["pretraining"].losses
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.2


def test_when_people_were_born_moves_no_piece_and_what_never_comes_is_no_outcome():
    """The same events sixty years later in life."""
    edges = []
    for born in (9000, 31_000):
        events = [(born + day, "VISIT") for day in range(0, 200, 20)]
        records = [record(f"b{place}", [(0, "MEDS_BIRTH"), *events], 2.0, place % 2 == 0) for place in range(12)]
        learner = LEARNERS["motor"]()
        learner.fit(records, [])
        edges.append(learner._begun.edges.tolist())
        assert learner._begun.weights["head.bias_KP"].shape[0] == 1
    assert edges[0] == edges[1] and max(edges[0]) < 200


def test_fewer_trees_are_the_first_of_more():
    learner = LEARNERS["boosting"]()
    learner.fit(TRAIN, [])
    features, told, _ = learner._fitted_on
    (few,) = learner._risks([20.0], features, told, features)
    assert np.allclose(learner._risks([20.0, 60.0], features, told, features)[0], few)
    assert np.allclose(few, learner._made(20.0, features, told).predict(features))


def test_the_order_of_risk_is_found_from_counts_and_from_events():
    truths = np.array([[one.fields["time to event"].time, one.fields["time to event"].event] for one in TEST])
    for name in ("motor", "cox"):
        learner = LEARNERS[name]()
        learner.fit(TRAIN, [])
        assert METRICS["time_dependent_c"].function(curves(learner), truths) > 0.58


@pytest.mark.parametrize("name", ["motor", "cox"])
def test_without_any_target_there_is_nothing_to_tune_for(name):
    with pytest.raises(UserError, match="'time to event'"):
        LEARNERS[name]().fit(risky(10, 0, labelled=False), [])


def test_coefficients_are_counted_and_a_file_that_was_cut_off_is_told(tmp_path):
    learner = LEARNERS["cox"]()
    assert learner.trained_parameters == 0
    learner.fit(TRAIN, [])
    assert learner.trained_parameters == learner._features(TEST[:1]).shape[1]
    learner.save(tmp_path)
    file = tmp_path / FITTED
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(UserError, match=r"fitted-on.npz: damaged"):
        LEARNERS["cox"]().load(tmp_path)
    file.unlink()
    with pytest.raises(UserError, match=r"fitted-on.npz: missing"):
        LEARNERS["cox"]().load(tmp_path)
