from dataclasses import replace

import numpy as np
import pytest

from vesalius.errors import UserError
from vesalius.language.backend import Sampling
from vesalius.language.local import Local
from vesalius.learners.base_models.batches import Batches
from vesalius.learners.base_models.recipe import RECIPES, make_base
from vesalius.learners.base_models.vocabulary import base_tokenizer

TINY = replace(RECIPES["novice"], drills=1, lessons=1, closing=1, finishing=1, width=16, layers=1, heads=2, inner=16)


def test_a_base_model_is_a_folder_that_the_local_backend_reads(tmp_path):
    folder = tmp_path / "base"
    make_base(TINY, folder)
    assert Local(folder).generate(["A patient has"], Sampling(max_tokens=2))[0].usage.completion == 2
    assert (folder / "recipe.json").is_file() and list(tmp_path.iterdir()) == [folder]


def test_what_is_there_is_not_overwritten(tmp_path):
    with pytest.raises(UserError, match="there already"):
        make_base(TINY, tmp_path)


def test_making_that_was_stopped_ends_with_the_same_weights(tmp_path, stop_after):
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    make_base(TINY, whole)
    stop_after["stop"] = stop_after["done"] + 1
    with pytest.raises(KeyboardInterrupt):
        make_base(TINY, resumed)
    assert not resumed.exists()
    make_base(TINY, resumed)
    assert (whole / "model.safetensors").read_bytes() == (resumed / "model.safetensors").read_bytes()


def test_weights_add_up_to_one_and_every_text_of_a_part_has_the_same():
    tokenizer = base_tokenizer()
    batches = Batches(tokenizer)
    for draw in (batches.drills, batches.lessons, batches.closing, batches.finishing):
        parts = draw(np.random.default_rng(0))
        assert sum(part["weights"].sum() for part in parts) == pytest.approx(1.0, rel=1e-5)
        for part in parts:
            weights_B = part["weights"].sum(axis=1)
            np.testing.assert_allclose(weights_B, weights_B[0], rtol=1e-5)
            assert not part["weights"][part["tokens"] == tokenizer.pad_token_id].any()


def test_in_closing_the_letter_that_ends_a_chain_has_half_of_its_weight():
    tokenizer = base_tokenizer()
    letters, ends = set(tokenizer.convert_tokens_to_ids(list("ABCDE"))), 0
    for seed in range(5):
        for part in Batches(tokenizer).closing(np.random.default_rng(seed))[:-1]:
            heaviest = part["tokens"][np.arange(len(part["tokens"])), part["weights"].argmax(axis=1)]
            ends += sum(token in letters for token in heaviest.tolist())
    assert ends > 60
