from collections import Counter

import numpy as np
import pytest
import simple_icd_10_cm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from vesalius.checks import check_source
from vesalius.records import Label, Text, Vector
from vesalius.sources.simulators.admissions import (
    ANSWER,
    CLASSES,
    DECADE,
    INTERACTIONS,
    INTERCEPTS,
    KINDS,
    OUTCOMES,
    SPREAD,
    Admissions,
    codes,
    described,
    expected,
    names,
)


def covariates(records):
    return np.stack([record.get("covariates", Vector).values for record in records])


@pytest.fixture(scope="module")
def many():
    return Admissions(train=12_000, validation=0, test=0).records()


def test_source_keeps_its_contract_and_seeds_give_other_patients():
    check_source(Admissions(train=20, validation=5, test=5))
    one, other = (Admissions(train=20, validation=5, test=5, seed=seed).records() for seed in (0, 1))
    assert not {record.id for record in one} & {record.id for record in other}
    assert not np.array_equal(covariates(one), covariates(other))
    assert Counter(record.tags["split"] for record in one) == {"train": 20, "validation": 5, "test": 5}


def test_codes_are_unique_and_conditions_are_leaves_of_icd_10_cm():
    assert len({one.code for one in codes()}) == len({one.name for one in codes()}) == len(codes()) >= 60
    conditions = [one.code for one in codes() if one.kind == "condition"]
    assert all(simple_icd_10_cm.is_leaf(code) for code in conditions)
    assert all(one.indication in ("", *conditions) for one in codes())


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_class_is_there_and_the_commonest_is_not_all(many, outcome):
    shares = np.bincount([record.get(outcome, Label).index for record in many], minlength=len(CLASSES[outcome])) / len(many)
    assert shares.min() > 0.07 and shares.max() < 0.95
    assert all(record.get(outcome, Label).value == record.get(outcome + ANSWER, Text).value for record in many[:50])


@pytest.mark.parametrize("outcome", OUTCOMES[:2])
def test_logistic_regression_finds_the_planted_effects_with_their_interaction(many, outcome):
    from sklearn.linear_model import LogisticRegression

    values = covariates(many)
    first, second, effect = INTERACTIONS[outcome][0]
    has = {one.code: values[:, 2 + place] for place, one in enumerate(codes())}
    seen = np.column_stack([(values[:, 0] - 65) / 10, values[:, 1:], has[first] * has[second]])
    model = LogisticRegression(C=np.inf, max_iter=2000).fit(seen, [record.get(outcome, Label).index for record in many])
    found = dict(zip(("age", "male", *(one.code for one in codes()), "both"), model.coef_[0], strict=True))
    assert model.intercept_[0] == pytest.approx(INTERCEPTS[outcome], abs=0.4)
    assert found["age"] == pytest.approx(DECADE[outcome], abs=0.12)
    assert found["both"] == pytest.approx(effect, abs=0.45)
    wanted = np.array([one.effects[outcome] for one in codes()])
    assert np.corrcoef(wanted, [found[one.code] for one in codes()])[0, 1] > 0.8
    common = [one for one in codes() if one.share >= 0.1 and one.code not in (first, second)]
    assert all(found[one.code] == pytest.approx(one.effects[outcome], abs=0.4) for one in common)


def test_length_of_stay_is_as_often_above_a_week_as_planted_for_short_and_for_long_stays(many):
    logarithms = expected(covariates(many), "length of stay")
    longer = np.array([record.get("length of stay", Label).index > 0 for record in many])
    planted = norm.cdf((logarithms - np.log(7)) / SPREAD)
    order = np.argsort(logarithms)
    for part in np.array_split(order, 4):
        assert longer[part].mean() == pytest.approx(planted[part].mean(), abs=0.04)
    assert longer[order[-3000:]].mean() - longer[order[:3000]].mean() > 0.4


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_two_codes_together_do_more_than_each(outcome):
    first, second, effect = INTERACTIONS[outcome][0]
    rows = np.zeros((4, len(names())))
    for place in (1, 3):
        rows[place, names().index(next(f"{one.system}//{one.code}" for one in codes() if one.code == first))] = 1
    for place in (2, 3):
        rows[place, names().index(next(f"{one.system}//{one.code}" for one in codes() if one.code == second))] = 1
    none, one, other, both = expected(rows, outcome)
    assert both - one - other + none == pytest.approx(effect)


@settings(max_examples=30)
@given(age=st.integers(18, 95), male=st.booleans(), there=st.sets(st.integers(0, len(codes()) - 1)))
def test_the_text_says_what_the_table_holds(age, male, there):
    values = np.zeros(len(names()))
    values[:2] = age, male
    values[[2 + place for place in there]] = 1
    lines = dict(line.split(": ", 1) for line in described(values).splitlines())
    assert lines["Age"] == str(age) and lines["Sex"] == ("male" if male else "female")
    read = {name for title in KINDS.values() for name in lines[title].split(", ") if name != "none"}
    assert read == {codes()[place].name for place in there}


def test_drugs_are_given_for_their_conditions(many):
    values = covariates(many)
    has = {one.code: values[:, 2 + place] for place, one in enumerate(codes())}
    failing = has["I50.9"] == 1
    assert has["4603"][failing].mean() > 2 * has["4603"][~failing].mean()
