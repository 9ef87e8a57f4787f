import numpy as np
import pytest

from vesalius.errors import UserError
from vesalius.learners.checkpoint_folder import checkpoints
from vesalius.learners.text_encoder import EncoderRecipe, Pair, TextEncoder
from vesalius.learners.training import Regime
from vesalius.nets.text import TransformerSize

NAMES = [
    ("gout", "crystals"),
    ("asthma", "wheeze"),
    ("measles", "rash"),
    ("flu", "fever"),
    ("stroke", "palsy"),
    ("piles", "veins"),
]
PAIRS = [Pair(f"what is {plain}", f"it is {clinical} mostly") for plain, clinical in NAMES]


def recipe(steps=40, **changed):
    size = TransformerSize(width=16, depth=1, heads=2, positions=16, dropout=0.0)
    regime = Regime(steps=steps, learning_rate=1e-2, checks=2)
    given = {"regime": regime, "size": size, "vocabulary": 200, "batch": 6, "passage_length": 16, "question_length": 16}
    return EncoderRecipe(**given | changed)


def nearest(encoder):
    questions, answers = [pair.question for pair in PAIRS], [pair.answer for pair in PAIRS]
    return (encoder.embed_questions(questions) @ encoder.embed_passages(answers).T).argmax(1).tolist()


def test_training_brings_each_question_to_its_answer_where_random_weights_do_not():
    trained, random = TextEncoder(recipe(), seed=0), TextEncoder(recipe(0), seed=0)
    for encoder in (trained, random):
        encoder.fit(PAIRS, [])
    assert nearest(trained) == list(range(len(PAIRS))) != nearest(random)
    assert trained.trained_parameters > 0 == random.trained_parameters


def test_the_state_that_ranks_validation_best_is_kept():
    encoder = TextEncoder(recipe(), seed=0)
    encoder.fit(PAIRS, PAIRS[:3])
    assert [step for step, _ in encoder.history.scores] == [20, 40]
    assert max(score for _, score in encoder.history.scores) == 1.0


def test_no_two_pairs_of_a_batch_share_question_or_answer(monkeypatch):
    from vesalius.learners import text_encoder

    seen = []
    original = text_encoder.multiple_negatives_loss
    monkeypatch.setattr(text_encoder, "multiple_negatives_loss", lambda q, p, scale: seen.append(len(q)) or original(q, p, scale))
    same_question = [Pair(PAIRS[0].question, f"other {number}") for number in range(5)]
    same_answer = [Pair(f"other {number}", PAIRS[1].answer) for number in range(5)]
    TextEncoder(recipe(3, batch=16), seed=0).fit([*PAIRS[:3], *same_question, *same_answer], [])
    assert set(seen) == {3}


def test_a_text_has_the_same_vector_alone_and_beside_longer_ones():
    encoder = TextEncoder(recipe(0), seed=0)
    encoder.fit(PAIRS, [])
    texts = ["gout", "what is asthma and why", "flu fever"]
    alone = np.concatenate([encoder.embed_passages([text]) for text in texts])
    np.testing.assert_allclose(encoder.embed_passages(texts), alone, atol=1e-6)


def test_saved_and_loaded_it_says_the_same(tmp_path):
    encoder = TextEncoder(recipe(5), seed=0)
    encoder.fit(PAIRS, [])
    encoder.save(tmp_path)
    loaded = TextEncoder(recipe(5), seed=1)
    loaded.load(tmp_path)
    np.testing.assert_array_equal(loaded.embed_questions(["gout"]), encoder.embed_questions(["gout"]))
    with pytest.raises(UserError, match="another network"):
        TextEncoder(recipe(size=TransformerSize(width=8, depth=1, heads=2)), seed=0).load(tmp_path)


def test_what_cannot_be_trained_or_asked_is_refused():
    encoder = TextEncoder(recipe(), seed=0)
    with pytest.raises(UserError, match="fit the learner"):
        encoder.embed_questions(["gout"])
    with pytest.raises(UserError, match="fewer than two"):
        encoder.fit([PAIRS[0], Pair("another question", PAIRS[0].answer)], [])


def test_a_training_that_is_stopped_goes_on_to_the_same_weights(tmp_path, stop_after):
    whole = TextEncoder(recipe(6), seed=0)
    whole.fit(PAIRS, [])
    stop_after["stop"] = stop_after["done"] + 4
    with checkpoints(tmp_path), pytest.raises(KeyboardInterrupt):
        TextEncoder(recipe(6), seed=0).fit(PAIRS, [])
    resumed, before = TextEncoder(recipe(6), seed=0), stop_after["done"]
    with checkpoints(tmp_path):
        resumed.fit(PAIRS, [])
    assert stop_after["done"] - before == 2
    np.testing.assert_array_equal(resumed.embed_questions(["gout"]), whole.embed_questions(["gout"]))
