import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.language.evidence import beliefs, entropy
from vesalius.language.questions import Question
from vesalius.language.scripted import Scripted

ASKED = Question(id="1", text="Which?", options=("w", "x", "y", "z"), order=(0, 1, 2, 3))


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6))
def test_entropy_lies_between_certainty_and_the_even_distribution(weights):
    probabilities = [weight / sum(weights) for weight in weights]
    assert 0 <= entropy(probabilities) <= math.log2(len(weights)) + 1e-9


def test_beliefs_are_the_likelihoods_of_the_letters_renormalised():
    odds = {" A": math.log(0.3), " B": math.log(0.1), " C": math.log(0.05), " D": math.log(0.05)}
    (one,) = beliefs(Scripted(lambda *_: "", lambda prompt, letter: odds[letter]), [ASKED])
    assert one.probabilities == pytest.approx((0.6, 0.2, 0.1, 0.1))
    assert one.place == 0 and one.entropy == pytest.approx(1.5709505944546687)
    assert one.calls == 1 and one.tokens > 4


def test_a_likelihood_that_could_not_be_had_leaves_an_even_belief():
    (one,) = beliefs(Scripted(lambda *_: "", lambda *_: math.nan), [ASKED])
    assert one.probabilities == (0.25,) * 4 and one.entropy == 2.0


def test_a_conversation_is_scored_without_the_space():
    backend = Scripted(lambda *_: "")
    beliefs(backend, [ASKED], chat=True)
    assert backend.scored[0][1] == ("A", "B", "C", "D")
