from copy import deepcopy

import numpy as np
import pyarrow as pa
import pytest

from vesalius.records import Events, Survival
from vesalius.sources.simulators.patients import DAYS, Patients, event_table, live
from vesalius.sources.simulators.patients.simulate import State, _rates
from vesalius.sources.simulators.patients.world import (
    CONDITIONS,
    DEATH,
    EFFECTS,
    FACTORS,
    LABS,
    MEDICINES,
    OUTCOMES,
    SITES,
    effects,
)

NORTH = live(6000, "north", 1)
SOUTH = live(6000, "south", 1)
TABLE = event_table(NORTH, "north")


@pytest.mark.parametrize("lives", [NORTH, SOUTH], ids=["north", "south"])
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_outcomes_come_as_often_as_their_hazards_say(lives, outcome):
    spans, place = lives.spans, list(OUTCOMES).index(outcome)
    expected = ((spans.end - spans.start) / DAYS * spans.hazards[:, place]).sum()
    assert abs((spans.came == place).sum() - expected) < 4 * np.sqrt(expected)


def had(lives, code):
    """Patients who had a code, and the day of the first one."""
    first = np.full(len(lives.born), np.inf)
    rows = np.array([one == code for one in lives.codes])
    np.minimum.at(first, lives.patient[rows], lives.days[rows])
    return first


def infarctions(lives, chosen):
    """A year of the chosen patients."""
    spans = lives.spans
    whose = chosen[spans.patient]
    came = spans.came[whose] == list(OUTCOMES).index("infarction")
    return came.sum() / ((spans.end - spans.start)[whose] / DAYS).sum()


def test_diabetes_counts_more_in_women():
    diabetic = np.isfinite(had(NORTH, "ICD10CM//E11.9"))
    ratio = [
        infarctions(NORTH, diabetic & (NORTH.female == female)) / infarctions(NORTH, ~diabetic & (NORTH.female == female))
        for female in (False, True)
    ]
    assert ratio[1] > 1.3 * ratio[0] > 1.3


@pytest.mark.parametrize(("outcome", "factor"), [(outcome, factor) for outcome, row in EFFECTS.items() for factor in row])
def test_a_hazard_changes_by_the_effects_of_what_changes(outcome, factor):
    state = entered(1)
    other = changed(state, factor)
    moved = (other.factors() - state.factors())[0]
    place = 2 + len(CONDITIONS) + list(OUTCOMES).index(outcome)
    before, after = (_rates(one, SITES["north"])[0, place] for one in (state, other))
    planted = sum(EFFECTS[outcome].get(name, 0) * step for name, step in zip(FACTORS, moved, strict=True))
    assert moved[FACTORS.index(factor)] != 0
    assert np.log(after / before) == pytest.approx(planted)


def entered(count):
    """Men of 60 years who have nothing."""
    return State(
        born=np.full(count, -60 * DAYS),
        now=np.zeros(count),
        end=np.full(count, DAYS),
        female=np.zeros(count, bool),
        ill=np.zeros((count, len(CONDITIONS)), bool),
        treated=np.zeros((count, len(MEDICINES)), bool),
        had=np.zeros((count, len(OUTCOMES)), bool),
        level=np.tile([lab.level for lab in LABS.values()], (count, 1)),
    )


def changed(state, factor):
    """The same with one thing changed."""
    other = deepcopy(state)
    if factor == "age":
        other.born -= DAYS
    if factor in ("female", "diabetes of women"):
        other.female = ~other.female
    if factor in CONDITIONS or factor == "diabetes of women":
        other.ill[:, list(CONDITIONS).index(factor.removesuffix(" of women"))] = True
    if factor in MEDICINES:
        other.treated[:, list(MEDICINES).index(factor)] = True
    if factor.startswith("after "):
        other.had[:, list(OUTCOMES).index(factor.removeprefix("after "))] = True
    if factor in LABS:
        other.level[:, list(LABS).index(factor)] += LABS[factor].spread
    return other


def test_every_effect_has_its_factor():
    assert {name for row in EFFECTS.values() for name in row} <= set(FACTORS)
    assert np.count_nonzero(effects()) == sum(map(len, EFFECTS.values()))


def test_nothing_happens_after_the_end_and_death_is_an_end():
    assert (NORTH.days <= NORTH.end[NORTH.patient] + 1e-9).all()
    died = had(NORTH, OUTCOMES[DEATH][0])
    assert (died[np.isfinite(died)] == NORTH.end[np.isfinite(died)]).all()
    assert 0.05 < np.isfinite(died).mean() < 0.5


def measured(lives, lab):
    rows = np.array([one == f"LOINC//{LABS[lab].code}" for one in lives.codes])
    return lives.patient[rows], lives.numbers[rows]


def visits(lives):
    return np.bincount(lives.patient[[code == "VISIT" for code in lives.codes]], minlength=len(lives.born))


def test_what_is_missing_at_random_depends_on_what_is_recorded():
    patients, _ = measured(NORTH, "hba1c")
    counts = np.bincount(patients, minlength=len(NORTH.born))
    diabetic = np.isfinite(had(NORTH, "ICD10CM//E11.9"))
    assert counts[diabetic].sum() / visits(NORTH)[diabetic].sum() > 2 * counts[~diabetic].sum() / visits(NORTH)[~diabetic].sum()


def test_what_is_missing_not_at_random_depends_on_the_value():
    """The healthy are measured more often the higher their value, so that the median of measurements lies above the true one."""
    healthy = ~np.isfinite(had(NORTH, "ICD10CM//N18.30"))
    middle = {}
    for lab in ("creatinine", "systolic"):
        patients, numbers = measured(NORTH, lab)
        (raising,) = LABS[lab].raised
        untouched = healthy & ~np.isfinite(had(NORTH, f"ICD10CM//{CONDITIONS[raising].code}"))
        middle[lab] = np.median(np.log(numbers[untouched[patients]])) - LABS[lab].level
    assert middle["creatinine"] > 0.3 * LABS["creatinine"].spread
    assert abs(middle["systolic"]) < 0.3 * LABS["systolic"].spread + 0.05


def test_hospitals_differ_in_coding_visits_and_case_mix():
    assert CONDITIONS["diabetes"].southern in {code.removeprefix("ICD10CM//") for code in SOUTH.codes}
    assert CONDITIONS["diabetes"].southern not in {code.removeprefix("ICD10CM//") for code in NORTH.codes}
    a_year = [visits(lives).sum() / ((lives.end - lives.entered) / DAYS).sum() for lives in (NORTH, SOUTH)]
    assert a_year[0] > 1.2 * a_year[1]
    assert SOUTH.female.mean() < NORTH.female.mean()


def test_events_of_a_patient_begin_with_what_has_no_time_and_birth():
    first = [TABLE.vocabulary[code] for code in TABLE.codes[TABLE.rows(0)][:3]]
    assert first[0].startswith("GENDER//") and first[1:] == ["SITE//north", "MEDS_BIRTH"]
    assert np.isnat(TABLE.times[TABLE.rows(0)]).sum() == 2
    creatinine = TABLE.codes == TABLE.vocabulary.index("LOINC//2160-0")
    assert set(TABLE.extra["unit"].filter(pa.array(creatinine)).to_pylist()) == {"mg/dL"}


def test_a_record_knows_nothing_of_what_comes_after_its_moment():
    records = Patients(outcome="stroke", count=800).records()
    stroke = f"ICD10CM//{OUTCOMES['stroke'][0]}"
    assert len(records) > 500
    for record in records:
        history = record.get("history", Events)
        assert history.times[-1] <= record.time
        assert stroke not in history.codes
        assert record.get("time to event", Survival).time > 0
    shares = [record.get("time to event", Survival).event for record in records]
    assert 0.01 < np.mean(shares) < 0.3


def test_the_moment_does_not_depend_on_what_comes():
    """Asked one to two years after entry, whenever the patient dies."""
    records = Patients(outcome=DEATH, count=800, seed=3).records()
    lives = live(800, "north", 3)
    place = [int(record.subject_id.split("-")[1]) for record in records]
    since = np.array([(np.datetime64(record.time) - np.datetime64("2010-01-01")) / np.timedelta64(1, "D") for record in records])
    assert ((since - lives.entered[place]) / DAYS >= 0.99).all() and ((since - lives.entered[place]) / DAYS <= 2.01).all()


def test_a_seed_decides_everything():
    assert [record.digest() for record in Patients(outcome="stroke", count=60).records()] == [
        record.digest() for record in Patients(outcome="stroke", count=60).records()
    ]
    one, other = live(50, "north", 0), live(50, "north", 5)
    assert one.codes != other.codes and one.codes == live(50, "north", 0).codes
