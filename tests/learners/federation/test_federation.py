import numpy as np
import pytest
import torch
from torch import nn

from tests.learners.test_classifier import CLASSES, TEST, TRAIN, VALIDATION, record
from vesalius.errors import UserError
from vesalius.learners.classifier import Classifier, soft_cross_entropy
from vesalius.learners.federation.federation import Client, Federation, reply
from vesalius.learners.federation.local_losses import MarginControl, Proximal, cross_entropy
from vesalius.learners.federation.partition import dirichlet_partition
from vesalius.learners.federation.principal_gradients import principal_update
from vesalius.learners.federation.strategies import Averaging, PrincipalGradients
from vesalius.learners.training import Regime
from vesalius.nets.resnet import ResNet
from vesalius.records import Image, Label, Record

LOCAL = Regime(steps=4, learning_rate=5e-3, schedule="constant")


def averaging(clients, state):
    return Averaging(clients)


def principal(clients, state):
    return PrincipalGradients(clients, state, keep=0.8)


def federation(strategy=averaging, loss=cross_entropy, rounds=3, clients=3, alpha=0.5, **options):
    return Federation(
        lambda: ResNet(1, 3, widths=(4, 8)),
        clients=clients,
        alpha=alpha,
        rounds=rounds,
        local=LOCAL,
        batch=8,
        seed=0,
        strategy=strategy,
        loss=loss,
        **options,
    )


def weights(network):
    return torch.cat([value.flatten().float() for value in network.state_dict().values()])


def client(number, count):
    images = [np.full((1, 8, 8), number, dtype=np.float32)] * count
    return Client(number, images, np.eye(3, dtype=np.float32)[[0] * count], LOCAL, 2, cross_entropy, 0)


class Shifting(Client):
    """Adds its number to what it is sent."""

    def learn(self, network, state, server_round):
        return {name: value + self.number if value.is_floating_point() else value for name, value in state.items()}


def test_every_record_has_one_client_and_small_alpha_is_uneven():
    classes = np.repeat([0, 1, 2], 100)

    def unevenness(alpha):
        parts = dirichlet_partition(classes, clients=4, alpha=alpha, seed=1)
        assert sorted(np.concatenate(parts)) == list(range(300))
        shares = np.array([[(classes[part] == kind).mean() for kind in range(3)] for part in parts])
        return shares.max(axis=1).mean()

    assert unevenness(0.1) > unevenness(1.0) > unevenness(1000.0)
    assert unevenness(1000.0) < 0.4


def test_too_few_records_are_told():
    with pytest.raises(UserError, match="fewer clients"):
        dirichlet_partition(np.zeros(5, dtype=int), clients=3, alpha=1.0, seed=0)


def test_averaging_is_the_mean_weighted_by_records_in_any_order():
    network = ResNet(1, 3, widths=(4,))
    state = dict(network.state_dict())
    clients = [Shifting(*(getattr(client(n, count), name) for name in Client.__slots__)) for n, count in ((0, 1), (1, 2), (4, 3))]
    replies = [reply(one, network, state, 1) for one in clients]
    results = [Averaging(3).aggregate_train(1, order)[0].to_torch_state_dict() for order in (replies, replies[::-1])]
    assert torch.allclose(results[0]["head.bias"], state["head.bias"] + (0 * 1 + 1 * 2 + 4 * 3) / 6, atol=1e-6)
    assert all(torch.equal(results[0][name], results[1][name]) for name in state)


def test_one_client_alone_is_plain_training():
    learner = federation(clients=1, rounds=2)
    learner.fit(TRAIN, [])
    by_principal = federation(clients=1, rounds=2, strategy=principal)
    by_principal.fit(TRAIN, [])
    # With one client the only direction is its update, of its own length.
    assert torch.allclose(weights(learner.network), weights(by_principal.network), atol=1e-4)


@pytest.mark.parametrize("strategy", [averaging, principal])
@pytest.mark.parametrize("clients", [1, 2])
def test_one_step_on_equal_batches_is_the_centralised_step(clients, strategy):
    # Images too small to be shifted and all alike, so that every batch is the full batch.
    pixels = np.random.default_rng(0).normal(size=(7, 7))
    alike = [
        Record(id=str(number), subject_id=str(number), fields={"image": Image(pixels), "label": Label("both", CLASSES)})
        for number in range(8)
    ]
    options = {"seed": 0, "batch": 8}
    one_step = Regime(steps=1, learning_rate=5e-3, schedule="constant")
    centralised = Classifier(lambda: ResNet(1, 3, widths=(4, 8)), regime=one_step, **options)
    federated = Federation(
        lambda: ResNet(1, 3, widths=(4, 8)), clients=clients, alpha=5.0, rounds=1, local=one_step, strategy=strategy, **options
    )
    before = weights(centralised.network)
    for learner in (centralised, federated):
        learner.fit(alike, [])
    assert not torch.allclose(weights(centralised.network), before, atol=1e-3)
    np.testing.assert_allclose(weights(federated.network), weights(centralised.network), atol=1e-5)


def test_federation_learns_and_its_best_round_is_kept():
    learner = federation(rounds=20)
    learner.fit(TRAIN, VALIDATION)
    truth = [one.fields["label"].index for one in TEST]
    accuracy = (np.stack([p.value for p in learner.predict(TEST)]).argmax(axis=1) == truth).mean()
    assert accuracy > 0.7
    assert len(learner.histories["training"].scores) == 20


def test_proximal_term_is_the_distance_from_what_was_sent():
    network, image, truth = nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), torch.rand(3, 1, 2, 2), torch.eye(2)[[0, 1, 0]]
    sent = [parameter.detach() + 0.5 for parameter in network.parameters()]
    difference = Proximal(0.2)(network, image, truth, sent) - cross_entropy(network, image, truth, sent)
    assert float(difference.detach()) == pytest.approx(0.1 * 10 * 0.25, rel=1e-4)


def test_margin_control_costs_certain_answers_more():
    class Fixed(nn.Module):
        def __init__(self, logits):
            super().__init__()
            self.logits = torch.tensor(logits)

        def forward(self, image):
            return self.logits.expand(len(image), -1)

    image, truth = torch.rand(4, 1, 2, 2), torch.eye(2)[[0, 0, 0, 0]]

    def added(logits):
        network = Fixed(logits)
        return float(MarginControl(1.0)(network, image, truth, []) - soft_cross_entropy(network(image), truth))

    assert added([50.0, 0.0]) == pytest.approx(np.log(1 + 4), rel=1e-4)
    assert added([0.0, 0.0]) == pytest.approx(np.log(1 + 4 * 0.5), rel=1e-4)


def test_shared_direction_survives_and_conflict_does_not():
    shared, conflict = torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 0.3, 0.0])
    update = principal_update(torch.stack([shared + conflict, shared - conflict, shared + conflict, shared - conflict]), keep=0.5)
    mean = shared
    assert update[0] > 0.8 * mean[0]
    assert update[1:].abs().max() < 1e-6


def test_weak_directions_are_dropped_by_keep():
    torch.manual_seed(0)
    updates = torch.randn(4, 50)
    assert torch.linalg.matrix_rank(torch.stack([principal_update(updates, keep=0.25), updates.mean(0)])) == 2
    first = principal_update(updates, keep=0.25)
    gram_vectors = torch.linalg.svd(updates, full_matrices=False).Vh
    assert float((first / first.norm() @ gram_vectors[0]).abs()) == pytest.approx(1, abs=1e-4)


def test_statistics_of_normalisation_are_averaged_and_not_projected():
    network = ResNet(1, 3, widths=(4,))
    state = dict(network.state_dict())
    clients = [Shifting(*(getattr(client(n, 2), name) for name in Client.__slots__)) for n in (1, 3)]
    replies = [reply(one, network, state, 1) for one in clients]
    result = PrincipalGradients(2, state, keep=0.5).aggregate_train(1, replies)[0].to_torch_state_dict()
    assert torch.allclose(result["stem.1.running_var"], state["stem.1.running_var"] + 2)


def test_client_with_a_class_of_its_own_can_be_trained():
    learner = federation(alpha=0.05, rounds=1, strategy=principal, loss=MarginControl(0.1))
    learner.fit([record(number) for number in range(30)], [])
    assert np.isfinite(np.stack([p.value for p in learner.predict(TEST)])).all()
    assert learner.predict(TEST)[0].value.shape == (len(CLASSES),)


def test_flowers_simulation_gives_the_same_network():
    one_process, workers = federation(rounds=2, clients=2), federation(rounds=2, clients=2, workers=True)
    for learner in (one_process, workers):
        learner.fit(TRAIN, VALIDATION)
    assert torch.allclose(weights(one_process.network), weights(workers.network), atol=1e-5)


def test_steps_are_those_of_a_client_over_all_rounds():
    learner = federation(rounds=3)
    learner.train_for(6)
    parts = learner._client(0, np.arange(4), [np.zeros((1, 8, 8), np.float32)] * 4, np.eye(3, dtype=np.float32)[[0] * 4])
    assert parts.local.steps == 2
