from importlib.util import find_spec

import pytest

from vesalius.conformance import entities, text
from vesalius.metrics import similarity

PEERS = ("rouge_score", "sacrebleu", "nltk", "pycocoevalcap", "sklearn", "seqeval", "nervaluate")
DIFFER = (text.STEMS, text.JUNK, text.UNREPORTED, entities.ORDER)


@pytest.fixture(scope="module")
def found():
    pairs = text.random_pairs(60) + text.medquad_pairs(15)
    rows = list(text._with_difflib("pairs", pairs))
    for peer, compare in (
        ("rouge_score", text._with_rouge_score),
        ("sacrebleu", text._with_sacrebleu),
        ("nltk", text._with_nltk),
        ("pycocoevalcap", text._with_pycocoevalcap),
    ):
        rows += list(compare("pairs", pairs)) if find_spec(peer) else []
    rows += list(text._with_scikit_learn()) if find_spec("sklearn") else []
    return rows + list(entities.entity_agreements())


@pytest.mark.skipif(not any(find_spec(peer) for peer in PEERS), reason=f"none of {', '.join(PEERS)} is installed")
def test_every_peer_agrees_but_for_the_documented_differences(found):
    for row in found:
        assert row.digits >= 13 or row.note in DIFFER, row


@pytest.mark.skipif(not find_spec("nervaluate"), reason="nervaluate is not installed")
def test_no_pairing_of_nervaluate_scores_higher_than_ours(found):
    rows = [row for row in found if row.peer.startswith("nervaluate")]
    assert rows and all(row.ours >= row.theirs - 1e-12 for row in rows)


@pytest.mark.skipif(
    not (find_spec("sentence_transformers") and find_spec(similarity.PACKAGED)), reason="the encoder is not installed"
)
def test_the_encoder_is_that_of_sentence_transformers_in_single_precision():
    (row,) = text._with_sentence_transformers(text.random_pairs(8))
    assert row.digits >= 5, row
