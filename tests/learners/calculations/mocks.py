"""Notes, and what the mocks know of them."""

from functools import partial

from vesalius.language.calculator_mocks import Faults, calculating_mock, cases_of
from vesalius.metrics.calculation_faults import fault_of
from vesalius.metrics.calculations import read_true_work, read_work
from vesalius.records import Text
from vesalius.sources.simulators.calculator_notes import CalculatorNotes

RECORDS = CalculatorNotes(train=1, test=2, seed=3).records()
TRAIN = [record for record in RECORDS if record.tags["split"] == "train"]
TEST = [record for record in RECORDS if record.tags["split"] == "test"]
CASES = cases_of(RECORDS)


def mock(**faults):
    return partial(calculating_mock, CASES, Faults(**faults))


def blind(records):
    return [
        type(record)(
            id=record.id,
            subject_id=record.subject_id,
            tags=record.tags,
            fields={name: record.fields[name] for name in ("note", "question")},
        )
        for record in records
    ]


def faults(learner, records=TEST):
    """What went wrong with each record; an outcome where nothing was said."""
    learner.fit(TRAIN, [])
    return [
        fault_of(read_work(said.value), read_true_work(record.get("answer", Text).value)) if said.value else said.outcome
        for said, record in zip(learner.predict(blind(records)), records, strict=True)
    ]
