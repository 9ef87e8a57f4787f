import random

import pytest

from vesalius.records import Record
from vesalius.sources.splits import hold_out, split_by_hash


@pytest.fixture
def records():
    return [Record(id=str(n), subject_id=f"p{n // 3}", fields={}, tags={"site": str(n % 7)}) for n in range(3000)]


def ids(part):
    return {record.id for record in part}


def test_a_record_stays_in_its_part_whatever_the_order_and_the_other_records(records):
    whole = split_by_hash(records, validation=0.2, test=0.3)
    some = random.Random(0).sample(records, 500)
    part = split_by_hash(some, validation=0.2, test=0.3)
    assert (
        ids(part.train) <= ids(whole.train)
        and ids(part.validation) <= ids(whole.validation)
        and ids(part.test) <= ids(whole.test)
    )


@pytest.mark.parametrize("unit", ["subject_id", "site"])
def test_no_unit_is_in_two_parts(records, unit):
    split = split_by_hash(records, validation=0.2, test=0.3, unit=unit)
    units = [{record.group(unit) for record in part} for part in (split.train, split.validation, split.test)]
    assert not units[0] & units[1] and not units[0] & units[2] and not units[1] & units[2]
    assert len(split.train) + len(split.validation) + len(split.test) == len(records)


def test_parts_have_about_the_shares_asked_for(records):
    split = split_by_hash(records, validation=0.2, test=0.3)
    assert len(split.validation) / len(records) == pytest.approx(0.2, abs=0.05)
    assert len(split.test) / len(records) == pytest.approx(0.3, abs=0.05)


def test_another_salt_is_another_split(records):
    plain, salted = (split_by_hash(records, validation=0, test=0.5, salt=salt) for salt in ("", "set"))
    assert ids(plain.test) != ids(salted.test)


def test_holding_out_does_not_depend_on_order(records):
    rest, held = hold_out(records, 10)
    assert len(held) == 10 and ids(rest) | ids(held) == ids(records)
    assert ids(hold_out(records[::-1], 10)[1]) == ids(held)
