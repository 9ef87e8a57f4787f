import copy

import pytest
import torch
from peft import PeftModel
from tests.nets.test_parts import CONFIGS, TOKENS
from torch import nn
from transformers import AutoModelForCausalLM

from vesalius.learners.language_model.lora_files import only_low_rank, save_lora
from vesalius.nets.mixture_of_lora import Experts
from vesalius.nets.parts import LowRank, add_parts, in_attention, parts_of


@pytest.mark.parametrize("kind", CONFIGS)
def test_peft_loads_two_parts_of_different_ranks_and_answers_alike(kind, tmp_path):
    torch.manual_seed(0)
    base = AutoModelForCausalLM.from_config(CONFIGS[kind]()).eval()
    network = copy.deepcopy(base)
    add_parts(network, lambda name, i, o: {"knowledge": LowRank(i, o, 2 if in_attention(name) else 4)})
    add_parts(network, lambda name, i, o: {} if in_attention(name) else {"alignment": LowRank(i, o, 3)})
    for part in ("knowledge", "alignment"):
        for each in parts_of(network, part).values():
            nn.init.normal_(each.up)
    save_lora(network, tmp_path)
    said = network(TOKENS).logits
    assert not torch.allclose(base(TOKENS).logits, said, atol=0.1)
    loaded = PeftModel.from_pretrained(base, str(tmp_path))
    torch.testing.assert_close(loaded(TOKENS).logits, said, rtol=1e-4, atol=1e-4)


def test_a_mixture_is_no_lora(tmp_path):
    network = nn.Sequential(nn.Linear(4, 4))
    assert not only_low_rank(network)
    add_parts(network, lambda name, i, o: {"experts": Experts(i, o, experts=2, chosen=1, rank=1)})
    with pytest.raises(ValueError, match="only low-rank"):
        save_lora(network, tmp_path)
