import numpy as np
import pytest

from vesalius.errors import UserError
from vesalius.records import Events, Label, Survival
from vesalius.records.events import EventTable
from vesalius.records.events.meds_labels import Labels, write_labels
from vesalius.records.events.meds_write import write_meds
from vesalius.sources.own_histories import OwnHistories, split_of_own

NAMES = [f"p{number}" for number in range(30)]
START = np.datetime64("2024-01-01", "us")
DAY = np.timedelta64(1, "D")


@pytest.fixture
def cohort(tmp_path):
    """Makes a dataset of thirty patients with a sex and an event a day for ten days, labelled on day four."""

    def made(*, splits=None, days=None, subjects=NAMES, moment=START + 3 * DAY):
        times = np.array([time for _ in NAMES for time in (np.datetime64("NaT"), *(START + DAY * np.arange(10)))], "M8[us]")
        codes = [code for _ in NAMES for code in ("GENDER//F", *(f"day {day}" for day in range(10)))]
        table = EventTable.build(np.repeat(NAMES, 11), times, codes)
        folder = tmp_path / "cohort"
        write_meds(table, folder, splits=splits)
        labels = Labels(
            subjects=tuple(subjects),
            moments=np.array([moment] * len(subjects), "M8[us]"),
            came=np.arange(len(subjects)) % 2 == 0,
            days=None if days is None else np.asarray(days, float),
        )
        write_labels(folder, labels)
        return folder

    return made


def test_a_history_ends_with_what_was_known_and_begins_with_what_has_no_time(cohort):
    record = OwnHistories(folder=cohort(), target="answer").records()[1]
    history = record.get("history", Events)
    assert history.codes == ("GENDER//F", "day 0", "day 1", "day 2", "day 3")
    assert record.subject_id == "p1" and record.get("answer", Label).value == "no"
    assert record.time == (START + 3 * DAY).item()


@pytest.mark.parametrize(("longest", "unit"), [(14, "days"), (90, "weeks"), (1400, "quarters")])
def test_time_is_told_in_the_unit_of_which_the_horizon_reaches_it(cohort, longest, unit):
    days = np.linspace(1, longest, len(NAMES))
    records = OwnHistories(folder=cohort(days=days), target="answer", horizon=16).records()
    times = [record.get("answer", Survival) for record in records]
    assert {one.unit for one in times} == {unit} and times[0].event and not times[1].event
    assert np.allclose(np.array([one.time for one in times]) / times[0].time, days / days[0], rtol=1e-5)


def test_the_split_is_the_dataset_s_own_where_it_has_one(cohort):
    parts = {name: ("train", "tuning", "held_out")[min(place // 10, 2)] for place, name in enumerate(NAMES)}
    split = split_of_own(OwnHistories(folder=cohort(splits=parts), target="answer").records())
    assert [{parts[record.subject_id] for record in part} for part in (split.train, split.validation, split.test)] == [
        {"train"},
        {"tuning"},
        {"held_out"},
    ]


def test_without_one_patients_are_split_by_their_hash(cohort):
    split = split_of_own(OwnHistories(folder=cohort(), target="answer").records())
    assert len(split.train) + len(split.validation) + len(split.test) == 30 and len(split.train) > len(split.test)


@pytest.mark.parametrize(
    ("how", "named"),
    [
        ({"subjects": ["nobody"]}, "label 1: no event of its subject"),
        ({"moment": START - DAY}, "label 1: no event of its subject"),
        ({"subjects": ["p1", "p2", "p1"]}, "label 3: a second one"),
        ({"splits": dict.fromkeys(NAMES, "pilot")}, "'pilot' is none of"),
        ({"splits": dict.fromkeys(NAMES, "train")}, "none is left to validate"),
    ],
)
def test_what_can_t_be_is_told_by_label(cohort, how, named):
    with pytest.raises(UserError, match=named):
        split_of_own(OwnHistories(folder=cohort(**how), target="answer").records())


def test_a_time_is_asked_for_where_labels_have_none(cohort):
    with pytest.raises(UserError, match="not when"):
        OwnHistories(folder=cohort(), target="answer", horizon=16).records()
