"""Notes in which each drug has a dose of its own, one of them wrong or none."""

import numpy as np

from vesalius.metrics import NO_ERROR, Correction
from vesalius.records import Record, Text
from vesalius.sources.notes import numbered

DOSES = {"digoxin": "0.25", "metformin": "850", "warfarin": "5", "ibuprofen": "600"}
REASONS = {"digoxin": "fibrillation", "metformin": "diabetes", "warfarin": "thrombosis", "ibuprofen": "pain"}
FILLERS = ("The patient slept well.", "No fever was seen.", "The family came.", "Labs were drawn.")


def note(name, sentences, wrong=None, right=None):
    said = NO_ERROR if wrong is None else Correction("1", str(wrong), right)
    fields = {"sentences": Text(numbered(sentences)), "review": Text(said.line)}
    return Record(id=name, subject_id=name.split("-")[0], fields=fields)


def swapped_doses(count, seed=0):
    """Pairs of notes: as they should be, and with the dose of another drug."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        drug, other = rng.permutation(list(DOSES))[:2].tolist()
        given = "Given {drug} {dose} mg at noon."
        around = [f"Admitted for {REASONS[drug]}.", *rng.permutation(FILLERS)[:2].tolist()]
        place = int(rng.integers(1, 4))
        right, wrong = (given.format(drug=drug, dose=DOSES[of]) for of in (drug, other))
        made.append(note(f"s{seed}n{number}-right", [*around[:place], right, *around[place:]]))
        made.append(note(f"s{seed}n{number}-wrong", [*around[:place], wrong, *around[place:]], place, right))
    return made


def blind(records):
    return [Record(id=one.id, subject_id=one.subject_id, fields={"sentences": one.fields["sentences"]}) for one in records]


def scores(learner, records, *metrics):
    said = [one.value or "" for one in learner.predict(blind(records))]
    return tuple(float(np.mean([metric(*pair) for pair in zip(said, truths(records), strict=True)])) for metric in metrics)


def truths(records):
    return [one.get("review", Text).value for one in records]
