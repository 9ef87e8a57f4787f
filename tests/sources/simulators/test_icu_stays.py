import numpy as np
import pytest

from vesalius.checks import check_source
from vesalius.metrics import METRICS
from vesalius.records import Events, Label, Text, Vector
from vesalius.sources.simulators.icu_stays import ADMISSION, EFFECTS, HOURS, MOST_NOTES, NOTES, VITALS, IcuStays, courses, phrases

TRUE = courses(20_000, np.random.default_rng(7))
SOURCE = IcuStays(train=700, validation=0, test=0, seed=3)
RECORDS = SOURCE.records()
SHOWN = courses(700, np.random.default_rng([3, 58, 0]))
"""What is true of the records: the courses are drawn first."""


def auroc(odds):
    return METRICS["auroc"].function(odds, TRUE.died_S.astype(int))


def correlation(one, other):
    return np.corrcoef(one, other)[0, 1]


def means(code):
    """Of a variable, in each stay; the stay's own mean of what was measured, NaN without any."""
    found = []
    for record in RECORDS:
        vitals = record.get("vitals", Events)
        values = [value for value, own in zip(vitals.values, vitals.codes, strict=True) if own == code]
        found.append(np.mean(values) if values else np.nan)
    return np.array(found)


def rounds():
    return np.array([len(set(record.get("vitals", Events).times)) for record in RECORDS])


def bleakness():
    """What the notes of each stay say on average: sentences of the gravest kind less those of the calmest."""
    found = []
    for record in RECORDS:
        text = " ".join(record.get(name, Text).value for name in record.get("note hours", Vector).names)
        counts = {level: sum(text.count(phrase) for phrase in phrases()[level]) for level in ("calm", "grave")}
        found.append((counts["grave"] - counts["calm"]) / len(record.get("note hours", Vector).names))
    return np.array(found)


def test_the_source_keeps_its_contract():
    check_source(IcuStays(train=8, validation=4, test=4))


def test_the_courses_of_the_records_are_known():
    died = np.array([record.get("outcome", Label).index for record in RECORDS])
    assert np.array_equal(died, SHOWN.died_S)


def test_deaths_come_as_often_as_the_effects_say():
    odds = np.exp(-1.1 + sum(TRUE.effects.values()))
    risk = odds / (1 + odds)
    for low in (0, 0.25, 0.5, 0.75):
        of = (risk >= low) & (risk < low + 0.25)
        assert abs(TRUE.died_S[of].sum() - risk[of].sum()) < 4 * np.sqrt((risk[of] * (1 - risk[of])).sum())


@pytest.mark.parametrize("left_out", EFFECTS)
def test_every_effect_tells_something_that_the_others_do_not(left_out):
    whole = sum(TRUE.effects.values())
    assert auroc(whole) - auroc(whole - TRUE.effects[left_out]) > 0.01
    others = [effect for name, effect in TRUE.effects.items() if name != left_out]
    assert all(abs(correlation(TRUE.effects[left_out], other)) < 0.05 for other in others)


def test_a_course_is_a_level_a_trend_and_an_ornstein_uhlenbeck_process():
    hours, course = TRUE.hours_T, TRUE.body_ST
    for one, other in ((0, 0), (0, 40), (50, 66), (95, 95), (10, 90)):
        expected = 0.7**2 + 0.8**2 * hours[one] * hours[other] / HOURS**2 + 0.7**2 * np.exp(-abs(hours[one] - hours[other]) / 8)
        assert np.mean(course[:, one] * course[:, other]) == pytest.approx(expected, abs=0.05)


def test_vitals_show_the_body_and_not_the_mind():
    for code, vital in VITALS.items():
        own = means(code)
        there = ~np.isnan(own)
        assert correlation(own[there], SHOWN.body_ST.mean(axis=1)[there]) * np.sign(vital.loading) > 0.3
        assert abs(correlation(own[there], SHOWN.mind_ST.mean(axis=1)[there])) < 0.15


def test_notes_tell_of_the_mind_and_not_of_the_body():
    assert correlation(bleakness(), SHOWN.mind_ST.mean(axis=1)) > 0.6
    assert abs(correlation(bleakness(), SHOWN.body_ST.mean(axis=1))) < 0.15


def test_how_often_is_measured_tells_a_worry_that_no_value_shows():
    assert correlation(np.log(rounds()), SHOWN.worry_S) > 0.5
    assert correlation(np.log(rounds()), SHOWN.body_ST.mean(axis=1)) > 0.2
    own = means("heart rate")
    assert abs(correlation(own[~np.isnan(own)], SHOWN.worry_S[~np.isnan(own)])) < 0.15


def test_rounds_are_as_many_as_their_rate_says():
    expected = SHOWN.rounds_ST.sum() * 0.5
    seen = rounds().sum() - len(RECORDS)
    # a round in which nothing was measured is not seen
    share = 1 - np.prod([1 - vital.share for vital in VITALS.values()])
    assert seen == pytest.approx(expected * share, rel=0.02)


def test_stays_are_formed_as_they_are_described():
    for record in RECORDS[:100]:
        vitals, hours = record.get("vitals", Events), record.get("note hours", Vector)
        assert vitals.codes[0] == ADMISSION and np.isnan(vitals.values[0]) and set(vitals.codes[1:]) <= set(VITALS)
        assert (vitals.times[-1] - vitals.times[0]).total_seconds() <= HOURS * 3600
        assert all(VITALS[c].low <= v <= VITALS[c].high for c, v in zip(vitals.codes[1:], vitals.values[1:], strict=True))
        assert hours.names == NOTES[: len(hours.names)] and 1 <= len(hours.names) <= MOST_NOTES
        assert list(hours.values) == sorted(hours.values) and hours.values[0] >= 0 and hours.values[-1] <= HOURS
        assert {name for name in record.fields if name in NOTES} == set(hours.names)


def test_a_note_tells_how_the_mind_is_when_it_is_written():
    """Within stays: what a note says goes with the course at its hour beyond the course at another one."""
    said, then, other = [], [], []
    for row, record in enumerate(RECORDS):
        hours = record.get("note hours", Vector)
        for name, hour in zip(hours.names, hours.values, strict=True):
            text = record.get(name, Text).value
            said.append(sum(p in text for p in phrases()["grave"]) - sum(p in text for p in phrases()["calm"]))
            then.append(SHOWN.mind_ST[row, min(int(hour * 2), 95)])
            other.append(SHOWN.mind_ST[row, (int(hour * 2) + 48) % 96])
    assert correlation(said, then) > correlation(said, other) + 0.1
