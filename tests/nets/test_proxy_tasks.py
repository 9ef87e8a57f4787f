import pytest
import torch
from torch.nn import functional

from vesalius.nets.encoders import UNetEncoder
from vesalius.nets.proxy_tasks import ProxyTasks, Weights, contrastive_coding_loss
from vesalius.nets.unet import UNet


def model(**weights):
    torch.manual_seed(0)
    encoder = UNetEncoder(UNet(1, 2, (4, 8, 16), dimensions=3))
    return ProxyTasks(encoder, 16, channels=1, doublings=2, embedding=8, weights=Weights(**weights)).eval()


@pytest.fixture
def batch():
    torch.manual_seed(1)
    return {"seen": torch.rand(4, 1, 8, 8, 8), "whole": torch.rand(4, 1, 8, 8, 8), "turns": torch.tensor([0, 1, 2, 3])}


def test_contrastive_coding_is_the_formula_of_the_paper():
    one, other = torch.randn(3, 5), torch.randn(3, 5)
    both = torch.cat((one, other))
    expected = []
    for place in range(6):
        similar = torch.exp(functional.cosine_similarity(both[place][None], both) / 0.5)
        expected.append(-torch.log(similar[(place + 3) % 6] / (similar.sum() - similar[place])))
    assert torch.isclose(contrastive_coding_loss(one, other, 0.5), torch.stack(expected).mean())


@pytest.mark.parametrize("task", ["inpainting", "rotation", "contrast"])
def test_a_task_left_out_changes_the_total_by_exactly_its_loss(task, batch):
    whole = model()
    terms = whole.terms(batch)
    assert terms[task] > 0
    assert torch.isclose(whole(batch) - model(**{task: 0.0})(batch), terms[task], atol=1e-5)


def test_inpainting_is_judged_by_what_was_there_and_not_by_what_is_seen(batch):
    tasks = model()
    said = tasks.reconstruction(tasks.encoder(batch["seen"])[-1])
    assert said.shape == batch["whole"].shape
    assert torch.isclose(tasks.terms(batch)["inpainting"], (said - batch["whole"]).abs().mean())


def test_turns_are_learned():
    torch.manual_seed(0)
    tasks = model(inpainting=0.0, contrast=0.0).train()
    optimiser = torch.optim.AdamW(tasks.parameters(), lr=1e-2)
    ramp = torch.arange(8.0).view(1, 8, 1, 1).expand(1, 8, 8, 8) / 4 - 1
    for _ in range(40):
        turns = torch.arange(8) % 4
        seen = torch.stack([(ramp + 0.3 * torch.randn(1, 8, 8, 8)).rot90(int(turn), (1, 2)) for turn in turns])
        loss = tasks({"seen": seen, "whole": seen, "turns": turns})
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss < 0.3
