"""MEDEC: does a clinical note have an error, in which sentence, and what should it say?

Mechanism: each text is right or has one wrong sentence (diagnosis, management, treatment, pharmacotherapy, causal organism). Who
takes part says a flag, the number of the sentence and the sentence as it should be; scored are the flag's accuracy, the
sentence's accuracy over all texts, and the correction. The benchmark's aggregate of ROUGE-1, BERTScore and BLEURT is ROUGE-1
alone here, for the two learned ones need weights that no package has. Versions of one note, of which MEDEC mostly has two, are
one subject, so that none is learned from in one version and tested in the other.

Learners: a classifier of sentences that knows what goes together in notes, with a corrector from the training pairs, and the
same without the note around the sentence; a language model that is prompted, without and with examples, and one that is
fine-tuned. Baselines read nothing: one finds no error anywhere, one copies the last sentence as its own correction. The release
at hand lacks the training set, so that its validation texts are learned from. The clinic's notes have errors that follow from
the note and from facts that training notes show, so that there is something to find. The two doctors and the hosted models of
the paper are not here.

Ben Abacha et al.: MEDEC: A Benchmark for Medical Error Detection and Correction in Clinical Notes. Findings of ACL 2025, arXiv
2412.19260. Ben Abacha et al.: Overview of the MEDIQA-CORR 2024 Shared Task on Medical Error Detection and Correction.
ClinicalNLP 2024.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from vesalius.language.backend import Backend
from vesalius.language.models import TAG, can_be_trained, folder_of, model_of, opened
from vesalius.learners.learner import Learner
from vesalius.learners.note_errors.prompted import Asking, PromptedReviewer
from vesalius.learners.note_errors.trained import TrainedReviewer
from vesalius.learners.note_errors.trivial import CopiesLast, NoError
from vesalius.metrics import METRICS
from vesalius.names import Size
from vesalius.records import Record
from vesalius.sources.public import root
from vesalius.sources.public.medec import MEDEC
from vesalius.sources.simulators.note_errors import NoteErrors
from vesalius.sources.splits import split_by_hash, thinned
from vesalius.systems.system import Arms, Claim, System
from vesalius.tasks import Measure, Source, Split, Task
from vesalius.tasks.texts import CHOICE_MARGIN, WRITING_MARGIN, by_release

NOTES: Mapping[Size, tuple[int, int, int]] = {"smoke": (20, 6, 6), "default": (400, 60, 100), "paper": (2000, 200, 500)}
"""Of the clinic, for training, validation and testing; each is there in two versions."""

FRESH = 1
"""Seed of the clinic's notes: those of seed 0 were looked at while the simulator was made."""

MOST: Mapping[Size, int | None] = {"smoke": 24, "default": None, "paper": None}
"""Texts of MEDEC in each part."""

STEPS: Mapping[Size, int] = {"smoke": 2, "default": 150, "paper": 3000}
SHOTS = 2
VALIDATION = 0.25

MARGINS = {
    "error_flag_accuracy": CHOICE_MARGIN,
    "error_sentence_accuracy": CHOICE_MARGIN,
    "correction_composite": WRITING_MARGIN,
    "corrected_sentence_rouge_1": WRITING_MARGIN,
}


def _split(most: int | None, records: Sequence[Record]) -> Split:
    """As the release has it; without its training set, three quarters of the validation notes are trained on.

    What is learned from is never a version of a test note.
    """
    whole = by_release(records)
    tested = {record.subject_id for record in whole.test}
    train, validation = (
        [record for record in part if record.subject_id not in tested] for part in (whole.train, whole.validation)
    )
    if not train:
        parted = split_by_hash(validation, validation=VALIDATION, test=0.0)
        train, validation = list(parted.train), list(parted.validation)
    return thinned(Split(train, validation, whole.test), most)


def _task(source: Source, most: int | None, note: str, **tags: str) -> Task:
    return Task(
        name=source.name,
        family="writing",
        source=source,
        inputs=("sentences",),
        target="review",
        split=partial(_split, most),
        measures=tuple(Measure(METRICS[name], margin) for name, margin in MARGINS.items()),
        note=note,
        question="Finding and correcting errors of notes",
        tags=tags,
    )


def _medec(size: Size) -> list[Task]:
    root.path("medec")
    note = (
        "The correction is scored by ROUGE-1 alone. Most errors of the release stand in the last sentence, and a correction "
        "differs from the wrong sentence by few words: see what copying it scores."
    )
    return [_task(MEDEC, MOST[size], note, data="medec")]


def _clinic(size: Size) -> list[Task]:
    train, validation, test = NOTES[size]
    source = NoteErrors(train=train, validation=validation, test=test, seed=FRESH)
    note = "Simulated notes; the correction is scored by ROUGE-1 alone."
    return [_task(source, None, note, data="clinic")]


def _trained(associated: bool, seed: int) -> Learner:
    return TrainedReviewer(associated=associated, seed=seed)


def _prompted(model: str, asking: Asking, shots: int, seed: int) -> Learner:
    return PromptedReviewer(partial(opened, model), asking=asking, shots=shots, seed=seed)


def _fine_tuned(model: str, steps: int, seed: int) -> Learner:
    from vesalius.learners.language_model.adapted import Adapted
    from vesalius.learners.note_errors.tuned import tuned_on_reviews

    ask: Callable[[Callable[[], Backend]], Learner] = partial(PromptedReviewer, asking="likelihood")
    return Adapted(partial(folder_of, model), partial(tuned_on_reviews, steps=steps), ask=ask, seed=seed)


def _learners(task: Task, size: Size) -> Arms:
    """The language model of the miniature reads the clinic's notes alone; another one, which the user names, all."""
    arms = {"trained": partial(_trained, True), "trained, sentence alone": partial(_trained, False)}
    if task.tags["data"] != "clinic" and TAG not in task.tags:
        return arms
    model = model_of(task)
    arms |= {
        "prompted": partial(_prompted, model, "generation", 0),
        f"prompted, {SHOTS} examples": partial(_prompted, model, "generation", SHOTS),
        f"prompted, {SHOTS} examples, likelihood": partial(_prompted, model, "likelihood", SHOTS),
    }
    if task.tags["data"] == "clinic" and can_be_trained(model):
        arms["fine-tuned"] = partial(_fine_tuned, model, STEPS[size])
    return arms


def _no_error(seed: int) -> Learner:
    return NoError()


def _copies(seed: int) -> Learner:
    return CopiesLast()


def _baselines(task: Task, size: Size) -> Arms:
    return {"finds no error": _no_error, "copies the last sentence": _copies}


SYSTEM = System(
    id="medec",
    number=266,
    area="clinical_text",
    kind="benchmark",
    claim=Claim(
        "Recent language models perform well in error detection and correction in clinical notes, and are still outperformed by "
        "medical doctors.",
        metric="error_flag_accuracy",
    ),
    learners=_learners,
    baselines=_baselines,
    tasks={"clinic": _clinic, "medec": _medec},
    takes_model="asked",
)
