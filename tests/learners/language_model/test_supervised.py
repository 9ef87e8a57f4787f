import pytest
import torch
from peft import PeftModel
from tests.learners.language_model.tiny import EXAMPLES, KINDS, PROMPTS, tiny
from torch.nn import functional

from vesalius import progress
from vesalius.errors import UserError
from vesalius.language.backend import Sampling
from vesalius.learners.checkpoint_folder import checkpoints
from vesalius.learners.language_model.examples import example_rows
from vesalius.learners.language_model.networks import as_backend, opened_network, weights_digest
from vesalius.learners.language_model.supervised import continue_pretraining, fine_tune, with_lora
from vesalius.nets.unet import count_parameters


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    home = tmp_path_factory.mktemp("models")
    return lambda kind: tiny(kind, home)


def said(network, tokenizer):
    return [reply.text for reply in as_backend(network, tokenizer).generate(PROMPTS, Sampling(max_tokens=4))]


@pytest.mark.parametrize("kind", KINDS)
def test_every_form_of_model_learns_answers_and_stops_behind_them(kind, folder):
    network, tokenizer = opened_network(folder(kind))
    history = fine_tune(network, tokenizer, EXAMPLES, steps=40, learning_rate=1e-2, seed=0, batch=3)
    assert len(history.losses) == 40 and history.losses[-1] < history.losses[0] / 5
    assert said(network, tokenizer) == ["A", "B", "C D"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_adapter_changes_nothing_at_first_then_learns_alone_and_peft_loads_it_back(kind, folder, tmp_path):
    plain, tokenizer = opened_network(folder(kind))
    adapted = with_lora(opened_network(folder(kind))[0], rank=4, seed=1)
    assert said(adapted, tokenizer) == said(plain, tokenizer)
    assert 0 < count_parameters(adapted) < count_parameters(plain)
    fine_tune(adapted, tokenizer, EXAMPLES, steps=10, learning_rate=3e-2, seed=0, batch=3)
    tokens = torch.tensor([tokenizer(PROMPTS[0])["input_ids"]])
    with torch.no_grad():
        learnt, before = adapted(tokens).logits, plain(tokens).logits
        assert not torch.allclose(learnt, before, atol=0.1)
        with adapted.disable_adapter():
            torch.testing.assert_close(adapted(tokens).logits, before)
        adapted.save_pretrained(tmp_path, save_embedding_layers=False)
        torch.testing.assert_close(PeftModel.from_pretrained(plain, tmp_path)(tokens).logits, learnt)


def test_the_loss_is_the_mean_over_the_tokens_of_answers_alone(folder):
    network, tokenizer = opened_network(folder("llama"))
    rows = example_rows(EXAMPLES, tokenizer, 100)
    with torch.no_grad():
        parts = [
            functional.cross_entropy(
                network(torch.tensor([row["input_ids"]])).logits[0, :-1], torch.tensor(row["labels"][1:]), reduction="sum"
            )
            for row in rows
        ]
    tokens = sum(label >= 0 for row in rows for label in row["labels"])
    history = fine_tune(network, tokenizer, EXAMPLES, steps=1, learning_rate=1e-9, seed=0, batch=3)
    assert history.losses[0] == pytest.approx(float(sum(parts)) / tokens, rel=1e-5)


def test_equal_seeds_give_equal_weights_and_others_do_not(folder):
    def trained(seed):
        network, tokenizer = opened_network(folder("gpt2"))  # it has dropout
        fine_tune(network, tokenizer, EXAMPLES, steps=4, learning_rate=1e-2, seed=seed, batch=2)
        return weights_digest(network)

    torch.manual_seed(5)
    one = trained(0)
    torch.manual_seed(6)
    assert trained(0) == one != trained(1)


def test_training_leaves_the_random_state_and_the_network_as_transformers_made_it(folder):
    network, tokenizer = opened_network(folder("llama"))
    torch.manual_seed(3)
    before = torch.get_rng_state()
    padding = tokenizer.pad_token
    fine_tune(network, tokenizer, EXAMPLES, steps=1, learning_rate=1e-3, seed=0, batch=2)
    assert torch.equal(torch.get_rng_state(), before)
    assert tokenizer.pad_token == padding and not network.training
    assert network(torch.tensor([[3, 4]])).logits.shape == (1, 2, network.config.vocab_size)


@pytest.mark.parametrize("lora", [False, True])
def test_a_training_that_was_stopped_goes_on_to_the_same_weights(lora, folder, tmp_path, stop_after):
    def trained():
        network, tokenizer = opened_network(folder("gpt2"))
        network = with_lora(network, 2) if lora else network
        return network, fine_tune(network, tokenizer, EXAMPLES, steps=8, learning_rate=1e-2, seed=0, batch=2)

    whole, losses = trained()
    stop_after.update(done=0, stop=5)
    with checkpoints(tmp_path), pytest.raises(KeyboardInterrupt):
        trained()
    stop_after.update(done=0)
    with checkpoints(tmp_path):
        again, resumed = trained()
    assert stop_after["done"] == 3 and resumed == losses
    assert weights_digest(again) == weights_digest(whole)
    with checkpoints(tmp_path):
        finished, _ = trained()
    assert stop_after["done"] == 3 and weights_digest(finished) == weights_digest(whole)


def test_steps_are_reported_one_by_one(folder):
    network, tokenizer = opened_network(folder("llama"))
    seen = []
    progress.report_to(lambda *report: seen.append(report))
    try:
        fine_tune(network, tokenizer, EXAMPLES, steps=3, learning_rate=1e-3, seed=0, batch=1, name="tuning")
    finally:
        progress.report_to(None)
    assert seen == [("tuning", 1, 3), ("tuning", 2, 3), ("tuning", 3, 3)]


def test_replayed_texts_are_remembered_better(folder):
    general, domain = ["the organ is in the heart . the liver is a organ ."] * 8, ["aspirin of cough fever aspirin drug"] * 8
    start, tokenizer = opened_network(folder("llama"))
    continue_pretraining(start, tokenizer, general, steps=40, learning_rate=1e-2, seed=0, length=16, batch=4)
    start.save_pretrained(base := folder("llama").parent / "general")
    tokenizer.save_pretrained(base)

    def loss_of_general(share):
        network, _ = opened_network(base)
        continue_pretraining(
            network, tokenizer, domain, replay=general, share=share, steps=30, learning_rate=1e-2, seed=0, length=16, batch=4
        )
        tokens = torch.tensor([tokenizer(general[0])["input_ids"]])
        with torch.no_grad():
            return float(network(tokens, labels=tokens).loss)

    assert loss_of_general(0.25) < loss_of_general(0.0) / 2


def test_bad_input_is_refused(folder):
    network, tokenizer = opened_network(folder("llama"))
    with pytest.raises(UserError, match="fine-tuning: no examples"):
        fine_tune(network, tokenizer, [], steps=1, learning_rate=1e-3, seed=0)
    with pytest.raises(UserError, match="share 1 of replayed"):
        continue_pretraining(network, tokenizer, ["a"], steps=1, learning_rate=1e-3, seed=0, share=1)
    with pytest.raises(UserError, match=r"fine-tuning: the loss of step \d+ is nan"):
        fine_tune(network, tokenizer, EXAMPLES, steps=5, learning_rate=1e30, seed=0, batch=3)
