import pytest

from tests.language.exams import exam, key, record
from vesalius.errors import UserError
from vesalius.language.choices import PROTOCOLS
from vesalius.language.mocks import coin, first_option, oracle, refuser
from vesalius.language.protocols import protocol_table, spread

RECORDS = exam(80)


def test_the_oracle_is_right_everywhere_and_a_refuser_nowhere_by_generation():
    rows = protocol_table(oracle(key(RECORDS)), RECORDS, permutations=2)
    assert len(rows) == len(PROTOCOLS) * 3 and {row.accuracy.value for row in rows} == {1.0} and spread(rows) == 0
    refused = protocol_table(refuser(), RECORDS, protocols=["generation"], permutations=0)
    assert refused[0].accuracy.value == 0 and refused[0].answered == 0


def test_a_model_that_takes_the_first_is_seen_by_its_place_and_at_chance():
    rows = protocol_table(first_option(), RECORDS, protocols=["letter"], permutations=3)
    assert all(row.chosen_first == 1 for row in rows)
    assert all(0.1 < row.accuracy.value < 0.4 for row in rows)


def test_a_coin_is_near_chance():
    rows = protocol_table(coin(), exam(400), protocols=["letter", "generation"], permutations=1)
    assert all(row.accuracy.low < 0.25 < row.accuracy.high for row in rows)


def test_a_bias_to_the_first_place_shows_as_spread_where_the_right_one_is_always_there():
    records = [record(number, "A") for number in range(60)]
    rows = protocol_table(first_option(), records, protocols=["letter"], permutations=2)
    assert rows[0].accuracy.value == 1 and spread(rows) > 0.5


def test_questions_need_answers():
    with pytest.raises(UserError, match="answer"):
        protocol_table(coin(), [record(1)])
    with pytest.raises(UserError, match="none"):
        protocol_table(coin(), [])
