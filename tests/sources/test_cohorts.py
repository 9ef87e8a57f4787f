"""The packaged clinical cohorts."""

import numpy as np
import pytest

from vesalius.records import Label, Survival, Vector, digest_of
from vesalius.sources.packaged.cohorts import COHORTS, cohort_task

PUBLISHED = {
    "breast-cancer": (569, 212, 30),
    "heart-attack-year": (500, 138, 13),
    "heart-attack": (500, 215, 13),
    "gbsg2": (686, 299, 9),
    "veterans": (137, 128, 8),
}
"""Patients, events, and covariates after encoding. Patients and events are those of the documentation, but for the deaths in the
first year, which are counted from the data."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_cohort_has_the_patients_events_and_covariates_that_are_known_of_it(name: str) -> None:
    records = COHORTS[name].records()
    targets = [record.fields[COHORTS[name].target] for record in records]
    events = sum(bool(target.index) if isinstance(target, Label) else target.event for target in targets)
    width = len(records[0].get("covariates", Vector).names)
    assert (len(records), events, width) == PUBLISHED[name]


@pytest.mark.parametrize("name", COHORTS)
def test_a_record_is_one_patient_with_finite_covariates_a_licence_and_an_id_of_its_own(name: str) -> None:
    records = COHORTS[name].records()
    assert len({record.id for record in records}) == len({record.subject_id for record in records}) == len(records)
    assert all(record.licence for record in records)
    values = np.stack([record.get("covariates", Vector).values for record in records])
    assert np.isnan(values).any() == (name == "light-chain")
    assert digest_of(records) == digest_of(COHORTS[name].records())


@pytest.mark.parametrize("name", COHORTS)
def test_no_covariate_is_known_only_with_the_outcome(name: str) -> None:
    names = COHORTS[name].records()[0].get("covariates", Vector).names
    assert not {"los", "lenfol", "fstat", "time", "cens", "death", "futime"} & set(names)
    assert not any(covariate.startswith("chapter") for covariate in names)


def test_death_within_a_year_is_known_of_every_patient() -> None:
    times = [record.get("survival", Survival) for record in COHORTS["heart-attack"].records()]
    dead = [record.get("label", Label).value == "dead" for record in COHORTS["heart-attack-year"].records()]
    assert all(outcome.event or outcome.time > 365 for outcome in times)
    assert dead == [outcome.event and outcome.time <= 365 for outcome in times]


def test_the_light_chain_subjects_are_a_thousand_with_the_event_rate_of_all() -> None:
    outcomes = [record.get("survival", Survival) for record in COHORTS["light-chain"].records()]
    assert len(outcomes) == 1000
    assert abs(np.mean([outcome.event for outcome in outcomes]) - 2169 / 7874) < 0.04


@pytest.mark.parametrize("name", COHORTS)
def test_a_task_splits_the_patients_once_about_sixty_to_forty(name: str) -> None:
    task = cohort_task(name)
    split = task.split(task.source.records())
    assert not split.validation
    assert not {record.id for record in split.train} & {record.id for record in split.test}
    assert 0.3 < len(split.test) / len(task.source.records()) < 0.5
    assert [measure.margin for measure in task.measures] == [0.01] * len(task.measures)
