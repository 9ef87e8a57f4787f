import pytest
import torch
from tests.learners.language_model.tiny import KINDS, PROMPTS, tiny

from vesalius.errors import UserError
from vesalius.language.backend import Sampling
from vesalius.language.local import Local
from vesalius.learners.language_model.networks import as_backend, opened_network


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_in_memory_answers_as_its_folder_does_and_stays_as_it_is(kind, tmp_path):
    network, tokenizer = opened_network(tiny(kind, tmp_path))
    attention = network.config._attn_implementation
    network.train()
    here, there = as_backend(network, tokenizer), Local(tiny(kind, tmp_path))
    sampling = Sampling(max_tokens=5)
    assert [one.text for one in here.generate(PROMPTS, sampling)] == [one.text for one in there.generate(PROMPTS, sampling)]
    assert network.config._attn_implementation == attention and network.training


def test_the_backend_has_no_weights_of_its_own(tmp_path):
    network, tokenizer = opened_network(tiny("llama", tmp_path))
    first = as_backend(network, tokenizer)
    with torch.no_grad():
        network.lm_head.weight.zero_()
    (scored,) = first.score(["the"], [(" pain", " heart")])
    assert scored.likelihoods[0].log_probability == pytest.approx(scored.likelihoods[1].log_probability)
    assert as_backend(network, tokenizer).identity != first.identity


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"no config\.json"):
        opened_network(tmp_path)
