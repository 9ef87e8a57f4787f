"""EHRmonize: generic name, route and classes of free-text medications by asking a language model.

Mechanism: the different strings of a column are gathered, so that each is asked once however often it stands there; a language
model is prompted with 0, 5 or 10 examples for the generic name, the route, or one of six yes-or-no classes; answers are parsed,
what cannot be parsed is counted, and labels are brought to one vocabulary. Each string is answered five times, and the most
frequent answer counts; strings on which the answers agree too little are written to ``review.csv`` in the arm's folder, for
clinicians to look at. Arms of one answer show what the vote adds, and how often an answer can't be parsed. The released code says
"unsure" where no more than half agree; here the answer stands, and the string is in the review. Its other way to decide, by
asking the model once more as a senior colleague, is left out.

Compared with an exact and a fuzzy lookup in a list of known drugs, by generic and brand name, and with regular expressions for
routes and for the stems of drug names. The published data, 398 names of MIMIC-IV and eICU labelled by physicians, are not at
hand. Strings are simulated from a packaged list of drugs, misspelt at a known rate, with drugs that the lookups are given and
others that they are not; and those of the SMART sample patients, which are real drugs in simulated writing, and some as typed.

Without ``--model`` the model is a mock that is given the answers and errs at planted rates: it knows no pharmacology. Findings
then show what the pipeline makes of a model of that skill, and how good lookups and rules are; they say nothing of language
models, and that the mock beats a lookup of unseen drugs is by construction. The models of the clinic in miniature read other
language. The published task for the route reads a column of its own; here the one string holds all.

Matos, Gallifant, Pei, Wong: EHRmonize: A Framework for Medical Concept Abstraction from Electronic Health Records using Large
Language Models. 2024, arXiv 2407.00242.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from vesalius.language.backend import Backend
from vesalius.language.medications.mocks import IDENTITY, SKILL, planted
from vesalius.language.models import TAG, opened
from vesalius.learners.learner import Learner
from vesalius.learners.medications.abstraction import MedicationAbstraction
from vesalius.learners.medications.lookup import DrugLookup
from vesalius.learners.medications.rules import MedicationRules
from vesalius.learners.medications.strings import string_of
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Record, Text
from vesalius.sources.medication_labels import TARGETS, Target
from vesalius.sources.packaged.drugs import drugs
from vesalius.sources.public import root
from vesalius.sources.public.smart_medications import SmartMedications
from vesalius.sources.public.smart_patients import FOLDER
from vesalius.sources.simulators.medications import Medications, known_drugs
from vesalius.sources.splits import thinned_test
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Source, Split, Task
from vesalius.tasks.texts import CHOICE_MARGIN, by_release

ASKED: Mapping[Size, tuple[Target, ...]] = {
    "smoke": ("route",),
    "default": ("generic name", "route", "antibiotic"),
    "paper": TARGETS,
}
STRINGS: Mapping[Size, int] = {"smoke": 300, "default": 1200, "paper": 10_000}
TESTED: Mapping[Size, int] = {"smoke": 20, "default": 1000, "paper": 10_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How the model is asked in an arm.

    Attributes:
        shots: examples.
        samples: answers to each string.
    """

    shots: int
    samples: int = 5


SHOTS: Mapping[Size, tuple[int, ...]] = {"smoke": (0, 5), "default": (0, 5, 10), "paper": (0, 1, 5, 10)}
ONE = "one answer"
"""Without a vote, each text that can't be parsed is an unparsed answer of the finding."""

MOCK_NOTE = (
    "Without --model, the model is a mock that is given the answers: it knows "
    + ", ".join(f"{share:.0%} of the strings with {shots} examples" for shots, share in SKILL.known.items())
    + " by plan, and so says nothing of language models."
)


def _split(known: str, most: int, records: Sequence[Record]) -> Split:
    """Tested are drugs that the lookups are given, or those that they are not; blank takes both."""
    whole = by_release(records)
    test = [record for record in whole.test if not known or record.tags["known"] == known]
    return thinned_test(Split(whole.train, whole.validation, test), most)


def _task(source: Source, target: Target, size: Size, name: str, known: str, note: str) -> Task:
    return Task(
        name=name,
        family="writing",
        source=source,
        inputs=("medication",),
        target=target,
        split=partial(_split, known, TESTED[size]),
        measures=(Measure(METRICS["accuracy"], margin=CHOICE_MARGIN),),
        note=f"{note} {MOCK_NOTE}",
        question=f"The {target} of medication strings",
        tags={"target": target, "data": source.tier},
    )


def _simulated(size: Size) -> list[Task]:
    """A task a target, for drugs of the known list and for others."""
    note = "Simulated strings; the unseen drugs are not in the list that the lookups are given."
    tasks = []
    for target in ASKED[size]:
        source = Medications(target=target, count=STRINGS[size])
        for known, called in (("yes", "known drugs"), ("no", "unseen drugs"))[: 1 if size == "smoke" else 2]:
            tasks.append(_task(source, target, size, f"{source.name}, {called}", known, note))
    return tasks


def _smart(size: Size) -> list[Task]:
    root.path(FOLDER)
    note = "Real drugs and forms, most of them in simulated writing; lookups are given the whole packaged list, which lacks some."
    targets: tuple[Target, ...] = ("generic name", "route")
    sources = [(target, SmartMedications(target=target)) for target in targets[: 1 if size == "smoke" else 2]]
    return [_task(source, target, size, source.name, "", note) for target, source in sources]


def _target(task: Task) -> Target:
    return next(target for target in TARGETS if target == task.target)


def _backend(task: Task) -> Backend:
    """What the user named, or the mock."""
    if TAG in task.tags:
        return opened(task.tags[TAG])
    return planted({string_of(record): record.get(task.target, Text).value for record in task.source.records()})


def _asked(task: Task, asking: Asking, seed: int) -> Learner:
    return MedicationAbstraction(partial(_backend, task), _target(task), shots=asking.shots, samples=asking.samples, seed=seed)


def _looked_up(task: Task, fuzzy: bool, seed: int) -> Learner:
    return DrugLookup(drugs() if task.tags["data"] == "public" else known_drugs(), _target(task), fuzzy=fuzzy)


def _ruled(task: Task, seed: int) -> Learner:
    return MedicationRules(_target(task))


def _learners(task: Task, size: Size) -> Arms:
    """The vote by number of examples, and one answer without a vote."""
    voted = {f"{shots} examples": Asking(shots=shots) for shots in SHOTS[size]}
    single = {f"{shots} examples, {ONE}": Asking(shots=shots, samples=1) for shots in SHOTS[size]}
    return {name: partial(_asked, task, asking) for name, asking in (voted if size == "smoke" else {**voted, **single}).items()}


def _baselines(task: Task, size: Size) -> Arms:
    arms = {"exact lookup": partial(_looked_up, task, False), "fuzzy lookup": partial(_looked_up, task, True)}
    return arms if task.target == "generic name" else {**arms, "rules": partial(_ruled, task)}


SYSTEM = System(
    id="ehrmonize",
    number=216,
    area="ehr",
    kind="toolbox",
    claim=Claim(
        "With 10 examples, GPT-4o is right on 97% of generic route names, 82% of generic drug names and all of the binary "
        "classifications of antibiotics; annotation takes an estimated 60% less time, and clinicians must still oversee it.",
        metric="accuracy",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"simulated": _simulated, "smart-patients": _smart},
    takes_model="asked",
    stand_in=IDENTITY,
)
