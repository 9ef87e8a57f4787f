"""What MedCalc-Bench and MeNTi have in common: notes that a medical calculator answers, and the mock that is tried on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cache, partial

from vesalius.language.backend import Backend
from vesalius.language.calculator_mocks import Case, Faults, calculating_mock, cases_of
from vesalius.language.models import TAG, opened
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Record
from vesalius.sources.public import root
from vesalius.sources.public.medcalc_bench import MEDCALC_BENCH
from vesalius.sources.public.public_set import PublicSet
from vesalius.sources.simulators.calculator_notes import CalculatorNotes
from vesalius.tasks import Measure, Source, Split, Task
from vesalius.tasks.texts import CHOICE_MARGIN, by_release

NOTES: Mapping[Size, int] = {"smoke": 1, "default": 8, "paper": 20}
"""Notes of each calculator to test; the benchmark has up to 20."""

SMOKE_CALCULATORS = ("bmi", "creatinine-clearance", "qtc-bazett", "anion-gap", "curb-65", "centor", "gestational-age", "due-date")
SMOKE_RECORDS = 24
FRESH = 1
"""Seed of the notes: those of seed 0 were looked at while the simulator was made."""

PLANTED = Faults(extraction=0.1, selection=0.05, formula=0.15, conversion=0.3, arithmetic=0.25, unwritten=0.5)
"""Of the mock model: invented rates, none of them taken from a real one."""

MOCK_NOTE = (
    "Without --model the arms ask a mock, which is no language model: it knows every note's truth and goes wrong at rates: "
    + ", ".join(f"{each.name} {getattr(PLANTED, each.name):g}" for each in fields(PLANTED))
    + "."
)


def split(most: int | None, records: Sequence[Record]) -> Split:
    """As the release has it; without its training file, the first note of each calculator is its example.

    No note that is tested is an example, and a calculator without one is not tested.
    """
    whole = by_release(records)
    train, test = list(whole.train), list(whole.test)
    if not train:
        train = list({record.tags["calculator"]: record for record in reversed(test)}.values())
        shown = {record.subject_id for record in train}
        test = [record for record in test if record.subject_id not in shown]
    tested = {record.subject_id for record in test}
    train = [record for record in train if record.subject_id not in tested]
    known = {record.tags["calculator"] for record in train}
    return Split(train, [], [record for record in test if record.tags["calculator"] in known][:most])


def simulated(size: Size) -> list[Task]:
    """Invented notes."""
    calculators = {"calculators": SMOKE_CALCULATORS} if size == "smoke" else {}
    source = CalculatorNotes(train=1, test=NOTES[size], seed=FRESH, **calculators)
    return [_task(source, None, "Simulated notes, answered by the package's own calculators. " + MOCK_NOTE, data="simulated")]


def released(size: Size) -> list[Task]:
    """MedCalc-Bench, where it is at hand."""
    root.path("medcalc-bench")
    note = (
        "Answers as released, which depart from the published formulas in places; misses are told apart only where the release's "
        "names of a note's values are known here. " + MOCK_NOTE
    )
    return [_task(MEDCALC_BENCH, SMOKE_RECORDS if size == "smoke" else None, note, data="medcalc-bench")]


def _task(source: Source, most: int | None, note: str, **tags: str) -> Task:
    errors = ("extraction_error", "formula_error", "arithmetic_error")
    return Task(
        name=source.name,
        family="writing",
        source=source,
        inputs=("note", "question", "entities"),
        target="answer",
        split=partial(split, most),
        measures=tuple(Measure(METRICS[name], CHOICE_MARGIN) for name in ("calculation_correct", *errors)),
        note=note,
        question="Medical calculations from notes",
        tags=tags,
    )


@cache
def _cases(source: CalculatorNotes | PublicSet) -> dict[str, Case]:
    return cases_of(source.records())


def backend(task: Task) -> Callable[[], Backend]:
    """The model that the user names; without one, the mock, which is one model as a real one is, whatever an arm's seed."""
    if TAG in task.tags:
        return partial(opened, task.tags[TAG])
    assert isinstance(task.source, CalculatorNotes | PublicSet)
    return partial(_mock, task.source)


def _mock(source: CalculatorNotes | PublicSet) -> Backend:
    return calculating_mock(_cases(source), PLANTED)


def named_arm(task: Task, name: str) -> str:
    """An arm's name, which says of a mock that it is one."""
    return name if TAG in task.tags else f"mock, {name}"
