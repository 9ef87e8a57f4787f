import difflib
import importlib.util

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.errors import UserError
from vesalius.metrics import similarity
from vesalius.metrics.similarity import embedding_similarities, embedding_similarity, gestalt_similarity

TEXTS = st.text(alphabet="abc ", max_size=40) | st.text(max_size=20)
PACKAGES = (similarity.PACKAGED, "transformers", "torch")
INSTALLED = all(importlib.util.find_spec(package) for package in PACKAGES)


@given(TEXTS, TEXTS)
def test_gestalt_is_difflib_without_its_junk_heuristic(a, b):
    assert gestalt_similarity(a, b) == difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()


def test_frequent_characters_count_in_long_texts():
    long = "ab" * 150
    assert gestalt_similarity(long + "x", "y" + long) > 0.99
    assert difflib.SequenceMatcher(None, long + "x", "y" + long).ratio() < 0.01


def test_gestalt_of_the_example_of_ratcliff_and_metzener():
    assert gestalt_similarity("WIKIMEDIA", "WIKIMANIA") == pytest.approx(14 / 18)


def test_gestalt_takes_the_best_reference_and_refuses_what_is_no_text():
    assert gestalt_similarity("lobe", ["lung", "lobe"]) == 1
    with pytest.raises(ValueError, match="text"):
        gestalt_similarity(None, "lobe")


def letters(texts):
    return np.array([[each.count("a"), each.count("b"), each.count("c")] for each in texts], dtype=np.float32)


@given(st.lists(st.tuples(TEXTS, st.lists(TEXTS, min_size=1, max_size=3)), min_size=1, max_size=5))
def test_batches_of_embeddings_equal_one_by_one(records):
    said, true = [a for a, _ in records], [b for _, b in records]
    values = embedding_similarities(said, true, encode=letters)
    alone = [embedding_similarities([a], [b], encode=letters)[0] for a, b in records]
    assert values == pytest.approx(alone) and (np.abs(values) <= 1).all()


def test_a_zero_embedding_is_like_nothing():
    assert embedding_similarities(["x"], ["a"], encode=letters).tolist() == [0]


@pytest.mark.skipif(INSTALLED, reason="the packages of the extra 'text' are installed")
def test_absent_packages_are_named():
    with pytest.raises(UserError, match=r"vesalius\[text\]"):
        embedding_similarity("a", "b")


@pytest.mark.skipif(not INSTALLED, reason=f"needs {', '.join(PACKAGES)}")
def test_the_packaged_encoder_ranks_a_paraphrase_above_another_topic():
    near, far = embedding_similarities(["heart attack"] * 2, ["myocardial infarction", "knee replacement"])
    assert near > far + 0.2
    assert embedding_similarity("heart attack", "heart attack") == pytest.approx(1, abs=1e-5)
    assert -1 <= embedding_similarity("", "heart attack") <= 1
