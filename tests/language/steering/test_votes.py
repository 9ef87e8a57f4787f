import itertools
from collections import Counter
from math import comb, sqrt

import pytest

from tests.language.steering.minds import BARE, QUESTIONS, UNSOLVED, biased, noisy, right_share
from vesalius.language.backend import Sampling
from vesalius.language.choices import Answered
from vesalius.language.mocks import first_option, refuser
from vesalius.language.scripted import Scripted
from vesalius.language.steering import Ask, majority, voted

CHAINS = Sampling(max_tokens=64, temperature=0.7)


def vote_accuracy(accuracy, votes, options=4):
    """Probability that the right option has most votes, others being equally likely; of ties, the share that is won."""
    wrong, total = (1 - accuracy) / (options - 1), 0.0
    for counts in itertools.product(range(votes + 1), repeat=options - 1):
        right = votes - sum(counts)
        if right < 0 or right < max(counts):
            continue
        ways, left = 1, votes
        for count in counts:
            ways *= comb(left, count)
            left -= count
        total += ways * accuracy**right * wrong ** sum(counts) / (1 + counts.count(right))
    return total


@pytest.mark.parametrize("votes", [3, 5, 9])
def test_the_gain_of_a_vote_is_the_one_that_arithmetic_predicts(votes):
    single = right_share(Ask(protocol="chain of thought", sampling=CHAINS)(noisy(0.6), UNSOLVED, BARE, 0))
    found = right_share(Ask(protocol="chain of thought", votes=votes, sampling=CHAINS)(noisy(0.6), UNSOLVED, BARE, 0))
    expected = vote_accuracy(0.6, votes)
    assert abs(single - 0.6) < 4 * sqrt(0.24 / 240)
    assert abs(found - expected) < 4 * sqrt(expected * (1 - expected) / 240) and found > single


def test_shuffling_repairs_a_liking_for_a_place():
    # right answers are at A, B, C, D in turn: a bias of 0.6 to the first leaves 0.6 / 4 + 0.4 right
    once = right_share(Ask()(biased(0.6), UNSOLVED, BARE, 0))
    plain = right_share(Ask(votes=9, sampling=CHAINS)(biased(0.6), UNSOLVED, BARE, 0))
    shuffled = right_share(Ask(votes=9, shuffle=True)(biased(0.6), UNSOLVED, BARE, 0))
    assert abs(once - 0.55) < 0.1 and plain == once  # the same prompt gives the same vote nine times
    assert shuffled > vote_accuracy(0.55, 9) - 0.05 > once + 0.2


def test_orders_differ_within_a_question_and_letters_are_told_back():
    backend = first_option()
    (told,) = Ask(votes=8, shuffle=True)(backend, UNSOLVED[:1], BARE[:1], 3)
    assert len(set(backend.asked)) > 4
    ballots = [line[1] for line in told.raw.split("\n\n")]
    assert len(set(ballots)) > 1 and told.letter == majority(ballots)


def test_orders_are_those_of_the_seed():
    def prompts(seed):
        backend = first_option()
        Ask(votes=4, shuffle=True)(backend, UNSOLVED[:3], BARE[:3], seed)
        return backend.asked

    assert prompts(0) == prompts(0) and not set(prompts(0)) & set(prompts(1)[:1])


def test_examples_go_with_every_order():
    backend = first_option()
    Ask(votes=3, shuffle=True)(backend, UNSOLVED[:2], [[QUESTIONS[8]], [QUESTIONS[9]]], 0)
    assert ["What is number 8?" in prompt for prompt in backend.asked] == [True] * 3 + [False] * 3


def test_a_tie_goes_to_the_first_vote_and_silence_has_none():
    assert majority(["D", "A", "A", "D"]) == "D" and majority(["A", "D", "D", "A"]) == "A"
    assert majority([None, None, "C"]) == "C"


def test_where_nobody_answers_the_most_frequent_outcome_stays():
    ballots = [
        Answered(letter=None, outcome=outcome, raw="", tokens=1, calls=1) for outcome in ("unparsed", "refused", "refused")
    ]
    assert voted(ballots, tokens=9, calls=3) == Answered(
        letter=None, outcome="refused", raw="[refused] \n\n[refused] ".join(["[unparsed] \n\n", ""]), tokens=9, calls=3
    )
    (told,) = Ask(votes=3, shuffle=True)(refuser(), UNSOLVED[:1], BARE[:1], 0)
    assert told.outcome == "refused" and told.letter is None


def test_all_that_was_spent_is_told():
    backend = Scripted(lambda *_: "The answer is B.")
    (alone,) = Ask()(backend, UNSOLVED[:1], BARE[:1], 0)
    (ordered,) = Ask(votes=5, shuffle=True)(backend, UNSOLVED[:1], BARE[:1], 0)
    (sampled,) = Ask(votes=5, sampling=CHAINS)(backend, UNSOLVED[:1], BARE[:1], 0)
    assert (ordered.tokens, ordered.calls) == (5 * alone.tokens, 5)
    # samples of one prompt pay for it once
    assert sampled.tokens == alone.tokens + 4 * len(["The", "answer", "is", "B."]) and sampled.calls == 1


def test_votes_by_likelihood_follow_the_order_too():
    found = Ask(protocol="letter", votes=4, shuffle=True)(first_option(), UNSOLVED, BARE, 0)
    assert Counter(one.letter for one in found).most_common(1)[0][1] < 120


def test_votes_that_cannot_differ_are_refused():
    with pytest.raises(ValueError, match="votes 5"):
        Ask(votes=5)
    with pytest.raises(ValueError, match="votes 5"):
        Ask(votes=5, sampling=Sampling())
    with pytest.raises(ValueError, match="votes 5"):
        Ask(protocol="letter", votes=5, sampling=CHAINS)
